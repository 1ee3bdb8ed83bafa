import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { identify, type ProcessIdentity } from './process-identity.ts'
import { hasCode, isMissing, type TaskDirectory } from './task-directory.ts'

/**
 * Takes the task for this process, once and for ever: a hard link is made with its content in one step and
 * is refused when there is one, so that of several runners exactly one begins, whatever dies in between.
 *
 * @returns false when another has it, or the task was removed
 */
export function claimTask(
  directory: TaskDirectory,
  owner: ProcessIdentity | undefined = identify(process.pid),
): boolean {
  const temporary = `${directory.claim}.${process.pid}`
  try {
    writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600 })
    linkSync(temporary, directory.claim)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST') || isMissing(error)) return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Owns tasks that will never run. */
export const NOBODY: ProcessIdentity = { pid: 0, startTicks: '', bootId: '' }
