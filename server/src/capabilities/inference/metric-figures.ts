import type { MetricSample } from '../metrics/index.ts'
import type { MeteredVariant } from './invocation-meters.ts'
import type { LatencySummary } from './latency-histogram.ts'

/** AWS's. */
export const NAMESPACE = 'AWS/SageMaker'
export type Figures = Pick<
  MetricSample,
  'sampleCount' | 'sum' | 'minimum' | 'maximum' | 'distribution'
>

export type NamedFigures = Readonly<Record<string, Figures | undefined>>

/** Those of the figures that there are, each with its unit, as samples. */
export function told(
  figures: NamedFigures,
  as: (metric: Pick<MetricSample, 'metricName' | 'unit'> & Figures) => readonly MetricSample[],
): readonly MetricSample[] {
  return Object.entries(figures).flatMap(([metricName, one]) =>
    one ? as({ metricName, ...unitOf(metricName), ...one }) : [],
  )
}

export type Sample = Omit<MetricSample, 'dimensions' | 'resolutionSeconds'> &
  Partial<Pick<MetricSample, 'resolutionSeconds'>>

/** Of what has replicas: the variant, or the component. */
export function ofReplicas(variant: MeteredVariant, sample: Sample): readonly MetricSample[] {
  const isComponent = variant.inferenceComponentName !== undefined
  return isComponent ? ofComponent(variant, sample) : eachSet(variant, sample)
}

/** Of a component alone; nothing of anything else. */
export function ofComponent(
  { inferenceComponentName }: MeteredVariant,
  sample: Sample,
): readonly MetricSample[] {
  if (inferenceComponentName === undefined) return []
  const dimensions = { InferenceComponentName: inferenceComponentName }
  return [{ resolutionSeconds: 60, ...sample, dimensions }]
}

/** Of a variant by each set of dimensions that AWS has. */
export function eachSet(
  { endpointName, variantName, endpointConfigName }: MeteredVariant,
  sample: Sample,
): readonly MetricSample[] {
  const dimensions = { EndpointName: endpointName, VariantName: variantName }
  return [dimensions, { ...dimensions, EndpointConfigName: endpointConfigName }].map((set) => ({
    resolutionSeconds: 60,
    ...sample,
    dimensions: set,
  }))
}

/** Of `count` requests `sum` said 1, the others 0. */
export function ofOnes(sum: number, count: number): Figures {
  return { sampleCount: count, sum, minimum: sum === count ? 1 : 0, maximum: sum > 0 ? 1 : 0 }
}

/** Something that happened so often; undefined when it did not. */
export function ofCount(count: number): Figures | undefined {
  return count > 0 ? ofOnes(count, count) : undefined
}

/** One observation. */
export function ofValue(value: number): Figures {
  return { sampleCount: 1, sum: value, minimum: value, maximum: value }
}

export function ofLatencies(latencies: LatencySummary | undefined): Figures | undefined {
  if (!latencies) return undefined
  const { count, sum, minimum, maximum, values, counts } = latencies
  return { sampleCount: count, sum, minimum, maximum, distribution: { values, counts } }
}

function unitOf(metricName: string): { unit: string } {
  if (/Latency$|Time$/.test(metricName)) return { unit: 'Microseconds' }
  return {
    unit: /Concurrency(Spillover)?(Invocations|Executions)$/.test(metricName) ? 'Count' : 'None',
  }
}
