import { readFileSync, statSync } from 'node:fs'

interface Read {
  readonly version: string
  readonly value: unknown
}

/** Of images and runtimes there are some dozens. */
const KEPT_MAX = 1_000
const kept = new Map<string, Read>()

/**
 * The content of a JSON file that is replaced as a whole when it changes, read anew only then. Its look at the
 * file waits for the disk: a name that is asked for at every request is known to the kernel, and the way
 * through a thread costs fifty times as much.
 *
 * @returns undefined when there is no such file; else a value that is shared and not to be changed
 */
export function readDescribed<T extends object>(path: string): T | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (found === undefined) {
    kept.delete(path)
    return undefined
  }
  const version = `${found.dev}/${found.ino}/${found.size}/${found.mtimeNs}/${found.ctimeNs}`
  const known = kept.get(path)
  if (known?.version === version) return known.value as T
  const value = JSON.parse(readFileSync(path, 'utf8')) as T
  if (kept.size >= KEPT_MAX) kept.clear()
  kept.set(path, { version, value })
  return value
}
