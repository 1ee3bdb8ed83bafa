import { MathFault } from './math-fault.ts'

/** A time series: values at instants, ascending, where there are any. */
export interface MathSeries {
  readonly label: string
  readonly periodSeconds: number
  /** Seconds of the epoch at which the periods with a value begin, ascending. */
  readonly seconds: readonly number[]
  readonly values: readonly number[]
}

/** What an expression, or a part of one, comes to. */
export type MathValue =
  | { readonly kind: 'Scalar'; readonly value: number }
  | { readonly kind: 'Series'; readonly series: MathSeries }
  | { readonly kind: 'Array'; readonly list: readonly MathSeries[] }
  | { readonly kind: 'Text'; readonly text: string }
  /** A word that only functions know. */
  | { readonly kind: 'Word'; readonly word: string }

/** The time that is looked at: what non-sparse series have values for. */
export interface MathRange {
  readonly startSeconds: number
  /** Exclusive. */
  readonly endSeconds: number
}

/** Longest non-sparse series: as many points as a whole answer of GetMetricData may have. */
export const DENSE_POINTS_MAX = 100_800

export const scalar = (value: number): MathValue => ({ kind: 'Scalar', value })
export const oneSeries = (series: MathSeries): MathValue => ({ kind: 'Series', series })
export const manySeries = (list: readonly MathSeries[]): MathValue => ({ kind: 'Array', list })

/** The series with each value replaced; what becomes no finite number is left out. */
export function mapSeries(
  series: MathSeries,
  replace: (value: number, seconds: number) => number,
): MathSeries {
  return keepFinite(
    series,
    series.seconds,
    series.values.map((value, index) => replace(value, series.seconds[index] ?? 0)),
  )
}

/** A series like another at some instants; values that are no finite number are left out. */
export function keepFinite(
  like: MathSeries,
  seconds: readonly number[],
  values: readonly number[],
): MathSeries {
  if (values.every(Number.isFinite)) return { ...like, seconds, values }
  const kept = seconds.map((_, index) => index).filter((index) => Number.isFinite(values[index]))
  return {
    ...like,
    seconds: kept.map((index) => seconds[index] ?? 0),
    values: kept.map((index) => values[index] ?? 0),
  }
}

/** Several series side by side. */
export interface SideBySide {
  readonly periodSeconds: number
  readonly seconds: readonly number[]
  /** One row per instant; undefined where that series has no value. */
  readonly rows: readonly (readonly (number | undefined)[])[]
}

/**
 * Puts series side by side at each instant at which one of them has a value. Where periods differ, the instants
 * are those of the longest one.
 */
export function sideBySide(list: readonly MathSeries[]): SideBySide {
  const periodSeconds = Math.max(1, ...list.map((series) => series.periodSeconds))
  const coarsest = list.filter((series) => series.periodSeconds === periodSeconds)
  const isMixed = coarsest.length < list.length
  const origin = coarsest.find(({ seconds }) => seconds.length > 0)?.seconds[0]
  const isOnGrid = (at: number): boolean =>
    !isMixed || origin === undefined || (at - origin) % periodSeconds === 0
  const seconds = [...new Set(list.flatMap((series) => series.seconds.filter(isOnGrid)))]
  if (list.length > 1) seconds.sort((one, other) => one - other)
  const cursors = list.map(() => 0)
  const rows = seconds.map((at) =>
    list.map((series, column) => {
      let cursor = cursors[column] ?? 0
      while ((series.seconds[cursor] ?? Infinity) < at) cursor += 1
      cursors[column] = cursor
      return series.seconds[cursor] === at ? series.values[cursor] : undefined
    }),
  )
  return { periodSeconds, seconds, rows }
}

/** The instants of a non-sparse series. @throws MathFault when there are too many */
export function everyPeriod(range: MathRange, periodSeconds: number): readonly number[] {
  const count = Math.max(0, Math.ceil((range.endSeconds - range.startSeconds) / periodSeconds))
  if (count > DENSE_POINTS_MAX) {
    throw new MathFault(
      `a series with a value for each of ${count} periods is too long: ` +
        `at most ${DENSE_POINTS_MAX} are allowed; take a longer period or less time`,
    )
  }
  return Array.from({ length: count }, (_, index) => range.startSeconds + index * periodSeconds)
}
