import { CHANGES_CHANNEL } from '../../platform/database/changes.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { countsUpTo, EXACT_VALUES_MAX, ROUNDED_BITS } from '../../statistics/value-distribution.ts'
import type { MetricIdentity } from './metric.ts'
import type { MetricPoint } from './metric-sample.ts'

/** Announced with every batch of samples that is taken. */
export const METRICS_TOPIC = 'metrics'

/** A metric beside its id. */
export interface KnownMetric extends MetricIdentity {
  readonly metricId: string
}

const SPREAD = `v * ${2 ** (53 - ROUNDED_BITS) + 1}::float8`
/** `roundedValue` of statistics/value-distribution.ts of the column v, to the last bit. */
export const ROUNDED = `${SPREAD} - (${SPREAD} - v)`

/** Pairs of a value and its count, merged: `mergeDistributions`. @param pairs rows of v, c; `size` of them at most */
function mergedPairs(pairs: string, size: string): string {
  return `select array_agg(v order by v) as distinct_values, array_agg(c order by v) as value_counts,
      array_agg(up_to order by v) as counts_up_to
    from (select v, sum(c) as c, sum(sum(c)) over (order by v) as up_to
          from (select case when ${size} > ${EXACT_VALUES_MAX} then ${ROUNDED} else v end as v, c
                from ${pairs}) one group by v) merged`
}

/** The values of a row, one that is all the same included; null where they are not known. */
export function valuesOf(row: string): string {
  return `coalesce(${row}.distinct_values,
    case when ${row}.minimum = ${row}.maximum then array[${row}.minimum] end)`
}

export function countsOf(row: string): string {
  return `coalesce(${row}.value_counts,
    case when ${row}.minimum = ${row}.maximum then array[${row}.sample_count] end)`
}

/** Adds to the rows of `metric_point` that are there what is inserted beside them, in one statement. */
export const MERGE_ON_CONFLICT = `
  on conflict (realm, metric_id, width, at_seconds, unit) do update set
    sample_count = p.sample_count + excluded.sample_count,
    sum = p.sum + excluded.sum,
    minimum = least(p.minimum, excluded.minimum),
    maximum = greatest(p.maximum, excluded.maximum),
    (distinct_values, value_counts, counts_up_to) = (
      ${mergedPairs(
        `unnest(${valuesOf('p')} || ${valuesOf('excluded')},
                ${countsOf('p')} || ${countsOf('excluded')}) as pair (v, c)
         where ${valuesOf('p')} is not null and ${valuesOf('excluded')} is not null
           and least(p.minimum, excluded.minimum) < greatest(p.maximum, excluded.maximum)`,
        `cardinality(${valuesOf('p')}) + cardinality(${valuesOf('excluded')})`,
      )})`

/**
 * Adds points and makes the metrics that are new, in one statement. Writers of the same rows take them in one
 * order, so that none waits for another in a circle.
 *
 * @param batch.points one for each key
 * @param batch.batchId when it was taken before, nothing happens
 */
export async function insertPoints(
  database: Queryable,
  { realm, region }: Place,
  batch: {
    readonly metrics: readonly KnownMetric[]
    readonly points: readonly MetricPoint[]
    readonly batchId?: string
  },
): Promise<void> {
  const { metrics, points, batchId } = batch
  const values: unknown[] = [
    realm,
    region,
    metrics.map(({ metricId }) => metricId),
    metrics.map(({ namespace }) => namespace),
    metrics.map(({ metricName }) => metricName),
    metrics.map(({ dimensions }) => JSON.stringify(dimensions)),
    points.map(({ metricId }) => metricId),
    points.map(({ width }) => width),
    points.map(({ atSeconds }) => atSeconds),
    points.map(({ unit }) => unit),
    points.map(({ sampleCount }) => sampleCount),
    points.map(({ sum }) => sum),
    points.map(({ minimum }) => minimum),
    points.map(({ maximum }) => maximum),
    points.map(({ distribution }) => distribution && arrayLiteral(distribution.values)),
    points.map(({ distribution }) => distribution && arrayLiteral(distribution.counts)),
    points.map(({ distribution }) => distribution && arrayLiteral(countsUpTo(distribution))),
  ]
  if (batchId === undefined) await database.query(insertStatement('', ''), values)
  else {
    const batchRow = `batch as (insert into metric_batch (realm, batch_id) values ($1, $18)
      on conflict do nothing returning batch_id),`
    await database.query(insertStatement(batchRow, 'where exists (select from batch)'), [
      ...values,
      batchId,
    ])
  }
}

const insertStatement = (batchRow: string, condition: string): string => `
  with ${batchRow} made as (
    insert into metric (realm, metric_id, region, namespace, metric_name, dimensions)
    select $1, metric_id, $2, namespace, metric_name, dimensions
    from unnest($3::uuid[], $4::text[], $5::text[], $6::jsonb[])
      as g (metric_id, namespace, metric_name, dimensions)
    ${condition}
    order by metric_id
    on conflict do nothing),
  added as (
  insert into metric_point as p (realm, metric_id, width, at_seconds, unit, sample_count, sum, minimum,
    maximum, distinct_values, value_counts, counts_up_to)
  select $1, metric_id, width, at_seconds, unit, sample_count, sum, minimum, maximum,
    distinct_values::float8[], value_counts::float8[], counts_up_to::float8[]
  from unnest($7::uuid[], $8::smallint[], $9::bigint[], $10::text[], $11::float8[], $12::float8[],
      $13::float8[], $14::float8[], $15::text[], $16::text[], $17::text[])
    as g (metric_id, width, at_seconds, unit, sample_count, sum, minimum, maximum, distinct_values,
      value_counts, counts_up_to)
  ${condition}
  order by metric_id, width, at_seconds, unit
  ${MERGE_ON_CONFLICT}
  returning 1)
  select pg_notify('${CHANGES_CHANNEL}', '${METRICS_TOPIC}') where exists (select from added)`

function arrayLiteral(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`
}
