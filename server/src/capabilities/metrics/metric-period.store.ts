import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { RANK_SLACK } from '../../statistics/value-distribution.ts'
import { countsOf, valuesOf } from './metric-point.store.ts'

/** What all rows of one metric in one period add up to. */
export interface PeriodRow {
  readonly metricId: string
  /** Counted from the start. */
  readonly period: number
  readonly unit: string
  readonly sampleCount: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /** How many rows there are in it. */
  readonly rowCount: number
  /** Postgres's binary form of arrays of doubles, one behind the other; absent when not asked for or not known. */
  readonly values: Buffer | undefined
  readonly counts: Buffer | undefined
  /** In the order of `percents`; undefined where it is not known, or the period is of several rows. */
  readonly percentiles: readonly (number | undefined)[]
}

export interface PeriodRange {
  readonly metricIds: readonly string[]
  readonly periodSeconds: number
  /** From here on, and before `endSeconds`; seconds of the epoch. */
  readonly startSeconds: number
  readonly endSeconds: number
  /** Rows of this unit only. */
  readonly unit: string | undefined
  readonly distributions: boolean
  /** Percentiles to be found where a period is one row. */
  readonly percents: readonly number[]
}

interface PeriodRecord extends Row {
  metric_id: string
  period: number
  unit: string
  sample_count: number
  sum: number
  minimum: number
  maximum: number
  row_count: number
  packed_values?: Buffer | null
  packed_counts?: Buffer | null
}

const WIDTHS = [1, 60, 300, 3600]

/** Whether rows are as wide as this period, so that one may be all that it has. */
export function isRowWide(periodSeconds: number): boolean {
  return WIDTHS.includes(periodSeconds)
}

/** In the order of metrics, periods and units. Rows that cover more than a period, and a minute, are left out. */
export async function selectPeriods(
  database: Queryable,
  { realm }: Pick<Place, 'realm'>,
  range: PeriodRange,
): Promise<readonly PeriodRow[]> {
  const { percents } = range
  const packed = (array: string): string =>
    `case when bool_and(${array} is not null) then string_agg(array_send(${array}), ''::bytea) end`
  const distributions = range.distributions
    ? `, ${packed(valuesOf('p'))} as packed_values, ${packed(countsOf('p'))} as packed_counts`
    : ''
  const picks = percents.map((_, index) => `, ${pickedPercentile(`$${8 + index}`)} as p${index}`)
  const rows = await database.query<PeriodRecord>(
    `select metric_id, (at_seconds - $4) / $5 as period, unit,
       sum(sample_count) as sample_count, sum(sum) as sum, min(minimum) as minimum,
       max(maximum) as maximum, count(*) as row_count ${distributions} ${picks.join('')}
     from metric_point p
     where realm = $1 and metric_id = any($2::uuid[]) and width = any($3::smallint[])
       and at_seconds >= $4::bigint and at_seconds < $6::bigint and ($7::text is null or unit = $7)
     group by metric_id, (at_seconds - $4) / $5 , unit
     order by 1, 2, 3`,
    [
      realm,
      range.metricIds,
      WIDTHS.filter((width) => width <= Math.max(range.periodSeconds, 60)),
      range.startSeconds,
      range.periodSeconds,
      range.endSeconds,
      range.unit,
      ...percents,
    ],
  )
  return rows.map((row) => ({
    metricId: row.metric_id,
    period: row.period,
    unit: row.unit,
    sampleCount: row.sample_count,
    sum: row.sum,
    minimum: row.minimum,
    maximum: row.maximum,
    rowCount: row.row_count,
    values: row.packed_values ?? undefined,
    counts: row.packed_counts ?? undefined,
    percentiles: percents.map((_, index) => (row[`p${index}`] as number | null) ?? undefined),
  }))
}

/** `percentile` of the one row of a group, to the last bit: two arrays are read in place, and none is sent. */
function pickedPercentile(percent: string): string {
  const rank = `p.sample_count * ${percent}::float8 / 100 * ${RANK_SLACK}::float8`
  const position = `width_bucket(${rank}, p.counts_up_to) + 1`
  const last = 'p.distinct_values[cardinality(p.distinct_values)]'
  return `case when count(*) = 1 then min(case
      when p.minimum = p.maximum then p.minimum
      when p.width >= $5 and p.counts_up_to is not null then coalesce(p.distinct_values[${position}], ${last}) end) end`
}
