import { after, monotonicMs, systemClock } from '../../base/clock.ts'
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
  const stopping = new AbortController()
  let woken = new AbortController()
  let hasQuickAlarms = false
  let hasNewData = false
  let quickAgainMs = 0
  let failedActions = 0

  const wake = (): void => woken.abort()
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
  const pause = async (until: Date | undefined): Promise<void> => {
    const isOverdue = until !== undefined && until <= clock.now()
    const sweepMs = isOverdue ? BUSY_MS : failedActions > 0 ? RETRY_MS : SWEEP_MS
    const waitMs =
      hasNewData && hasQuickAlarms ? Math.max(0, quickAgainMs - monotonicMs()) : sweepMs
    const signal = AbortSignal.any([stopping.signal, woken.signal])
    const ended = new AbortController()
    const waits = [after(systemClock, waitMs, AbortSignal.any([signal, ended.signal]))]
    if (until && !isOverdue) waits.push(clock.until(until, AbortSignal.any([signal, ended.signal])))
    // an abort is how the pause ends early
    await Promise.race(waits.map((wait) => wait.catch(() => undefined)))
    ended.abort()
  }
  const rounds = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = new AbortController()
      const next = await round().catch((error) => {
        log.warn('alarms could not be evaluated', { error })
        return undefined
      })
      if (!stopping.signal.aborted) await pause(next)
    }
  }
  const subscriptions = [
    changes.subscribe('arn:', (topic) => {
      if (topic === undefined || topic.includes(':alarm:')) wake()
    }),
    changes.subscribe(METRICS_TOPIC, () => {
      hasNewData = true
      if (hasQuickAlarms) wake()
    }),
  ]
  const done = rounds()
  return {
    [Symbol.asyncDispose]: async () => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      stopping.abort()
      await done
    },
  }
}
