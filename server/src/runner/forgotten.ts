import { rmSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive } from '../platform/engines/process/process-identity.ts'
import type { TaskRun } from './run-task.ts'

const LOOK_MS = 2000
const DEATH_LOOK_MS = 10
/** Signals have been sent; a process that is writing out a large memory is not waited for for ever. */
const DEATH_LOOKS_MAX = 1000

/**
 * Ends the container, and then this process, once the task's directory is gone: whoever deletes a platform's
 * data without stopping it first wants nothing more of its tasks, and nobody is left to hear of their end.
 */
export function endWhenForgotten(run: TaskRun): void {
  const look = setInterval(() => {
    if (!isForgotten(run)) return
    clearInterval(look)
    void end(run)
  }, LOOK_MS)
}

function isForgotten({ directory, diary }: TaskRun): boolean {
  try {
    return statSync(directory.order, { throwIfNoEntry: false }) === undefined
  } catch (error) {
    // not to be reached at this moment, which does not mean that it is not there
    diary.warn('the task directory cannot be looked at', { error })
    return false
  }
}

async function end({ state, order, diary }: TaskRun): Promise<void> {
  diary.warn('the task directory is gone: the container and its runner end')
  const { killLeftovers } = await import('../platform/engines/process/remove-task.ts')
  const { sandbox } = state.present()
  for (let look = 0; look < DEATH_LOOKS_MAX; look++) {
    killLeftovers(state.present())
    if (!sandbox || !isAlive(sandbox)) break
    await delay(DEATH_LOOK_MS)
  }
  rmSync(order.settings.socketDir, { recursive: true, force: true })
  process.exit(0)
}
