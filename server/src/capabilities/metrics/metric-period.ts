import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { mergeDistributions, type ValueDistribution } from '../../statistics/value-distribution.ts'
import { type MetricIdentity, metricId } from './metric.ts'
import { type PeriodRow, selectPeriods } from './metric-point.store.ts'
import type { PeriodFigures } from './statistic.ts'

/** One metric over some time, in periods. */
export interface MetricPeriodQuery {
  readonly metric: MetricIdentity
  /** 1, 5, 10, 20, 30 or a multiple of 60. */
  readonly periodSeconds: number
  /** The first period begins here, at a whole second; all others a whole number of periods after it. */
  readonly startTime: Date
  /** Exclusive. */
  readonly endTime: Date
  /** Counts what was measured in this unit only. */
  readonly unit?: string | undefined
  /** Whether percentiles and their kind will be asked for. */
  readonly distributions?: boolean
}

/** A period with at least one sample. */
export interface MetricPeriod extends PeriodFigures {
  /** When it begins. */
  readonly at: Date
  readonly unit: string
}

/** The periods of a metric that have samples, in their order; what was measured in several units is one. */
export async function readMetricPeriods(
  database: Queryable,
  place: Place,
  query: MetricPeriodQuery,
): Promise<readonly MetricPeriod[]> {
  const { metric, periodSeconds, startTime, endTime, unit, distributions = false } = query
  const startSeconds = Math.floor(startTime.getTime() / 1_000)
  const rows = await selectPeriods(database, place, {
    metricIds: [metricId(place, metric)],
    periodSeconds,
    startSeconds,
    endSeconds: Math.ceil(endTime.getTime() / 1_000),
    unit,
    perUnit: false,
    distributions,
  })
  return rows.map((row) => periodOf(row, { startSeconds, periodSeconds }))
}

export function periodOf(
  row: PeriodRow,
  { startSeconds, periodSeconds }: { startSeconds: number; periodSeconds: number },
): MetricPeriod {
  const { unit, sampleCount, sum, minimum, maximum } = row
  const at = new Date((startSeconds + row.period * periodSeconds) * 1_000)
  return { at, unit, sampleCount, sum, minimum, maximum, distribution: distributionOf(row) }
}

function distributionOf({ values, counts }: PeriodRow): ValueDistribution | undefined {
  if (!values || !counts) return undefined
  return mergeDistributions([{ values: doublesOf(values), counts: doublesOf(counts) }])
}

/** Five numbers of four bytes stand before the elements, each of which has its length in four bytes. */
const ARRAY_HEAD_BYTES = 20
const ELEMENTS_AT = 12
const ELEMENT_BYTES = 12

/** Reads Postgres's binary form of arrays of doubles in one dimension, one behind the other. */
function doublesOf(packed: Buffer): readonly number[] {
  const doubles: number[] = []
  for (let at = 0; at < packed.length; ) {
    const count = packed.readInt32BE(at + ELEMENTS_AT)
    at += ARRAY_HEAD_BYTES
    for (const end = at + count * ELEMENT_BYTES; at < end; at += ELEMENT_BYTES) {
      doubles.push(packed.readDoubleBE(at + 4))
    }
  }
  return doubles
}
