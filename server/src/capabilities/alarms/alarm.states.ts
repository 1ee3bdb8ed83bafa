export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

export type Comparison =
  | 'GreaterThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold'

export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching'

/** What a metric alarm compares with what, and how often that must hold. */
export interface AlarmTerms {
  readonly threshold: number
  readonly comparison: Comparison
  /** N of "M out of N". */
  readonly evaluationPeriods: number
  /** M, where the alarm says one; otherwise M is N. */
  readonly datapointsToAlarm: number | undefined
  readonly missingData: MissingData
  /** A percentile of fewer samples than this keeps the state; undefined for all that are evaluated anyway. */
  readonly samplesMin: number | undefined
}

/** One period of the metric. */
export interface AlarmPoint {
  /** When the period begins. */
  readonly at: Date
  /** Undefined where nothing was reported. */
  readonly value: number | undefined
  readonly sampleCount: number | undefined
}

/** What one evaluation found. */
export interface AlarmVerdict {
  /** Undefined: the alarm keeps the state that it has. */
  readonly stateValue: AlarmState | undefined
  /** The N points that were looked at, the newest first; those without a value were filled in. */
  readonly evaluated: readonly AlarmPoint[]
}

/** An alarm looks at this many periods beyond its own, in case some of them have no data. */
export const SPARE_PERIODS = 2

/**
 * The state that data points put an alarm in.
 *
 * Real points come first: when the range has N of them, the N newest decide and missing ones are not
 * looked at. Otherwise all real ones count and the rest is filled in as the alarm says.
 *
 * @param points the evaluation range, the newest first; N + `SPARE_PERIODS` of them
 * @source Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"
 */
export function decideAlarmState(terms: AlarmTerms, points: readonly AlarmPoint[]): AlarmVerdict {
  const { evaluationPeriods: wanted, datapointsToAlarm: required = wanted } = terms
  const real = points.filter(({ value }) => value !== undefined).slice(0, wanted)
  const evaluated = fillIn(points, real, wanted)
  if (isLowInSamples(terms, real)) return { stateValue: undefined, evaluated }
  const breaching = real.filter((point) => isBreaching(terms, point)).length
  const filled = wanted - real.length
  const byCount = (count: number): AlarmState => (count >= required ? 'ALARM' : 'OK')

  if (filled === 0) return { stateValue: byCount(breaching), evaluated }
  switch (terms.missingData) {
    case 'breaching':
      return { stateValue: byCount(breaching + filled), evaluated }
    case 'notBreaching':
      return { stateValue: byCount(breaching), evaluated }
    case 'missing':
    case 'ignore':
      if (breaching >= required || breaching < real.length) {
        return { stateValue: byCount(breaching), evaluated }
      }
      if (terms.missingData === 'ignore') return { stateValue: undefined, evaluated }
      return {
        stateValue: isOldEnough(points, required) ? 'ALARM' : 'INSUFFICIENT_DATA',
        evaluated,
      }
  }
}

export function isBreaching(terms: AlarmTerms, { value }: AlarmPoint): boolean {
  if (value === undefined) return false
  switch (terms.comparison) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= terms.threshold
    case 'GreaterThanThreshold':
      return value > terms.threshold
    case 'LessThanThreshold':
      return value < terms.threshold
    case 'LessThanOrEqualToThreshold':
      return value <= terms.threshold
  }
}

/**
 * How few samples are too few to judge a percentile by.
 * @param percentile in (0, 100)
 * @source Amazon CloudWatch User Guide, "Percentile-based CloudWatch alarms and low data samples"
 */
export function samplesMinOf(percentile: number): number {
  const share = percentile / 100
  // 10 / (1 - 0.99) is 999.9999999999991 in floating point
  return Math.round((share >= 0.5 ? 10 / (1 - share) : 10 / share) * 1e6) / 1e6
}

/** All real points, and of the missing ones the newest, up to `wanted` in all. */
function fillIn(
  points: readonly AlarmPoint[],
  real: readonly AlarmPoint[],
  wanted: number,
): readonly AlarmPoint[] {
  const missing = points.filter(({ value }) => value === undefined)
  return [...real, ...missing.slice(0, wanted - real.length)].toSorted(
    (one, other) => other.at.getTime() - one.at.getTime(),
  )
}

function isLowInSamples({ samplesMin }: AlarmTerms, real: readonly AlarmPoint[]): boolean {
  if (samplesMin === undefined || real.length === 0) return false
  const samples = real.reduce((sum, { sampleCount = 0 }) => sum + sampleCount, 0)
  return samples < samplesMin
}

/**
 * With nothing but breaching and missing points, the alarm waits for as many periods as it wants breaching
 * ones: the next point may be a good one.
 */
function isOldEnough(points: readonly AlarmPoint[], required: number): boolean {
  const oldest = points.findLastIndex(({ value }) => value !== undefined)
  return oldest >= 0 && oldest + 1 >= required
}
