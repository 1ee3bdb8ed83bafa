import { monotonicMs } from '../../base/clock.ts'
import { inRealTime, keepLooking, type Moment } from '../../base/lookout.ts'
import type { Platform } from '../../platform/scope.ts'
import { METRICS_TOPIC } from '../metrics/index.ts'
import { takeWaitingActions } from './alarm-action.activities.ts'
import type { AlarmActionRunner } from './alarm-action.ts'
import { evaluateDueAlarms, evaluateQuickAlarms } from './due-alarm.activities.ts'
import { readAgenda } from './due-alarm.store.ts'

/** Everything is looked at this often though nothing is announced: hints may be missed, actions may have failed. */
const SWEEP_MS = 5_000
/** An action that failed is tried again after this long. */
const RETRY_MS = 1_000
/** What is due and not taken is in another control's hands. */
const BUSY_MS = 100
/** Alarms of short periods are not evaluated more often than this, whatever comes in. */
const QUICK_ROUND_MS = 200
/** Nor do they take more than this share of the time. */
const QUICK_SHARE = 5

/**
 * Evaluates alarms on the platform's clock, from the moment that it is called, and takes their actions. What
 * was missed while nobody did is made up for at once.
 */
export function superviseAlarms(
  platform: Platform,
  { actions }: { readonly actions: readonly AlarmActionRunner[] },
): AsyncDisposable {
  const { changes, clock, database, log } = platform
  let hasQuickAlarms = false
  let hasNewData = false
  let quickAgainMs = 0
  let failedActions = 0

  const quickRound = async (): Promise<void> => {
    const startedMs = monotonicMs()
    hasNewData = false
    await evaluateQuickAlarms(platform)
    const endedMs = monotonicMs()
    quickAgainMs = startedMs + Math.max(QUICK_ROUND_MS, (endedMs - startedMs) * QUICK_SHARE)
  }
  /** @returns when the next alarm is due */
  const round = async (): Promise<Date | undefined> => {
    await evaluateDueAlarms(platform)
    if (hasNewData && hasQuickAlarms && monotonicMs() >= quickAgainMs) await quickRound()
    failedActions = await takeWaitingActions(platform, actions)
    const agenda = await readAgenda(database)
    hasQuickAlarms = agenda.hasQuickAlarms
    return agenda.nextLookAt
  }
  const momentsUntil = (next: Date | undefined): readonly Moment[] => {
    const isOverdue = next !== undefined && next <= clock.now()
    const sweepMs = isOverdue ? BUSY_MS : failedActions > 0 ? RETRY_MS : SWEEP_MS
    const waitMs =
      hasNewData && hasQuickAlarms ? Math.max(0, quickAgainMs - monotonicMs()) : sweepMs
    const sweep = inRealTime(waitMs)
    return next && !isOverdue ? [sweep, { clock, at: next }] : [sweep]
  }
  const lookout = keepLooking(async () =>
    momentsUntil(
      await round().catch((error) => {
        log.warn('alarms could not be evaluated', { error })
        return undefined
      }),
    ),
  )
  const subscriptions = [
    changes.subscribe('arn:', (topic) => {
      if (topic === undefined || topic.includes(':alarm:')) lookout.hint()
    }),
    changes.subscribe(METRICS_TOPIC, () => {
      hasNewData = true
      if (hasQuickAlarms) lookout.hint()
    }),
  ]
  return {
    [Symbol.asyncDispose]: async () => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await lookout[Symbol.asyncDispose]()
    },
  }
}
