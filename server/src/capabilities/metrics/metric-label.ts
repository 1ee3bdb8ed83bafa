import type { MetricIdentity } from './metric.ts'

/** What a label is about. */
export interface LabelSubject {
  /** What the label would be without one in the request. */
  readonly plain: string
  /** When the periods with a value begin, ascending, seconds of the epoch. */
  readonly seconds: readonly number[]
  readonly values: readonly number[]
  /** What `PROP('…')` reads, by its name; dimensions as `Dim.<name>`. */
  readonly properties: Readonly<Record<string, string>>
  /** How far the clock that instants are shown by is ahead of UTC. */
  readonly offsetSeconds: number
}

/** What names a query of one metric among others. */
export interface NamedStat {
  readonly metric: MetricIdentity
  readonly statName: string
  readonly periodSeconds: number
}

/**
 * The labels of queries that have none of their own: the metric's name, and of its dimensions, statistic and period
 * what is not the same for all.
 *
 * @source recorded from AWS for statistic and period: localstack/localstack, tests/aws/services/cloudwatch,
 *   test_label_generation; ours for dimensions
 */
export function plainLabels(stats: readonly NamedStat[]): readonly string[] {
  const varies = (read: (stat: NamedStat) => unknown): boolean => new Set(stats.map(read)).size > 1
  const isStatShown = varies(({ statName }) => statName)
  const isPeriodShown = varies(({ periodSeconds }) => periodSeconds)
  const dimensions = varyingDimensions(stats.map(({ metric }) => metric))
  return stats.map(({ metric, statName, periodSeconds }) =>
    [
      metric.metricName,
      ...dimensionsOf(metric, dimensions),
      ...(isStatShown ? [statName] : []),
      ...(isPeriodShown ? [String(periodSeconds)] : []),
    ].join(' '),
  )
}

/** The labels of what one search found: of dimensions and names what tells the metrics apart. */
export function searchLabels(metrics: readonly MetricIdentity[]): readonly string[] {
  const dimensions = varyingDimensions(metrics)
  const isNameShown = new Set(metrics.map(({ metricName }) => metricName)).size > 1
  return metrics.map((metric) => {
    const apart = dimensionsOf(metric, dimensions)
    const isNamed = isNameShown || apart.length === 0
    return [...apart, ...(isNamed ? [metric.metricName] : [])].join(' ')
  })
}

function varyingDimensions(metrics: readonly MetricIdentity[]): readonly string[] {
  const names = new Set(metrics.flatMap(({ dimensions }) => Object.keys(dimensions)))
  return [...names]
    .sort()
    .filter((name) => new Set(metrics.map(({ dimensions }) => dimensions[name])).size > 1)
}

function dimensionsOf({ dimensions }: MetricIdentity, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => dimensions[name] ?? [])
}

/**
 * A label with what stands in `${…}` worked out; what is not known stays as it is.
 *
 * @source Amazon CloudWatch User Guide, "Using dynamic labels"
 */
export function dynamicLabel(template: string, subject: LabelSubject): string {
  return template.replace(
    /\$\{\s*([A-Z_]+)(?:\(\s*['"]([^'"]*)['"]\s*\))?\s*\}/g,
    (whole, name, property) => {
      if (name === 'LABEL') return subject.plain
      if (name === 'PROP') return subject.properties[property ?? ''] ?? whole
      return statisticText(name, subject) ?? whole
    },
  )
}

function statisticText(
  name: string,
  { seconds, values, offsetSeconds }: LabelSubject,
): string | undefined {
  const texts = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined
  if (!texts) return undefined
  if (name !== 'DATAPOINT_COUNT' && values.length === 0) return '--'
  return texts(values.map((value, index) => ({ value, at: (seconds[index] ?? 0) + offsetSeconds })))
}

interface Point {
  readonly at: number
  readonly value: number
}

const least = (points: readonly Point[]): Point =>
  points.reduce((one, other) => (other.value < one.value ? other : one))
const greatest = (points: readonly Point[]): Point =>
  points.reduce((one, other) => (other.value > one.value ? other : one))
const first = (points: readonly Point[]): Point => points[0] ?? { at: 0, value: 0 }
const last = (points: readonly Point[]): Point => points.at(-1) ?? { at: 0, value: 0 }
const sum = (points: readonly Point[]): number =>
  points.reduce((total, { value }) => total + value, 0)

const TEXTS: Readonly<Record<string, (points: readonly Point[]) => string>> = {
  AVG: (points) => numberText(sum(points) / points.length),
  SUM: (points) => numberText(sum(points)),
  DATAPOINT_COUNT: (points) => String(points.length),
  MIN: (points) => numberText(least(points).value),
  MAX: (points) => numberText(greatest(points).value),
  FIRST: (points) => numberText(first(points).value),
  LAST: (points) => numberText(last(points).value),
  MIN_MAX_RANGE: (points) =>
    `${numberText(least(points).value)} - ${numberText(greatest(points).value)}`,
  FIRST_LAST_RANGE: (points) =>
    `${numberText(first(points).value)} - ${numberText(last(points).value)}`,
  MIN_TIME: (points) => timeText(least(points).at),
  MAX_TIME: (points) => timeText(greatest(points).at),
  FIRST_TIME: (points) => timeText(first(points).at),
  LAST_TIME: (points) => timeText(last(points).at),
}

/** At most three decimals, as AWS's consoles show. */
function numberText(value: number): string {
  return String(Math.round(value * 1_000) / 1_000)
}

function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')
}

/** `+0130` of a request's LabelOptions. @returns undefined for what is no offset */
export function readOffsetSeconds(text: string): number | undefined {
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d)([0-5]\d)$/.exec(text) ?? []
  if (sign === undefined || Number(hours) > 14) return undefined
  const seconds = Number(hours) * 3_600 + Number(minutes) * 60
  return sign === '-' ? -seconds : seconds
}
