import type { Queryable } from '../../platform/database/database.ts'
import { EXACT_VALUES_MAX } from '../../statistics/value-distribution.ts'
import { countsOf, MERGE_ON_CONFLICT, ROUNDED, valuesOf } from './metric-point.store.ts'

interface Outlived {
  readonly width: number
  /** Points that begin before this, seconds of the epoch. */
  readonly before: number
  readonly metricsMax: number
}

/** What tells wider rows apart. */
const KEY = 'realm, metric_id, at_seconds, unit'

/** Some metrics that have outlived points. */
const DUE = `
  select m.realm, m.metric_id from metric m
  where exists (
    select from metric_point p
    where p.realm = m.realm and p.metric_id = m.metric_id and p.width = $1 and p.at_seconds < $2)
  limit $3`

/**
 * Merges the outlived points of some metrics into wider ones, in one statement: what is read meanwhile is either
 * before or after it.
 * @returns of how many metrics
 */
export async function rollUpPoints(
  database: Queryable,
  { width, before, metricsMax, into }: Outlived & { readonly into: number },
): Promise<number> {
  const rows = await database.query<{ metrics: number }>(
    `with due as (${DUE}),
     gone as (
       delete from metric_point p using due d
       where p.realm = d.realm and p.metric_id = d.metric_id and p.width = $1 and p.at_seconds < $2
       returning p.realm, p.metric_id, p.at_seconds / $4 * $4 as at_seconds, p.unit, p.sample_count,
         p.sum, p.minimum, p.maximum, ${valuesOf('p')} as vs, ${countsOf('p')} as cs
     ),
     wide as (
       select ${KEY}, sum(sample_count) as sample_count, sum(sum) as sum, min(minimum) as minimum,
         max(maximum) as maximum,
         bool_and(vs is not null) and min(minimum) < max(maximum) as is_listed,
         sum(cardinality(vs)) as pairs
       from gone group by ${KEY}
     ),
     spread as (
       select ${KEY}, case when w.pairs > ${EXACT_VALUES_MAX} then ${ROUNDED} else v end as v, sum(c) as c
       from gone join wide w using (${KEY}) cross join lateral unnest(vs, cs) as pair (v, c)
       where w.is_listed group by ${KEY}, 5
     ),
     listed as (
       select ${KEY}, array_agg(v order by v) as distinct_values, array_agg(c order by v) as value_counts,
         array_agg(up_to order by v) as counts_up_to
       from (select *, sum(c) over (partition by ${KEY} order by v) as up_to from spread) summed
       group by ${KEY}
     ),
     added as (
       insert into metric_point as p (${KEY}, width, sample_count, sum, minimum, maximum,
         distinct_values, value_counts, counts_up_to)
       select ${KEY}, $4, sample_count, sum, minimum, maximum, distinct_values, value_counts, counts_up_to
       from wide left join listed using (${KEY})
       order by ${KEY}
       ${MERGE_ON_CONFLICT}
     )
     select count(*)::integer as metrics from due`,
    [width, before, metricsMax, into],
  )
  return rows[0]?.metrics ?? 0
}

/** Deletes the outlived points of some metrics. @returns of how many */
export async function forgetPoints(
  database: Queryable,
  { width, before, metricsMax }: Outlived,
): Promise<number> {
  const rows = await database.query<{ metrics: number }>(
    `with due as (${DUE}),
     gone as (
       delete from metric_point p using due d
       where p.realm = d.realm and p.metric_id = d.metric_id and p.width = $1 and p.at_seconds < $2
     )
     select count(*)::integer as metrics from due`,
    [width, before, metricsMax],
  )
  return rows[0]?.metrics ?? 0
}

/** Deletes metrics without points; a writer that comes just then makes its metric again with the next sample. */
export async function forgetSilentMetrics(database: Queryable): Promise<void> {
  await database.query(
    `delete from metric m where not exists (
       select from metric_point p where p.realm = m.realm and p.metric_id = m.metric_id)`,
  )
}

/** Senders repeat a batch within seconds, by the wall's time. */
export async function forgetBatches(database: Queryable): Promise<void> {
  await database.query(`delete from metric_batch where taken_at < now() - interval '1 hour'`)
}
