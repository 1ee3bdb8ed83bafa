import type { Queryable } from '../../platform/database/database.ts'
import { type AlarmPoint, type AlarmVerdict, decideAlarmState } from './alarm.states.ts'
import { changedAlarm, type MetricAlarm, type StateChange } from './alarm.ts'
import { insertActions } from './alarm-action.store.ts'
import { actionsRepeated } from './alarm-action.ts'
import { type AlarmPlatform, applyStateChanges } from './alarm-change.activities.ts'
import { readAlarmPoints } from './alarm-points.ts'
import { alarmQueryOf, alarmTermsOf } from './alarm-query.ts'
import { freshEnd, settledEnd, windowStepSeconds } from './alarm-window.ts'
import { stateReason, stateReasonData } from './state-reason.ts'

/**
 * Why alarms are looked at: their time has come; new data of some metric has; or somebody wants to know.
 * But for the first, a period that has just ended counts as soon as it has data.
 */
export type EvaluationCause = 'Scheduled' | 'NewData' | 'Asked'

/** What an alarm was found to be. */
export interface Evaluation {
  readonly alarm: MetricAlarm
  readonly verdict: AlarmVerdict
  /** What was found; the same state as before when nothing changes. */
  readonly found: StateChange<MetricAlarm>
}

/**
 * Evaluates metric alarms whose rows are locked, and writes what changes.
 *
 * @param asked.now the time by which they were taken: by a later one they would be taken again for the same period
 */
export async function evaluateAlarms(
  platform: AlarmPlatform,
  transaction: Queryable,
  asked: {
    readonly alarms: readonly MetricAlarm[]
    readonly cause: EvaluationCause
    readonly now: Date
  },
): Promise<readonly Evaluation[]> {
  const { alarms, cause, now } = asked
  const points = await pointsNow(transaction, { alarms, cause, now })
  const evaluations = alarms.map((alarm, index) => evaluate(alarm, points[index] ?? [], now))
  const changes = evaluations
    .map(({ found }) => found)
    .filter(({ alarm, to }) => to !== alarm.state)
  await applyStateChanges(platform, transaction, changes)
  if (cause === 'Scheduled') {
    const lasting = evaluations.filter(({ alarm, found }) => found.to === alarm.state)
    const repeated = lasting.flatMap(({ found }) => actionsRepeated(changedAlarm(found, now)))
    await insertActions(transaction, repeated)
  }
  return evaluations
}

function evaluate(alarm: MetricAlarm, points: readonly AlarmPoint[], now: Date): Evaluation {
  const { configuration } = alarm
  const terms = alarmTermsOf(configuration)
  const verdict = decideAlarmState(terms, points)
  const to = verdict.stateValue ?? alarm.state
  const isKept = verdict.stateValue === undefined
  const { periodSeconds, source } = alarmQueryOf(configuration)
  const facts = {
    at: now,
    periodSeconds,
    statistic: source.kind === 'Metric' ? source.statistic : undefined,
    unit: source.kind === 'Metric' ? source.unit : undefined,
  }
  return {
    alarm,
    verdict,
    found: {
      alarm,
      to,
      reason: isKept ? alarm.stateReason : stateReason(terms, verdict),
      reasonData: stateReasonData(terms, verdict, facts),
    },
  }
}

async function pointsNow(
  transaction: Queryable,
  request: {
    readonly alarms: readonly MetricAlarm[]
    readonly cause: EvaluationCause
    readonly now: Date
  },
): Promise<readonly (readonly AlarmPoint[])[]> {
  const { alarms, cause, now } = request
  const requestAt = (alarm: MetricAlarm, endOf: typeof settledEnd) => {
    const query = alarmQueryOf(alarm.configuration)
    const stepSeconds = windowStepSeconds(query.periodSeconds, query.source.kind === 'Expression')
    return { place: alarm.place, query, end: endOf(now, stepSeconds) }
  }
  const endOf = cause === 'Scheduled' ? settledEnd : freshEnd
  const points = await readAlarmPoints(
    transaction,
    alarms.map((alarm) => requestAt(alarm, endOf)),
  )
  if (cause === 'Scheduled') return points
  // the data of a period that has just ended may still be on the way: without any it is not counted as missing
  const unsettled = alarms.flatMap((alarm, index) => {
    const settled = requestAt(alarm, settledEnd)
    const isFresh = requestAt(alarm, freshEnd).end > settled.end
    return isFresh && points[index]?.[0]?.value === undefined ? [{ index, settled }] : []
  })
  const instead = await readAlarmPoints(
    transaction,
    unsettled.map(({ settled }) => settled),
  )
  const byIndex = new Map(unsettled.map(({ index }, position) => [index, instead[position]]))
  return points.map((own, index) => byIndex.get(index) ?? own)
}
