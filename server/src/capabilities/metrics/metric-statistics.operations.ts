import type {
  Datapoint,
  GetMetricStatisticsCommandInput,
  GetMetricStatisticsOutput,
  Statistic as StatisticName,
} from '@aws-sdk/client-cloudwatch'
import type { RequestScope } from '../../platform/scope.ts'
import { type MetricPeriod, readPeriodsPerUnit } from './metric-period.ts'
import { isPeriod } from './metric-query.validation.ts'
import { retainedStart } from './metric-retention.ts'
import { alignedStart } from './metric-series.ts'
import { readTimes } from './metric-times.ts'
import { invalidParameterCombination, invalidParameterValue } from './metrics-errors.ts'
import { distributionNeeds, readStatistic, type Statistic } from './statistic.ts'

/** @source Amazon CloudWatch API Reference, GetMetricStatistics */
const DATAPOINTS_MAX = 1_440

/**
 * One data point for each period and unit that has samples.
 * @throws invalidParameterValue, invalidParameterCombination
 */
export async function getMetricStatistics(
  input: GetMetricStatisticsCommandInput,
  scope: RequestScope,
): Promise<GetMetricStatisticsOutput> {
  const { Namespace = '', MetricName = '', Dimensions: dimensions = [], Period = 0 } = input
  const { StartTime, EndTime } = input
  const statistics = readStatistics(input)
  const times = readTimes({ StartTime, EndTime }, invalidParameterValue)
  if (!isPeriod(Period)) {
    throw invalidParameterValue(
      `The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60 up to 86400: it is ${Period}.`,
    )
  }
  const startTime = alignedStart(retainedStart(times.startTime, scope.clock.now()), Period)
  refuseTooMany({ ...times, periodSeconds: Period })
  const [periods = []] = await readPeriodsPerUnit(scope.database, scope, {
    metrics: [
      {
        namespace: Namespace,
        metricName: MetricName,
        dimensions: Object.fromEntries(
          dimensions.map(({ Name, Value }) => [Name ?? '', Value ?? '']),
        ),
      },
    ],
    periodSeconds: Period,
    startTime,
    endTime: times.endTime,
    unit: input.Unit,
    needs: distributionNeeds(statistics),
  })
  return {
    Label: MetricName,
    Datapoints: periods.flatMap((period) => dataPoint(period, statistics) ?? []),
  }
}

function readStatistics(input: GetMetricStatisticsCommandInput): readonly Statistic[] {
  const { Statistics: plain, ExtendedStatistics: extended } = input
  if (plain === undefined && extended === undefined) {
    throw invalidParameterCombination('Must specify either Statistics or ExtendedStatistics')
  }
  const unknown = (extended ?? []).filter((name) => !readStatistic(name)?.isExtended)
  if (unknown.length > 0) {
    throw invalidParameterValue(
      `The value ${unknown.join(', ')} for parameter ExtendedStatistics is not supported.`,
    )
  }
  return [...(plain ?? []), ...(extended ?? [])].flatMap((name) => readStatistic(name) ?? [])
}

function refuseTooMany({
  startTime,
  endTime,
  periodSeconds,
}: {
  startTime: Date
  endTime: Date
  periodSeconds: number
}): void {
  const points = Math.floor((endTime.getTime() - startTime.getTime()) / (periodSeconds * 1_000))
  if (points <= DATAPOINTS_MAX) return
  throw invalidParameterCombination(
    `You have requested up to ${points.toLocaleString('en-US')} datapoints, which exceeds the limit of ` +
      `${DATAPOINTS_MAX.toLocaleString('en-US')}. You may reduce the datapoints requested by increasing ` +
      'Period, or decreasing the time range.',
  )
}

/** @returns undefined for a period of which none of the statistics is known */
function dataPoint(period: MetricPeriod, statistics: readonly Statistic[]): Datapoint | undefined {
  const known = statistics.flatMap((statistic) => {
    const value = statistic.of(period)
    return value === undefined ? [] : [{ statistic, value }]
  })
  if (known.length === 0) return undefined
  const valuesOf = (isExtended: boolean) =>
    known
      .filter(({ statistic }) => statistic.isExtended === isExtended)
      .map(({ statistic, value }) => [statistic.name, value])
  const extended = valuesOf(true)
  return {
    Timestamp: period.at,
    ...(Object.fromEntries(valuesOf(false)) as Partial<Record<StatisticName, number>>),
    ...(extended.length > 0 ? { ExtendedStatistics: Object.fromEntries(extended) } : {}),
    Unit: period.unit as NonNullable<Datapoint['Unit']>,
  }
}
