import { Refusal } from '../../base/refusal.ts'
import type { Platform } from '../../platform/scope.ts'
import { type MetricSample, recordMetricBatch } from '../metrics/index.ts'
import { findReplicaIdentity } from './replica.store.ts'

/**
 * What a replica that holds many models counts, by metric.
 *
 * @source Amazon SageMaker developer guide, "CloudWatch Metrics for Multi-Model Endpoint Deployments"
 */
const MODEL_METRICS: ReadonlyMap<string, { readonly namespace: string; readonly unit: string }> =
  new Map([
    ['ModelLoadingWaitTime', { namespace: 'AWS/SageMaker', unit: 'Microseconds' }],
    ['ModelUnloadingTime', { namespace: 'AWS/SageMaker', unit: 'Microseconds' }],
    ['ModelDownloadingTime', { namespace: 'AWS/SageMaker', unit: 'Microseconds' }],
    ['ModelLoadingTime', { namespace: 'AWS/SageMaker', unit: 'Microseconds' }],
    ['ModelCacheHit', { namespace: 'AWS/SageMaker', unit: 'None' }],
    ['LoadedModelCount', { namespace: '/aws/sagemaker/Endpoints', unit: 'None' }],
  ])
const FIGURES = ['sampleCount', 'sum', 'minimum', 'maximum'] as const

/**
 * Takes what the runner of a replica counted since it last said so; the same batch twice counts once. A
 * replica that is gone by now has nothing to say.
 *
 * @throws Refusal when the batch has another form
 */
export async function recordModelMetrics(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  replicaId: string,
  batch: unknown,
): Promise<void> {
  const { batch: batchId, figures } = (batch ?? {}) as Record<string, unknown>
  if (typeof batchId !== 'string' || !batchId.startsWith(`${replicaId}/`)) {
    throw new Refusal('batch is no name that begins with the replica’s')
  }
  if (!Array.isArray(figures)) throw new Refusal('figures is no list')
  const replica = await findReplicaIdentity(database, replicaId)
  if (!replica) return
  const { place, endpointName: EndpointName, variantName: VariantName } = replica
  const identity = { dimensions: { EndpointName, VariantName }, at: clock.now() }
  const samples = figures.map((figure): MetricSample => ({ ...readFigure(figure), ...identity }))
  await recordMetricBatch(database, place, { batchId, samples })
}

function readFigure(figure: unknown): Omit<MetricSample, 'dimensions' | 'at'> {
  const found = (figure ?? {}) as Record<string, unknown>
  const metric = MODEL_METRICS.get(String(found.name))
  if (!metric) throw new Refusal(`there is no figure '${String(found.name)}'`)
  const [sampleCount = 0, sum = 0, minimum = 0, maximum = 0] = FIGURES.map((name) => {
    const value = found[name]
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new Refusal(`${name} of ${String(found.name)} is no number from 0 on`)
    }
    return value
  })
  const values = { sampleCount, sum, minimum, maximum }
  return { ...metric, metricName: String(found.name), resolutionSeconds: 60, ...values }
}
