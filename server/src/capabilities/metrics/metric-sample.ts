import { mergeDistributions, type ValueDistribution } from '../../statistics/value-distribution.ts'
import { type MetricIdentity, metricId } from './metric.ts'

/** What was measured of one metric within one second or minute, by whoever measures. */
export interface MetricSample extends MetricIdentity {
  /** One of CloudWatch's units; `None` when absent. */
  readonly unit?: string | undefined
  /** Belongs to the second or minute that it falls into. */
  readonly at: Date
  /** How finely it is kept at first: by the second for three hours, or by the minute for 15 days. */
  readonly resolutionSeconds: 1 | 60
  /** How many values there were. A sample of none says nothing and is passed over. */
  readonly sampleCount: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /**
   * The values, for percentiles. Not needed when all are the same; when they differ and this is absent, their
   * second or minute has no percentiles.
   */
  readonly distribution?: ValueDistribution | undefined
}

/** A row of `metric_point` on its way in. */
export interface MetricPoint {
  readonly metricId: string
  readonly width: number
  readonly atSeconds: number
  readonly unit: string
  readonly sampleCount: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /** Absent where all values are the same, and where it is not known. */
  readonly distribution: ValueDistribution | undefined
}

/** The points that samples add up to, one for each metric, span and unit, in the order of their keys. */
export function pointsOf(
  place: { readonly region: string },
  samples: readonly MetricSample[],
): readonly MetricPoint[] {
  const groups = new Map<string, MetricPoint[]>()
  for (const sample of samples) {
    if (!(sample.sampleCount > 0)) continue
    const point = pointOf(place, sample)
    const key = `${point.metricId}/${point.width}/${point.atSeconds}/${point.unit}`
    const group = groups.get(key)
    if (group) group.push(point)
    else groups.set(key, [point])
  }
  return [...groups.keys()].sort().map((key) => mergePoints(groups.get(key) ?? []))
}

function pointOf(place: { readonly region: string }, sample: MetricSample): MetricPoint {
  const { resolutionSeconds: width, minimum, maximum } = sample
  const seconds = Math.floor(sample.at.getTime() / 1_000)
  return {
    metricId: metricId(place, sample),
    width,
    atSeconds: seconds - (((seconds % width) + width) % width),
    unit: sample.unit ?? 'None',
    sampleCount: sample.sampleCount,
    sum: sample.sum,
    minimum,
    maximum,
    distribution:
      minimum < maximum && sample.distribution
        ? mergeDistributions([sample.distribution])
        : undefined,
  }
}

function mergePoints(points: readonly MetricPoint[]): MetricPoint {
  const [first, ...others] = points
  if (!first) throw new RangeError('no point to merge')
  if (others.length === 0) return first
  const minimum = Math.min(...points.map((point) => point.minimum))
  const maximum = Math.max(...points.map((point) => point.maximum))
  const parts = points.map(distributionOf)
  const isKnown = parts.every((part) => part !== undefined)
  return {
    ...first,
    sampleCount: points.reduce((sum, point) => sum + point.sampleCount, 0),
    sum: points.reduce((sum, point) => sum + point.sum, 0),
    minimum,
    maximum,
    distribution: isKnown && minimum < maximum ? mergeDistributions(parts) : undefined,
  }
}

/** Values that are all the same are known without being listed. */
function distributionOf(point: MetricPoint): ValueDistribution | undefined {
  if (point.distribution || point.minimum < point.maximum) return point.distribution
  return { values: [point.minimum], counts: [point.sampleCount] }
}
