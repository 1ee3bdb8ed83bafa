import type { TaskUsage } from '../../platform/engines/engine.ts'
import type { MetricSample } from './metric-sample.ts'

/**
 * Namespaces of what jobs take, by the kind of their tasks.
 *
 * @source Amazon SageMaker developer guide, "Amazon SageMaker AI jobs and endpoint metrics"
 */
const JOB_NAMESPACES: Readonly<Record<string, string>> = {
  TrainingJob: '/aws/sagemaker/TrainingJobs',
  ProcessingJob: '/aws/sagemaker/ProcessingJobs',
  TransformJob: '/aws/sagemaker/TransformJobs',
}
const ENDPOINTS = '/aws/sagemaker/Endpoints'

/** What a running task takes, as metrics of the minute of `at`; nothing for tasks of other kinds. */
export function usageSamples(usage: TaskUsage, at: Date): readonly MetricSample[] {
  const identities = identitiesOf(usage)
  const figures = [
    ['CPUUtilization', usage.cpuPercent],
    ['MemoryUtilization', usage.memoryPercent],
    ['DiskUtilization', usage.diskPercent],
  ] as const
  return identities.flatMap((identity) =>
    figures.map(([metricName, value]) => ({
      ...identity,
      metricName,
      unit: 'Percent',
      at,
      resolutionSeconds: 60,
      sampleCount: 1,
      sum: value,
      minimum: value,
      maximum: value,
    })),
  )
}

function identitiesOf({
  kind,
  name,
  host,
  log,
}: TaskUsage): readonly Pick<MetricSample, 'namespace' | 'dimensions'>[] {
  if (kind === 'Replica') {
    // the log's stream is the variant's name, the replica's id and, where it has several, the container's name
    const [VariantName = '', , ContainerName] = log.stream.split('/')
    const dimensions = { EndpointName: name, VariantName }
    const sets =
      ContainerName === undefined ? [dimensions] : [dimensions, { ...dimensions, ContainerName }]
    return sets.map((set) => ({ namespace: ENDPOINTS, dimensions: set }))
  }
  const namespace = Object.hasOwn(JOB_NAMESPACES, kind) ? JOB_NAMESPACES[kind] : undefined
  if (namespace === undefined) return []
  // a job of one host does not name it
  return [{ namespace, dimensions: { Host: `${name}/${host ?? 'algo-1'}` } }]
}
