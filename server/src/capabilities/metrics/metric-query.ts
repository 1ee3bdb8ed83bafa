import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { readMetricPeriods } from './metric-period.ts'
import { readStatistic } from './statistic.ts'

/** Values of a metric or an expression over time; only periods that have one. */
export interface MetricSeries {
  readonly id: string
  readonly label: string
  /** When the periods begin, ascending. */
  readonly timestamps: readonly Date[]
  readonly values: readonly number[]
}

/**
 * Answers queries of GetMetricData's form, those with `ReturnData: false` left out.
 * @throws AwsError ValidationError
 */
export async function evaluateMetricQueries(
  database: Queryable,
  place: Place,
  request: {
    readonly queries: readonly MetricDataQuery[]
    readonly startTime: Date
    readonly endTime: Date
  },
): Promise<readonly MetricSeries[]> {
  const returned = request.queries.filter(({ ReturnData = true }) => ReturnData)
  return Promise.all(returned.map((query) => evaluateQuery(database, place, { ...request, query })))
}

async function evaluateQuery(
  database: Queryable,
  place: Place,
  request: { readonly query: MetricDataQuery; readonly startTime: Date; readonly endTime: Date },
): Promise<MetricSeries> {
  const { query, startTime, endTime } = request
  const {
    Metric: metric = {},
    Period: periodSeconds = 60,
    Stat,
    Unit: unit,
  } = query.MetricStat ?? {}
  const statistic = readStatistic(Stat ?? '')
  if (!statistic) throw new AwsError('ValidationError', `The statistic ${Stat} cannot be read`)
  const periods = await readMetricPeriods(database, place, {
    metric: {
      namespace: metric.Namespace ?? '',
      metricName: metric.MetricName ?? '',
      dimensions: Object.fromEntries(
        (metric.Dimensions ?? []).map(({ Name, Value }) => [Name ?? '', Value ?? '']),
      ),
    },
    periodSeconds,
    startTime,
    endTime,
    unit,
    distributions: statistic.isExtended,
  })
  const known = periods.flatMap((period) => {
    const value = statistic.of(period)
    return value === undefined ? [] : [{ at: period.at, value }]
  })
  return {
    id: query.Id ?? '',
    label: query.Label ?? metric.MetricName ?? '',
    timestamps: known.map(({ at }) => at),
    values: known.map(({ value }) => value),
  }
}
