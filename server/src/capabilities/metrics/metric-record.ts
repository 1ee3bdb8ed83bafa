import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { metricId } from './metric.ts'
import { insertPoints, type KnownMetric } from './metric-point.store.ts'
import { type MetricSample, pointsOf } from './metric-sample.ts'

/** Adds samples to what is recorded of their metrics: one statement, whatever their number. */
export async function recordMetrics(
  database: Queryable,
  place: Place,
  samples: readonly MetricSample[],
): Promise<void> {
  await record(database, place, { samples })
}

/**
 * The same, for senders that may have to say it again: a batch of an id that was taken before changes nothing,
 * whatever it holds. Ids are remembered for an hour of the wall's time.
 *
 * @param batch.batchId unique in the account's realm for ever, e.g. a gateway's own id and a number that grows
 */
export async function recordMetricBatch(
  database: Queryable,
  place: Place,
  batch: { readonly batchId: string; readonly samples: readonly MetricSample[] },
): Promise<void> {
  await record(database, place, batch)
}

async function record(
  database: Queryable,
  place: Place,
  { samples, batchId }: { samples: readonly MetricSample[]; batchId?: string },
): Promise<void> {
  const points = pointsOf(place, samples)
  if (points.length === 0) return
  await insertPoints(database, place, {
    metrics: metricsOf(place, samples),
    points,
    ...(batchId === undefined ? {} : { batchId }),
  })
}

function metricsOf(place: Place, samples: readonly MetricSample[]): readonly KnownMetric[] {
  const metrics = new Map<string, KnownMetric>()
  for (const sample of samples) {
    const id = metricId(place, sample)
    metrics.set(id, { ...sample, metricId: id })
  }
  return [...metrics.values()]
}
