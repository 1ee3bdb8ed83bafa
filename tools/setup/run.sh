#!/bin/sh
# Runs a program of this repository with all that it needs: finds Node 24 or gets it into .toolchain/,
# installs the locked dependencies when they changed, then hands over. Needs git, npm and a POSIX shell.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
toolchain=$root/.toolchain
say() { printf '%s\n' "sagebrush: $*" >&2; }
fail() { say "$*"; exit 1; }

major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

find_node() {
  for candidate in "$(command -v node || true)" "$toolchain/node_modules/.bin/node" \
    "$toolchain"/node_modules/node-linux-*/bin/node; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && [ "$(major "$candidate")" -ge 24 ]; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  return 1
}

if ! node=$(find_node); then
  command -v npm >/dev/null || fail "npm is missing: install Node 20 or later with npm, then run this again"
  say "Node 24 is not here: getting it into .toolchain/ (about 50 MB, once)"
  mkdir -p "$toolchain"
  npm install --silent --no-save --no-package-lock --prefix "$toolchain" node@24 >&2 || true
  if ! node=$(find_node); then
    # the package node@24 fetches its program in an install script; where scripts are off, take it directly
    case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
    npm install --silent --no-save --no-package-lock --prefix "$toolchain" "node-linux-$arch@24" >&2 ||
      fail "npm could not get Node 24: check the network, or install Node 24 yourself"
    node=$(find_node) || fail "Node 24 was installed into $toolchain but does not run"
  fi
fi
PATH=$(dirname -- "$node"):$PATH
export PATH

# one install at a time: two first commands at once must not write into node_modules together
if ! cmp -s "$root/package-lock.json" "$root/node_modules/.sagebrush-lock"; then
  (
    command -v flock >/dev/null && flock 9
    if ! cmp -s "$root/package-lock.json" "$root/node_modules/.sagebrush-lock"; then
      say "installing the locked npm packages (once)"
      (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >&2) ||
        fail "npm ci failed: the lines above say why; then run this again"
      cp "$root/package-lock.json" "$root/node_modules/.sagebrush-lock"
    fi
  ) 9>"$root/.install.lock"
fi

program=$1
shift
exec "$node" "$root/$program" "$@"
