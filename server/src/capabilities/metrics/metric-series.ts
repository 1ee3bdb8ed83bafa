import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { MathSeries } from './math/math-series.ts'
import { inOneUnit, type MetricPeriod, readPeriodsPerUnit } from './metric-period.ts'
import type { MetricStatQuery } from './metric-query.validation.ts'
import { distributionNeeds, type Statistic } from './statistic.ts'

/** One metric's statistic. */
export type Stat = Pick<MetricStatQuery, 'metric' | 'periodSeconds' | 'statistic' | 'unit'>

/** A statistic's series; its label is still to be given. */
export interface StatSeries extends MathSeries {
  /** All units that the metric was measured in, where they are several: the series is in one of them. */
  readonly severalUnits: readonly string[] | undefined
}

/**
 * Where the first period of a query begins: periods of minutes at a whole minute, shorter ones at a whole number of
 * periods of the minute.
 *
 * @source Amazon CloudWatch API Reference, GetMetricData, StartTime
 */
export function alignedStart(startTime: Date, periodSeconds: number): Date {
  const stepMs = Math.min(periodSeconds, 60) * 1_000
  return new Date(Math.floor(startTime.getTime() / stepMs) * stepMs)
}

/** Reads statistics, those of one period and unit by one statement. @returns series in the order asked */
export async function readStatSeries(
  database: Queryable,
  place: Place,
  request: { readonly stats: readonly Stat[]; readonly startTime: Date; readonly endTime: Date },
): Promise<readonly StatSeries[]> {
  const { stats, startTime, endTime } = request
  const groups = Map.groupBy(stats, ({ periodSeconds, unit, statistic }) =>
    JSON.stringify([periodSeconds, unit, readingOf(statistic)]),
  )
  const answers = new Map<Stat, StatSeries>()
  for (const group of groups.values()) {
    const [first] = group
    if (!first) continue
    const { periodSeconds, unit } = first
    const found = await readPeriodsPerUnit(database, place, {
      metrics: group.map(({ metric }) => metric),
      periodSeconds,
      unit,
      startTime: alignedStart(startTime, periodSeconds),
      endTime,
      needs: distributionNeeds(group.map(({ statistic }) => statistic)),
    })
    for (const [index, stat] of group.entries())
      answers.set(stat, seriesOf(stat, found[index] ?? []))
  }
  return stats.flatMap((stat) => answers.get(stat) ?? [])
}

/** Statistics of one kind are read together. */
function readingOf({ isExtended, percent }: Statistic): string {
  return percent !== undefined ? 'percentiles' : isExtended ? 'distributions' : 'figures'
}

function seriesOf(stat: Stat, measured: readonly MetricPeriod[]): StatSeries {
  const { periods, units } = inOneUnit(measured)
  const points = periods.flatMap((period) => {
    const value = stat.statistic.of(period)
    return value === undefined ? [] : [{ second: period.at.getTime() / 1_000, value }]
  })
  return {
    label: '',
    periodSeconds: stat.periodSeconds,
    seconds: points.map(({ second }) => second),
    values: points.map(({ value }) => value),
    severalUnits: units.length > 1 ? units : undefined,
  }
}
