import type { Platform } from '../../platform/scope.ts'
import {
  countAttempt,
  deleteAction,
  listActionIds,
  type QueuedAction,
  takeAction,
} from './alarm-action.store.ts'
import type { AlarmActionRunner } from './alarm-action.ts'
import { insertHistory } from './alarm-history.store.ts'
import { actionEvent } from './alarm-history.ts'

const LISTED_ACTIONS = 100

/**
 * Takes the actions that wait, one after another in the order in which they were called for. One whose runner
 * throws stays for the next call; the row goes with the entry in history, so that a crash repeats an action
 * rather than loses it.
 *
 * @returns how many stay
 */
export async function takeWaitingActions(
  platform: Platform,
  runners: readonly AlarmActionRunner[],
): Promise<number> {
  const tried: number[] = []
  let failed = 0
  for (;;) {
    const ids = await listActionIds(platform.database, { except: tried, limit: LISTED_ACTIONS })
    if (ids.length === 0) return failed
    for (const actionId of ids) {
      tried.push(actionId)
      if (!(await attempt(platform, runners, actionId))) failed += 1
    }
  }
}

/** @returns whether it is over */
async function attempt(
  platform: Platform,
  runners: readonly AlarmActionRunner[],
  actionId: number,
): Promise<boolean> {
  const { clock, database, log } = platform
  try {
    await database.transaction(async (transaction) => {
      const action = await takeAction(transaction, actionId)
      if (!action) return
      const failure = await runAction(platform, runners, action)
      await deleteAction(transaction, actionId)
      // a scaling action is invoked over and over: its activities are kept by whoever scales
      if (action.isRepeat) return
      await insertHistory(transaction, [actionEvent(action, { at: clock.now(), failure })])
    })
    return true
  } catch (error) {
    log.warn('the action of an alarm failed and is tried again', { actionId, error })
    await countAttempt(database, actionId)
    return false
  }
}

/** @returns why it cannot be done */
async function runAction(
  platform: Platform,
  runners: readonly AlarmActionRunner[],
  action: QueuedAction,
): Promise<string | undefined> {
  const { actionArn, alarm, reading, isRepeat } = action
  const runner = runners.find((one) => one.accepts(actionArn))
  if (!runner) {
    const service = actionArn.split(':')[2] ?? ''
    return `Actions of the service ${service} are not delivered by this platform: ${actionArn}`
  }
  const outcome = await runner.run({
    platform,
    place: alarm.place,
    actionId: String(action.actionId),
    actionArn,
    alarm: reading,
    isRepeat,
  })
  return outcome?.failed
}
