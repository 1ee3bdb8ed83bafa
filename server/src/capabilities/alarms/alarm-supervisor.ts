import { monotonicMs } from '../../base/clock.ts'
import { inRealTime, keepLooking, type Moment } from '../../base/lookout.ts'
import type { WorkGauge } from '../../base/work-gauge.ts'
import type { Platform } from '../../platform/scope.ts'
import { METRICS_TOPIC } from '../metrics/index.ts'
import { takeWaitingActions } from './alarm-action.activities.ts'
import type { AlarmActionRunner } from './alarm-action.ts'
import { evaluateDueAlarms, evaluateQuickAlarms } from './due-alarm.activities.ts'
import { type AlarmAgenda, readAgenda } from './due-alarm.store.ts'

/** Everything is looked at this often though nothing is announced: hints may be missed, actions may have failed. */
const SWEEP_MS = 5_000
/** An action that failed is tried again after this long. */
const RETRY_MS = 1_000
/** What is due and not taken is in another control's hands. */
const BUSY_MS = 100
/** Alarms of short periods are not evaluated more often than this, whatever comes in. */
const QUICK_ROUND_MS = 200
/** What comes in takes no more than one part in so many of the time. */
const NEWS_SHARE = 5
const EMPTY_AGENDA: AlarmAgenda = {
  nextLookAt: undefined,
  hasQuickAlarms: false,
  hasRestingAlarms: false,
}

/**
 * Evaluates alarms on the platform's clock, from the moment that it is called, and takes their actions. What
 * was missed while nobody did is made up for at once.
 */
export function superviseAlarms(
  platform: Platform,
  {
    actions,
    gauge,
  }: {
    readonly actions: readonly AlarmActionRunner[]
    /** Counts news that are not acted on yet: a clock that is moved waits for it. */
    readonly gauge?: WorkGauge
  },
): AsyncDisposable {
  const { changes, clock, database, log } = platform
  const news = createNews(gauge)
  let agenda = EMPTY_AGENDA
  let isAsked = true
  let sweepAtMs = 0

  const isOverdue = (): boolean =>
    agenda.nextLookAt !== undefined && agenda.nextLookAt <= clock.now()
  const round = async (): Promise<void> => {
    isAsked = false
    const startedMs = monotonicMs()
    const isQuick = news.takeQuick(agenda)
    news.takeResting()
    let failedActions = 0
    try {
      await evaluateDueAlarms(platform)
      if (isQuick) await evaluateQuickAlarms(platform)
      failedActions = await takeWaitingActions(platform, actions)
      agenda = await readAgenda(database)
    } finally {
      news.tookSince(startedMs, { ...agenda, isQuick })
    }
    sweepAtMs = monotonicMs() + (isOverdue() ? BUSY_MS : failedActions > 0 ? RETRY_MS : SWEEP_MS)
  }
  const lookout = keepLooking(async (): Promise<readonly Moment[]> => {
    if (isAsked || isOverdue() || monotonicMs() >= Math.min(sweepAtMs, news.dueMs(agenda))) {
      await round().catch((error) => {
        log.warn('alarms could not be evaluated', { error })
        agenda = EMPTY_AGENDA
        sweepAtMs = monotonicMs() + SWEEP_MS
      })
    }
    const again = inRealTime(Math.max(0, Math.min(sweepAtMs, news.dueMs(agenda)) - monotonicMs()))
    return agenda.nextLookAt && !isOverdue() ? [again, { clock, at: agenda.nextLookAt }] : [again]
  })
  const subscriptions = [
    changes.subscribe('arn:', (topic) => {
      if (topic !== undefined && !topic.includes(':alarm:')) return
      isAsked = true
      lookout.hint()
    }),
    changes.subscribe(METRICS_TOPIC, () => {
      news.came(agenda)
      if (news.dueMs(agenda) < sweepAtMs) lookout.hint()
    }),
  ]
  return {
    [Symbol.asyncDispose]: async () => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await lookout[Symbol.asyncDispose]()
    },
  }
}

interface RoundTaken extends Pick<AlarmAgenda, 'hasRestingAlarms'> {
  readonly isQuick: boolean
}

/** New data of metrics, of which more may come in than can be acted on one by one. */
function createNews(gauge: WorkGauge | undefined) {
  let [isForQuick, isForResting] = [false, false]
  let [quickAgainMs, restingAgainMs] = [0, 0]
  let acted: (() => void) | undefined
  return {
    came: ({ hasRestingAlarms }: AlarmAgenda): void => {
      isForQuick = true
      isForResting = true
      if (hasRestingAlarms) acted ??= gauge?.begin()
    },
    /** When to act on what came, in monotonic time. */
    dueMs: ({ hasQuickAlarms, hasRestingAlarms }: AlarmAgenda): number =>
      Math.min(
        isForQuick && hasQuickAlarms ? quickAgainMs : Infinity,
        isForResting && hasRestingAlarms ? restingAgainMs : Infinity,
      ),
    /** @returns whether alarms of short periods are to be evaluated now */
    takeQuick: ({ hasQuickAlarms }: AlarmAgenda): boolean => {
      const isDue = isForQuick && hasQuickAlarms && monotonicMs() >= quickAgainMs
      if (isDue || !hasQuickAlarms) isForQuick = false
      return isDue
    },
    takeResting: (): void => {
      isForResting = false
    },
    /** A round is over, whatever became of it. */
    tookSince: (startedMs: number, { isQuick, hasRestingAlarms }: RoundTaken): void => {
      const shareMs = (monotonicMs() - startedMs) * NEWS_SHARE
      restingAgainMs = startedMs + shareMs
      if (isQuick) quickAgainMs = startedMs + Math.max(QUICK_ROUND_MS, shareMs)
      acted?.()
      acted = isForResting && hasRestingAlarms ? gauge?.begin() : undefined
    },
  }
}
