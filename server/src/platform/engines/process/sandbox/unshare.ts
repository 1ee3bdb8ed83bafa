import { existsSync, readFileSync } from 'node:fs'
import {
  type Bind,
  type Ground,
  innerCommand,
  KERNEL_SETTINGS,
  networkPrefix,
  ROOT_CAPABILITIES,
  type SandboxPlan,
  SHARED_MEMORY,
  shellQuote,
} from './plan.ts'

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const

export interface UnshareOptions {
  readonly uid: number
  readonly gid: number
  /** An empty directory on which the new root is built. */
  readonly mountPoint: string
  /** Where the script below is kept. */
  readonly scriptPath: string
}

/** The command that runs the script of `unshareFiles` as the first process of new namespaces. */
export function unshareCommand(plan: SandboxPlan, options: UnshareOptions): string[] {
  const spaces = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child']
  if (plan.network === 'own') spaces.push('--net')
  // Without root only a user namespace gives the right to mount: the network's, or one of its own.
  const isRoot = options.uid === 0
  const prefix = networkPrefix(plan.network, { isRoot })
  if (!isRoot && prefix.length === 0) spaces.push('--user', '--map-root-user')
  return [...prefix, 'unshare', ...spaces, 'sh', options.scriptPath]
}

/**
 * The files that `unshareCommand` needs, by path. The script, for `/bin/sh`, builds the new root with `mount`, moves into it and stays as the process
 * that reaps orphans (a shell that waits for a command in the foreground collects any child). Mount tables
 * are read by one `mount -a` each, since every process costs a millisecond. All sources carry a name of
 * our own, because `mount -a` passes over what looks mounted already.
 */
export function unshareFiles(plan: SandboxPlan, options: UnshareOptions): Record<string, string> {
  const root = options.mountPoint
  const at = (path: string) => shellQuote(root + path)
  const first = [...deviceGround(root), ...plan.grounds.map((ground) => groundLine(root, ground))]
  const second = [...deviceLines(root), ...plan.binds.map((bind) => bindLine(root, bind))]
  const folders = plan.binds.map((bind) => (bind.isFile ? parent(bind.target) : bind.target))
  const files = plan.binds.filter((bind) => bind.isFile).map((bind) => bind.target)
  const groundTable = `${options.scriptPath}.grounds`
  const bindTable = `${options.scriptPath}.binds`
  const script = [
    'set -e',
    `mount --rbind / ${shellQuote(root)}`,
    ...readOnly(root, plan),
    `mount -a -T ${shellQuote(groundTable)}`,
    `mkdir -p ${['/dev/pts', SHARED_MEMORY, ...folders].map(at).join(' ')} 2>/dev/null || true`,
    ...[...DEVICES.map((name) => `/dev/${name}`), ...files].map(
      (path) => `[ -e ${at(path)} ] || : > ${at(path)}`,
    ),
    `ln -s /proc/self/fd ${at('/dev/fd')}; ln -s /proc/self/fd/0 ${at('/dev/stdin')}`,
    `ln -s /proc/self/fd/1 ${at('/dev/stdout')}; ln -s /proc/self/fd/2 ${at('/dev/stderr')}`,
    `ln -s pts/ptmx ${at('/dev/ptmx')}`,
    `mount -a -T ${shellQuote(bindTable)}`,
    `hostname ${shellQuote(plan.hostname)} 2>/dev/null || printf %s ${shellQuote(plan.hostname)} > /proc/sys/kernel/hostname`,
    ...(plan.network === 'own' ? ['ip link set lo up'] : []),
    `cd ${shellQuote(root)}`,
    'pivot_root . .',
    'umount -l .',
    'cd /',
    'set +e',
    [...dropPrivileges(options), ...innerCommand(plan.limits)].join(' '),
    'exit $?',
  ]
  return {
    [options.scriptPath]: lines(script),
    [groundTable]: lines(first),
    [bindTable]: lines(second),
  }
}

/** As root: all but a few capabilities are given up. Else: back to the user's own id, which has none. */
function dropPrivileges({ uid, gid }: UnshareOptions): string[] {
  if (uid !== 0) return ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`]
  const kept = ROOT_CAPABILITIES.map((name) => `+${name}`).join(',')
  return ['setpriv', `--bounding-set=-all,${kept}`, '--inh-caps=-all']
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}

function deviceGround(root: string): string[] {
  return [
    `sagebrush ${octal(`${root}/dev`)} tmpfs mode=755,size=65536k 0 0`,
    `sagebrush ${octal(`${root}/proc`)} proc nosuid,nodev,noexec 0 0`,
  ]
}

function deviceLines(root: string): string[] {
  return [
    ...DEVICES.map((name) => `/dev/${name} ${octal(`${root}/dev/${name}`)} none bind 0 0`),
    ...KERNEL_SETTINGS.filter((path) => existsSync(path)).map((path) => {
      return `${octal(root + path)} ${octal(root + path)} none bind,ro 0 0`
    }),
    `sagebrush ${octal(`${root}/dev/pts`)} devpts newinstance,ptmxmode=0666,mode=620 0 0`,
  ]
}

function groundLine(root: string, ground: Ground): string {
  const target = octal(root + ground.target)
  if (ground.kind === 'directory') return `${octal(ground.source)} ${target} none bind 0 0`
  const mode = ground.target === SHARED_MEMORY ? '1777' : '755'
  const create = ground.target === SHARED_MEMORY ? ',X-mount.mkdir' : ''
  return `sagebrush ${target} tmpfs mode=${mode},size=${ground.sizeBytes}${create} 0 0`
}

function bindLine(root: string, bind: Bind): string {
  const options = bind.writable ? 'rbind' : 'rbind,ro'
  return `${octal(bind.source)} ${octal(root + bind.target)} none ${options} 0 0`
}

/** Every file system of the machine that stays in sight becomes read-only, with the flags it had. */
function readOnly(root: string, plan: SandboxPlan): string[] {
  const covered = ['/dev', '/proc', ...plan.grounds.map((ground) => ground.target)]
  const isCovered = (path: string) =>
    covered.some((above) => path === above || path.startsWith(`${above}/`))
  const commands: string[] = []
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [, , , , escaped = '', flags = ''] = line.split(' ')
    const path = escaped.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    if (path === '' || isCovered(path) || path === root) continue
    const kept = flags.split(',').filter((flag) => flag !== 'rw' && flag !== 'ro')
    const target = shellQuote(path === '/' ? root : root + path)
    commands.push(`mount -o ${['remount', 'bind', 'ro', ...kept].join(',')} ${target}`)
  }
  return [...new Set(commands)]
}

/** Mount tables separate by blanks: those in paths are written in octal. */
function octal(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => {
    return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
  })
}

function parent(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1))
}
