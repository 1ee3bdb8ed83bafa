import type { MetricSample } from '../metrics/index.ts'
import type { ContainerBucket } from './container-figures.ts'
import type { InvocationBucket } from './invocation-bucket.ts'
import type { MeteredVariant } from './invocation-meters.ts'
import type { LatencySummary } from './latency-histogram.ts'

const NAMESPACE = 'AWS/SageMaker'
/** For what AWS has no metric of. */
const OWN_NAMESPACE = 'Sagebrush/Endpoints'

type Figures = Pick<MetricSample, 'sampleCount' | 'sum' | 'minimum' | 'maximum' | 'distribution'>

/**
 * What a bucket says in CloudWatch's terms: each metric for the endpoint's variant, and once more for the
 * variant of that endpoint configuration, by which blue and green are told apart.
 *
 * @source AWS's guide, "Amazon SageMaker AI endpoint invocation metrics"
 */
export function samplesOf(
  variant: MeteredVariant,
  bucket: InvocationBucket,
): readonly MetricSample[] {
  const { invocations, perInstance, perInstanceMin, perInstanceMax } = bucket
  const times = (sum: number): Figures => ofOnes(sum, invocations)
  const figures: Readonly<Record<string, Figures | undefined>> = {
    Invocations: invocations > 0 ? times(invocations) : undefined,
    InvocationsPerInstance:
      invocations > 0
        ? {
            sampleCount: invocations,
            sum: perInstance,
            minimum: perInstanceMin,
            maximum: perInstanceMax,
          }
        : undefined,
    Invocation4XXErrors: invocations > 0 ? times(bucket.errors4xx) : undefined,
    Invocation5XXErrors: invocations > 0 ? times(bucket.errors5xx) : undefined,
    InvocationModelErrors: invocations > 0 ? times(bucket.modelErrors) : undefined,
    ModelLatency: ofLatencies(bucket.model),
    OverheadLatency: ofLatencies(bucket.overhead),
    ModelSetupTime: ofLatencies(bucket.setup),
  }
  const own: Readonly<Record<string, Figures | undefined>> = {
    CaptureRecordsDropped: ofDropped(bucket.captureDropped),
    ShadowCopiesDropped: ofDropped(bucket.shadowDropped),
  }
  const at = new Date(bucket.second * 1_000)
  return [
    ...Object.entries(figures).flatMap(([metricName, one]) =>
      one
        ? eachSet(variant, { namespace: NAMESPACE, metricName, at, ...unitOf(metricName), ...one })
        : [],
    ),
    ...Object.entries(own).flatMap(([metricName, one]) =>
      one ? eachSet(variant, { namespace: OWN_NAMESPACE, metricName, at, ...one }) : [],
    ),
    ...Object.entries(bucket.containers ?? {}).flatMap(([name, container]) =>
      containerSamples(variant, name, { container, at }),
    ),
  ]
}

/** @source AWS's guide, "Metrics for multi-container endpoints with direct invocation" */
function containerSamples(
  { endpointName, variantName }: MeteredVariant,
  containerName: string,
  { container, at }: { readonly container: ContainerBucket; readonly at: Date },
): readonly MetricSample[] {
  const { invocations, errors4xx, errors5xx, latency } = container
  const dimensions = {
    EndpointName: endpointName,
    VariantName: variantName,
    ContainerName: containerName,
  }
  const figures: Readonly<Record<string, Figures | undefined>> = {
    Invocations: ofOnes(invocations, invocations),
    Invocation4XXErrors: ofOnes(errors4xx, invocations),
    Invocation5XXErrors: ofOnes(errors5xx, invocations),
    ContainerLatency: ofLatencies(latency),
  }
  const common = { namespace: NAMESPACE, dimensions, at, resolutionSeconds: 60 } as const
  return Object.entries(figures).flatMap(([metricName, one]) =>
    one ? [{ ...common, metricName, ...unitOf(metricName), ...one }] : [],
  )
}

/** A variant without requests says so: what scales it in goes by this. */
export function zeroSamples(variant: MeteredVariant, at: Date): readonly MetricSample[] {
  const none = { sampleCount: 1, sum: 0, minimum: 0, maximum: 0 }
  const metric = { namespace: NAMESPACE, metricName: 'InvocationsPerInstance', at }
  return eachSet(variant, { ...metric, ...none })
}

/** @param mean requests under way per replica, held ones among them, on average over the time before `at` */
export function concurrencySamples(
  variant: MeteredVariant,
  { mean, at }: { readonly mean: number; readonly at: Date },
): readonly MetricSample[] {
  const figures = { sampleCount: 1, sum: mean, minimum: mean, maximum: mean }
  const metric = { namespace: NAMESPACE, metricName: 'ConcurrentRequestsPerModel', at }
  return eachSet(variant, { ...metric, ...figures, resolutionSeconds: 1 })
}

/**
 * @param utilization requests under way ÷ environments that are always kept, at most 1
 * @source AWS's guide, "Serverless endpoint monitoring"
 */
export function provisionedSamples(
  variant: MeteredVariant,
  { utilization, at }: { readonly utilization: number; readonly at: Date },
): readonly MetricSample[] {
  const metricName = 'ServerlessProvisionedConcurrencyUtilization'
  const figures = { sampleCount: 1, sum: utilization, minimum: utilization, maximum: utilization }
  return eachSet(variant, { namespace: NAMESPACE, metricName, at, ...figures })
}

function eachSet(
  { endpointName, variantName, endpointConfigName }: MeteredVariant,
  sample: Omit<MetricSample, 'dimensions' | 'resolutionSeconds'> &
    Partial<Pick<MetricSample, 'resolutionSeconds'>>,
): readonly MetricSample[] {
  const dimensions = { EndpointName: endpointName, VariantName: variantName }
  return [dimensions, { ...dimensions, EndpointConfigName: endpointConfigName }].map((set) => ({
    resolutionSeconds: 60,
    ...sample,
    dimensions: set,
  }))
}

/** Of `count` requests `sum` said 1, the others 0. */
function ofOnes(sum: number, count: number): Figures {
  return { sampleCount: count, sum, minimum: sum === count ? 1 : 0, maximum: sum > 0 ? 1 : 0 }
}

function ofDropped(count: number): Figures | undefined {
  return count > 0 ? ofOnes(count, count) : undefined
}

function ofLatencies(latencies: LatencySummary | undefined): Figures | undefined {
  if (!latencies) return undefined
  const { count, sum, minimum, maximum, values, counts } = latencies
  return { sampleCount: count, sum, minimum, maximum, distribution: { values, counts } }
}

function unitOf(metricName: string): { unit: string } {
  return { unit: /Latency$|Time$/.test(metricName) ? 'Microseconds' : 'None' }
}
