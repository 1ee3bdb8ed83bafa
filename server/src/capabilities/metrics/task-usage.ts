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
const INFERENCE_COMPONENTS = '/aws/sagemaker/InferenceComponents'

type Figures = Readonly<Record<string, number>>
type Identity = Pick<MetricSample, 'namespace' | 'dimensions'>

/** What a running task takes, as metrics of the minute of `at`; nothing for tasks of other kinds. */
export function usageSamples(usage: TaskUsage, at: Date): readonly MetricSample[] {
  const { vCpus, cpuPercent, memoryPercent, diskPercent } = usage
  const samplesOf = (figures: Figures) => (identity: Identity) =>
    Object.entries(figures).map(
      ([metricName, value]): MetricSample => ({
        ...identity,
        metricName,
        unit: 'Percent',
        at,
        resolutionSeconds: 60,
        sampleCount: 1,
        sum: value,
        minimum: value,
        maximum: value,
      }),
    )
  const figures = {
    CPUUtilization: cpuPercent,
    MemoryUtilization: memoryPercent,
    DiskUtilization: diskPercent,
  }
  const ofComponent = {
    CPUUtilizationNormalized: cpuPercent / vCpus,
    MemoryUtilizationNormalized: memoryPercent,
  }
  return [
    ...identitiesOf(usage).flatMap(samplesOf(figures)),
    ...componentOf(usage).flatMap(samplesOf(ofComponent)),
  ]
}

/** The inference component that a replica is a copy of, which its log tells. */
function componentOf({ kind, log }: TaskUsage): readonly Identity[] {
  const prefix = `${INFERENCE_COMPONENTS}/`
  if (kind !== 'Replica' || !log.group.startsWith(prefix)) return []
  const dimensions = { InferenceComponentName: log.group.slice(prefix.length) }
  return [{ namespace: INFERENCE_COMPONENTS, dimensions }]
}

function identitiesOf({ kind, name, host, log }: TaskUsage): readonly Identity[] {
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
