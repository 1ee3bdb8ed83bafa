import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { MetricIdentity } from '../metrics/index.ts'
import {
  type AlarmTerms,
  type Comparison,
  type MissingData,
  SPARE_PERIODS,
  samplesMinOf,
} from './alarm.states.ts'
import type { MetricAlarmConfiguration } from './alarm.ts'

/** What a metric alarm asks of its metrics. */
export interface AlarmQuery {
  readonly periodSeconds: number
  /** How many periods it looks at, the spare ones included. */
  readonly periods: number
  readonly source: AlarmSource
}

export type AlarmSource =
  | {
      readonly kind: 'Metric'
      readonly metric: MetricIdentity
      /** E.g. `Average`, `p99`. */
      readonly statistic: string
      readonly unit: string | undefined
    }
  | { readonly kind: 'Expression'; readonly queries: readonly MetricDataQuery[] }

export function alarmQueryOf(configuration: MetricAlarmConfiguration): AlarmQuery {
  const { Metrics: queries, EvaluationPeriods: wanted = 1 } = configuration
  const periods = wanted + SPARE_PERIODS
  if (queries !== undefined) {
    return {
      periodSeconds: periodOfQueries(queries),
      periods,
      source: { kind: 'Expression', queries },
    }
  }
  return {
    periodSeconds: configuration.Period ?? 60,
    periods,
    source: {
      kind: 'Metric',
      metric: {
        namespace: configuration.Namespace ?? '',
        metricName: configuration.MetricName ?? '',
        dimensions: Object.fromEntries(
          (configuration.Dimensions ?? []).map(({ Name, Value }) => [Name ?? '', Value ?? '']),
        ),
      },
      statistic: configuration.Statistic ?? configuration.ExtendedStatistic ?? '',
      unit: configuration.Unit,
    },
  }
}

export function alarmTermsOf(configuration: MetricAlarmConfiguration): AlarmTerms {
  return {
    threshold: configuration.Threshold ?? 0,
    comparison: configuration.ComparisonOperator as Comparison,
    evaluationPeriods: configuration.EvaluationPeriods ?? 1,
    datapointsToAlarm: configuration.DatapointsToAlarm,
    // DynamoDB's metrics always keep the state, whatever their alarms say
    missingData:
      configuration.Namespace === 'AWS/DynamoDB'
        ? 'ignore'
        : ((configuration.TreatMissingData ?? 'missing') as MissingData),
    samplesMin: lowSamples(configuration),
  }
}

/** All metrics of an alarm have one period: that of the one that is returned, or of any. */
export function periodOfQueries(queries: readonly MetricDataQuery[]): number {
  const returned = queries.find(({ ReturnData = true }) => ReturnData)
  const periods = [returned, ...queries].map((query) => query?.MetricStat?.Period ?? query?.Period)
  return periods.find((period) => period !== undefined) ?? 60
}

function lowSamples(configuration: MetricAlarmConfiguration): number | undefined {
  if (configuration.EvaluateLowSampleCountPercentile !== 'ignore') return undefined
  const percentile = Number(/^p(\d+(?:\.\d+)?)$/i.exec(configuration.ExtendedStatistic ?? '')?.[1])
  return percentile > 0 && percentile < 100 ? samplesMinOf(percentile) : undefined
}
