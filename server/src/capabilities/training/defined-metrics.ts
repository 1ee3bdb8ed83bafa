import type { Platform } from '../../platform/scope.ts'
import { recordMetricBatch } from '../metrics/index.ts'
import type { HostObservation } from './host.states.ts'
import type { TrainingJob } from './training-job.store.ts'

/** @source Amazon SageMaker developer guide, "Monitor and Analyze Training Jobs Using Amazon CloudWatch Metrics" */
const NAMESPACE = '/aws/sagemaker/TrainingJobs'

/** How many values of each metric were told, by host and name. */
export type ToldMetrics = Map<string, number>

/**
 * Tells CloudWatch what a job's metric definitions read from its log: at each look the newest value of each,
 * once. What comes faster than looks do, five times a second, is not told.
 */
export async function recordDefinedMetrics(
  { database }: Pick<Platform, 'database'>,
  { job, hosts, told }: { job: TrainingJob; hosts: readonly HostObservation[]; told: ToldMetrics },
): Promise<void> {
  for (const { host, metrics } of hosts) {
    for (const { name, value, at, count } of metrics) {
      const key = `${host}/${name}`
      if (told.get(key) === count) continue
      if (Number.isFinite(value)) {
        await recordMetricBatch(database, job, {
          batchId: `training-metric/${job.id}/${job.state.attempt}/${key}/${count}`,
          samples: [
            {
              namespace: NAMESPACE,
              metricName: name,
              dimensions: { TrainingJobName: job.name },
              at: new Date(at),
              resolutionSeconds: 60,
              sampleCount: 1,
              sum: value,
              minimum: value,
              maximum: value,
            },
          ],
        })
      }
      told.set(key, count)
    }
  }
}
