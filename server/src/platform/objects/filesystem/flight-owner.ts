import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemClock } from '../../../base/clock.ts'

/** Another machine's processes cannot be looked up: its flights count as dead after a day of silence. */
const FOREIGN_SILENCE_MS = 24 * 3600 * 1000

/** The name of this process among all that ever share the folder: `<pid>.<start>.<host>`. */
export function ownFlightName(): string {
  return `${process.pid}.${startOf(readFileSync('/proc/self/stat', 'utf8'))}.${hostname()}`
}

/** Whether the process that `name` stands for may still be writing to its `folder`. */
export async function isAlive(name: string, folder: string): Promise<boolean> {
  const match = /^(\d+)\.(\d+)\.(.*)$/.exec(name)
  if (!match) return false
  const [, pid, start, host] = match
  if (host !== hostname()) {
    const { mtimeMs } = await stat(folder)
    return systemClock.now().getTime() - mtimeMs < FOREIGN_SILENCE_MS
  }
  const found = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return found !== undefined && startOf(found) === start
}

/**
 * When a process started, in clock ticks since boot: with it a process id is never mistaken for another's.
 * In `/proc/<pid>/stat` the state follows the program's name in brackets, and the start is the 22nd field,
 * 19 after the state. (proc(5))
 *
 * @returns undefined for a process that has ended and only waits to be reaped
 */
function startOf(statLine: string): string | undefined {
  const [state = '', ...fields] = statLine.slice(statLine.lastIndexOf(')') + 2).split(' ')
  return 'ZX'.includes(state) ? undefined : fields[18]
}
