import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { MetricIdentity, QuietMetric, SlidingWindow } from '../metrics/index.ts'
import type { MetricAlarm } from './alarm.ts'
import { alarmQueryOf } from './alarm-query.ts'
import {
  evaluationOfEnd,
  freshEnd,
  nextEvaluation,
  settledEnd,
  stepSecondsOf,
  windowStepSeconds,
} from './alarm-window.ts'

/** Until when evaluations would find what the last one found, if no data came in. */
export interface AlarmRest {
  /** Absent: for ever. */
  readonly until: Date | undefined
  readonly metrics: readonly QuietMetric[]
}

/** Values that depend on the time itself, or on metrics that are not named. */
const RESTLESS_FUNCTIONS = /\b(?:MINUTE|HOUR|DAY|DATE|MONTH|YEAR|EPOCH|SEARCH)\s*\(/i

/** What an alarm that is evaluated `now` looks at. @returns undefined when it must be looked at every time */
export function windowsOf(alarm: MetricAlarm, now: Date): readonly SlidingWindow[] | undefined {
  const { periodSeconds, periods, source } = alarmQueryOf(alarm.configuration)
  const stepSeconds = windowStepSeconds(periodSeconds, source.kind === 'Expression')
  const end = settledEnd(now, stepSeconds)
  // a period that has just ended is looked at now, and may get data until the next time
  if (freshEnd(now, stepSeconds) > end) return undefined
  const metrics = source.kind === 'Metric' ? [source.metric] : metricsOf(source.queries)
  const start = new Date(end.getTime() - periods * periodSeconds * 1_000)
  return metrics?.map((metric) => ({
    place: alarm.place,
    metric,
    start,
    end,
    periodSeconds,
    stepSeconds,
  }))
}

/** @param quiet what `windowsOf` the alarm looks at; undefined where data keep coming in */
export function restOf(
  alarm: MetricAlarm,
  quiet: readonly (QuietMetric | undefined)[],
  now: Date,
): AlarmRest | undefined {
  const metrics = quiet.filter((metric) => metric !== undefined)
  if (metrics.length < quiet.length) return undefined
  const stepSeconds = stepSecondsOf(alarmQueryOf(alarm.configuration).periodSeconds)
  const ends = metrics.flatMap(({ nextEnd }) => nextEnd?.getTime() ?? [])
  if (ends.length === 0) return { until: undefined, metrics }
  const until = evaluationOfEnd(new Date(Math.min(...ends)), stepSeconds)
  return until > nextEvaluation(now, stepSeconds) ? { until, metrics } : undefined
}

/** @returns undefined when expressions do not depend on these alone */
function metricsOf(queries: readonly MetricDataQuery[]): readonly MetricIdentity[] | undefined {
  if (queries.some(({ Expression = '' }) => RESTLESS_FUNCTIONS.test(Expression))) return undefined
  return queries.flatMap(({ MetricStat }) => {
    const { Namespace, MetricName, Dimensions = [] } = MetricStat?.Metric ?? {}
    if (Namespace === undefined || MetricName === undefined) return []
    const dimensions = Dimensions.map(({ Name = '', Value = '' }) => [Name, Value] as const)
    return [
      { namespace: Namespace, metricName: MetricName, dimensions: Object.fromEntries(dimensions) },
    ]
  })
}
