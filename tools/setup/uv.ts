import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { newHexId } from '../../server/src/base/ids.ts'

const REQUIREMENTS = new URL('uv-requirements.txt', import.meta.url).pathname

/** Where the pinned `uv` is, or will be, below the cache. */
export function uvPath(cacheDir: string): string {
  return join(uvFolder(cacheDir), 'bin', 'uv')
}

/**
 * The program that makes Python environments: the pinned one, got from PyPI by the machine's own pip when
 * it is not there yet.
 *
 * @throws Error that says what to install
 */
export async function ensureUv(cacheDir: string, say: (line: string) => void): Promise<string> {
  const path = uvPath(cacheDir)
  if (existsSync(path)) return path
  const python = findPython()
  say('getting uv from PyPI (20 MB, once)')
  const own = `${uvFolder(cacheDir)}.${newHexId(8)}`
  await mkdir(cacheDir, { recursive: true })
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps']
  const target = [
    '--root-user-action=ignore',
    '--target',
    own,
    '--require-hashes',
    '-r',
    REQUIREMENTS,
  ]
  try {
    await promisify(execFile)(python, [...pip, ...target])
    // whoever was first stays: both are the same
    await rename(own, uvFolder(cacheDir)).catch(() => undefined)
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim() || (error as Error).message
    throw new Error(
      `pip could not get uv: ${reason}\nInstall pip for ${python} (Debian: apt install python3-pip), or put uv at ${path}`,
    )
  } finally {
    await rm(own, { recursive: true, force: true })
  }
  return path
}

/** The newest Python of 3.9 or later on the path. @throws Error that says what to install */
export function findPython(): string {
  for (const name of ['python3', 'python']) {
    try {
      const probe = 'import sys; print("%d.%d" % sys.version_info[:2])'
      const text = execFileSync(name, ['-c', probe], { stdio: ['ignore', 'pipe', 'ignore'] })
      const [major = 0, minor = 0] = text.toString().trim().split('.').map(Number)
      if (major === 3 && minor >= 9) return name
    } catch {
      // not on the path, or not a Python: the next name is tried, and none at all is told below
    }
  }
  throw new Error(
    'Python 3.9 or later is missing: install it (Debian: apt install python3 python3-pip)',
  )
}

function uvFolder(cacheDir: string): string {
  const version = /^uv==(\S+)/m.exec(readFileSync(REQUIREMENTS, 'utf8'))?.[1] ?? 'unknown'
  return join(cacheDir, `uv-${version}`)
}
