import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { mergeDistributions, type ValueDistribution } from '../../statistics/value-distribution.ts'
import { type MetricIdentity, metricId } from './metric.ts'
import {
  isRowWide,
  type PeriodRange,
  type PeriodRow,
  selectPeriods,
} from './metric-period.store.ts'
import { preferredUnit } from './metric-unit.ts'
import type { PeriodFigures } from './statistic.ts'

/** Whole distributions; or some percentiles, which need not always be read from those. */
export type DistributionNeeds = 'distributions' | { readonly percents: readonly number[] }

/** Several metrics over some time, in periods. */
export interface MetricPeriodsQuery {
  readonly metrics: readonly MetricIdentity[]
  /** 1, 5, 10, 20, 30 or a multiple of 60. */
  readonly periodSeconds: number
  /** The first period begins here, at a whole second; all others a whole number of periods after it. */
  readonly startTime: Date
  /** Exclusive. */
  readonly endTime: Date
  /** Counts what was measured in this unit only. */
  readonly unit?: string | undefined
  /** What will be asked for beside the plain figures. */
  readonly needs?: DistributionNeeds | undefined
}

/** One metric over some time, in periods. */
export interface MetricPeriodQuery extends Omit<MetricPeriodsQuery, 'metrics'> {
  readonly metric: MetricIdentity
}

/** A period with at least one sample. */
export interface MetricPeriod extends PeriodFigures {
  /** When it begins. */
  readonly at: Date
  readonly unit: string
}

/**
 * The periods of a metric that have samples, in their order. Where it was measured in several units and the query
 * names none, they are those of one of the units, as AWS answers.
 */
export async function readMetricPeriods(
  database: Queryable,
  place: Place,
  { metric, ...query }: MetricPeriodQuery,
): Promise<readonly MetricPeriod[]> {
  const [periods = []] = await readPeriodsOfMetrics(database, place, {
    ...query,
    metrics: [metric],
  })
  return periods
}

/** As `readMetricPeriods`, for many metrics by one statement. @returns what each has, in the order asked */
export async function readPeriodsOfMetrics(
  database: Queryable,
  place: Place,
  query: MetricPeriodsQuery,
): Promise<readonly (readonly MetricPeriod[])[]> {
  const found = await readPeriodsPerUnit(database, place, query)
  return found.map((periods) => inOneUnit(periods).periods)
}

/** As `readPeriodsOfMetrics`, with a period of its own for each unit; the order is that of time, then units. */
export async function readPeriodsPerUnit(
  database: Queryable,
  place: Place,
  query: MetricPeriodsQuery,
): Promise<readonly (readonly MetricPeriod[])[]> {
  const { metrics, periodSeconds, startTime, endTime, unit, needs } = query
  const startSeconds = Math.floor(startTime.getTime() / 1_000)
  const metricIds = metrics.map((metric) => metricId(place, metric))
  const range: PeriodRange = {
    metricIds: [...new Set(metricIds)],
    periodSeconds,
    startSeconds,
    endSeconds: Math.ceil(endTime.getTime() / 1_000),
    unit,
    distributions: false,
    percents: [],
  }
  const rows = await readRows(database, place, { range, needs })
  const found = Map.groupBy(rows, (row) => row.metricId)
  const percents = typeof needs === 'object' ? needs.percents : []
  return metricIds.map((id) =>
    (found.get(id) ?? []).map((row) => periodOf(row, { startSeconds, periodSeconds, percents })),
  )
}

/** Percentiles of a period that is one row are found by Postgres; the distributions of all others are read. */
async function readRows(
  database: Queryable,
  place: Place,
  { range, needs }: { readonly range: PeriodRange; readonly needs: DistributionNeeds | undefined },
): Promise<readonly PeriodRow[]> {
  if (needs === undefined) return selectPeriods(database, place, range)
  if (needs === 'distributions' || !isRowWide(range.periodSeconds))
    return selectPeriods(database, place, { ...range, distributions: true })
  const rows = await selectPeriods(database, place, { ...range, percents: needs.percents })
  const open = rows.filter(({ percentiles }) => percentiles.includes(undefined))
  if (open.length === 0) return rows
  let [first, last] = [Infinity, 0]
  for (const { period } of open) [first, last] = [Math.min(first, period), Math.max(last, period)]
  const wholes = await selectPeriods(database, place, {
    ...range,
    metricIds: [...new Set(open.map((row) => row.metricId))],
    startSeconds: range.startSeconds + first * range.periodSeconds,
    endSeconds: Math.min(range.endSeconds, range.startSeconds + (last + 1) * range.periodSeconds),
    distributions: true,
  })
  const keyOf = (row: PeriodRow, skipped = 0): string =>
    `${row.metricId}/${row.period + skipped}/${row.unit}`
  const known = new Map(wholes.map((row) => [keyOf(row, first), row]))
  return rows.map((row) => {
    const { values, counts } = known.get(keyOf(row)) ?? row
    return row.percentiles.includes(undefined) ? { ...row, values, counts } : row
  })
}

/** Those periods of a metric that are in the unit which CloudWatch prefers. @returns also all units, in order */
export function inOneUnit(periods: readonly MetricPeriod[]): {
  readonly periods: readonly MetricPeriod[]
  readonly units: readonly string[]
} {
  const units = new Set(periods.map(({ unit }) => unit))
  const preferred = preferredUnit(units)
  return {
    periods: units.size > 1 ? periods.filter(({ unit }) => unit === preferred) : periods,
    units: [...units].sort(),
  }
}

function periodOf(
  row: PeriodRow,
  query: { startSeconds: number; periodSeconds: number; percents: readonly number[] },
): MetricPeriod {
  const { unit, sampleCount, sum, minimum, maximum } = row
  const at = new Date((query.startSeconds + row.period * query.periodSeconds) * 1_000)
  const figures = {
    at,
    unit,
    sampleCount,
    sum,
    minimum,
    maximum,
    distribution: distributionOf(row),
  }
  if (query.percents.length === 0) return figures
  const known = query.percents.flatMap((percent, index) => {
    const value = row.percentiles[index]
    return value === undefined ? [] : [[percent, value] as const]
  })
  return { ...figures, percentiles: new Map(known) }
}

function distributionOf({ values, counts }: PeriodRow): ValueDistribution | undefined {
  if (!values || !counts) return undefined
  const [own, ...others] = arraysOf(values)
  const [ownCounts] = others.length > 0 ? [] : arraysOf(counts)
  // what one row has is in order already
  if (own && ownCounts) return { values: own, counts: ownCounts }
  const parts = arraysOf(counts)
  return mergeDistributions(
    arraysOf(values).map((part, index) => ({ values: part, counts: parts[index] ?? [] })),
  )
}

/** Five numbers of four bytes stand before the elements, each of which has its length in four bytes. */
const ARRAY_HEAD_BYTES = 20
const ELEMENTS_AT = 12
const ELEMENT_BYTES = 12

/** Reads Postgres's binary form of arrays of doubles in one dimension, one behind the other. */
function arraysOf(packed: Buffer): readonly (readonly number[])[] {
  const arrays: (readonly number[])[] = []
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let at = 0; at < packed.length; ) {
    const doubles = new Array<number>(view.getInt32(at + ELEMENTS_AT))
    at += ARRAY_HEAD_BYTES
    for (let index = 0; index < doubles.length; index += 1) {
      doubles[index] = view.getFloat64(at + 4)
      at += ELEMENT_BYTES
    }
    arrays.push(doubles)
  }
  return arrays
}
