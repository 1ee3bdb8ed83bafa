import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { type MetricIdentity, metricId } from './metric.ts'

/** A metric over sliding windows: periods, the newest of which ends at `end`. */
export interface SlidingWindow {
  readonly place: Place
  readonly metric: MetricIdentity
  /** Where the oldest period begins. */
  readonly start: Date
  /** Where the newest period ends. */
  readonly end: Date
  readonly periodSeconds: number
  /** Windows end at multiples of this. */
  readonly stepSeconds: number
}

/** How much there is of a metric from some time on, ahead of now as well. */
export interface MetricActivity {
  readonly realm: number
  readonly metricId: string
  readonly fromSeconds: number
  readonly samples: number
}

/** A metric that had no data of late. */
export interface QuietMetric extends MetricActivity {
  /** The next end of a window that divides what there is otherwise; absent when all windows to come are empty. */
  readonly nextEnd: Date | undefined
}

const SPANS = "'{1,60,300,3600}'::smallint[]"
/** A metric that had data in as many steps is not quiet. */
const RECENT_STEPS = 2

/** @returns for each window what there is, undefined where data keep coming in */
export async function selectQuietMetrics(
  database: Queryable,
  windows: readonly SlidingWindow[],
): Promise<readonly (QuietMetric | undefined)[]> {
  const inputs = windows.map(({ place, metric, start }) => ({
    realm: place.realm,
    metricId: metricId(place, metric),
    fromSeconds: start.getTime() / 1_000,
  }))
  const rows = await database.query<{ n: number; samples: number; next_end: number | null }>(
    `select i.n, s.samples, s.next_end
     from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
       with ordinality as i (realm, metric_id, from_seconds, end_seconds, period, step, n)
     cross join lateral (
       select coalesce(sum(p.sample_count), 0) as samples,
         -- where the period that a row is in, or the present before the first one, has moved past it
         min(((at_seconds + greatest(0, (i.end_seconds - at_seconds + period - 1) / period) * period) / step + 1)
           * step) as next_end
       from metric_point p
       where p.realm = i.realm and p.metric_id = i.metric_id and p.width = any(${SPANS})
         and p.at_seconds >= i.from_seconds) s
     where not exists (
       select from metric_point p
       where p.realm = i.realm and p.metric_id = i.metric_id and p.width = any(${SPANS})
         and p.at_seconds >= i.end_seconds - ${RECENT_STEPS} * i.step)`,
    [
      inputs.map(({ realm }) => realm),
      inputs.map((input) => input.metricId),
      inputs.map(({ fromSeconds }) => fromSeconds),
      windows.map(({ end }) => end.getTime() / 1_000),
      windows.map(({ periodSeconds }) => periodSeconds),
      windows.map(({ stepSeconds }) => stepSeconds),
    ],
  )
  const found = new Map(rows.map((row) => [row.n - 1, row]))
  return inputs.map((input, index) => {
    const row = found.get(index)
    if (!row) return undefined
    const nextEnd = row.next_end === null ? undefined : new Date(row.next_end * 1_000)
    return { ...input, samples: row.samples, nextEnd }
  })
}

/** @returns which of these have more or fewer samples by now, as indices */
export async function selectChanged(
  database: Queryable,
  known: readonly MetricActivity[],
): Promise<readonly number[]> {
  const rows = await database.query<{ n: number }>(
    `select i.n from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::float8[])
       with ordinality as i (realm, metric_id, from_seconds, samples, n)
     where i.samples <> (
       select coalesce(sum(p.sample_count), 0) from metric_point p
       where p.realm = i.realm and p.metric_id = i.metric_id and p.width = any(${SPANS})
         and p.at_seconds >= i.from_seconds)
     order by 1`,
    [
      known.map(({ realm }) => realm),
      known.map((one) => one.metricId),
      known.map(({ fromSeconds }) => fromSeconds),
      known.map(({ samples }) => samples),
    ],
  )
  return rows.map(({ n }) => n - 1)
}
