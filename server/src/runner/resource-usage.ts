import { readFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { treeOf } from '../platform/engines/process/process-identity.ts'

/** Bytes on disk below a folder; what vanishes while it is counted counts nothing. */
export async function diskBytesOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  let bytes = 0
  for (const name of names) {
    const found = await lstat(join(folder, name)).catch(() => undefined)
    if (!found) continue
    bytes += found.isDirectory() ? await diskBytesOf(join(folder, name)) : found.blocks * 512
  }
  return bytes
}

/** Memory that is a process's own, summed over a tree: files mapped into many processes count nothing. */
export function residentBytesOf(pid: number): number {
  return sumOver(pid, (member) => {
    const status = readFileSync(`/proc/${member}/status`, 'utf8')
    const kilobytes = ['RssAnon', 'RssShmem'].map((name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0),
    )
    return 1024 * kilobytes.reduce((sum, size) => sum + size, 0)
  })
}

/** Linux counts in hundredths of a second for every program, whatever its own tick is. */
const TICK_MS = 10

/** Processor time that a tree of processes has taken, with that of children which have ended. */
export function processorMsOf(pid: number): number {
  return sumOver(pid, (member) => {
    const stat = readFileSync(`/proc/${member}/stat`, 'utf8')
    // The command's name, in brackets, may hold blanks; after it utime, stime, cutime and cstime are 12th to 15th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return ticks * TICK_MS
  })
}

/** A process that has ended in between counts nothing. */
function sumOver(pid: number, measure: (member: number) => number): number {
  let sum = 0
  for (const member of treeOf(pid)) {
    try {
      sum += measure(member)
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return sum
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(`${error.code}`)
}
