import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { newShortId } from '../base/ids.ts'
import {
  identify,
  isAlive,
  type ProcessIdentity,
} from '../platform/engines/process/process-identity.ts'
import { hasCode, isMissing, readJsonSync } from '../platform/engines/process/task-directory.ts'

const LOOK_MS = 100

/** Runs `work` while no other process does under the same path. The lock of a process that died is void. */
export async function withFileLock(
  path: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!take(path)) await delay(LOOK_MS, undefined, { signal })
  try {
    await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function take(path: string): boolean {
  const temporary = `${path}.${newShortId(8)}`
  writeFileSync(temporary, JSON.stringify(identify(process.pid)))
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    dropStale(path)
    return false
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Moved away first: of several who find it stale one succeeds, and puts back what turns out to be alive. */
function dropStale(path: string): void {
  const holder = readJsonSync<ProcessIdentity>(path)
  if (!holder || isAlive(holder)) return
  const aside = `${path}.${newShortId(8)}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  const moved = readJsonSync<ProcessIdentity>(aside)
  if (moved && isAlive(moved)) linkSync(aside, path)
  rmSync(aside, { force: true })
}
