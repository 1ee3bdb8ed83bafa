import { evaluateMath, type MathScope } from './math-evaluation.ts'
import { parseMath } from './math-expression.ts'
import { MathFault } from './math-fault.ts'
import { type MathSeries, oneSeries } from './math-series.ts'

/** For tests of metric maths: series of one-minute periods from Sunday 2026-03-01T12:00:00Z on. */
export const MATH_START_SECONDS = Date.UTC(2026, 2, 1, 12) / 1_000

/** A series of minutes, `-` where there is no value: `30 - 0`. */
export function seriesOf(text: string, periodSeconds = 60): MathSeries {
  const points = text
    .split(' ')
    .map((word, index) => ({ word, at: MATH_START_SECONDS + index * periodSeconds }))
    .filter(({ word }) => word !== '-')
  return {
    label: text,
    periodSeconds,
    seconds: points.map(({ at }) => at),
    values: points.map(({ word }) => Number(word)),
  }
}

/** Evaluates over five minutes. @param metrics texts as of `seriesOf`, by id */
export function mathScope(metrics: Readonly<Record<string, string | MathSeries>>): MathScope {
  const known = Object.entries(metrics).map(([id, one]) => ({
    id,
    series: typeof one === 'string' ? seriesOf(one) : one,
  }))
  return {
    range: { startSeconds: MATH_START_SECONDS, endSeconds: MATH_START_SECONDS + 300 },
    periodSeconds: 60,
    metrics: () => known,
    search: () => [],
    resultOf: (id) => {
      const found = known.find((one) => one.id === id)
      if (!found) throw new MathFault(`there is no query of the id ${id}`)
      return oneSeries(found.series)
    },
  }
}

/** The result as `seriesOf` is written, arrays with ` | ` between, numbers as they are. */
export function evaluated(expression: string, metrics: Parameters<typeof mathScope>[0]): string {
  const value = evaluateMath(parseMath(expression), mathScope(metrics))
  switch (value.kind) {
    case 'Scalar':
      return `= ${value.value}`
    case 'Series':
      return textOf(value.series)
    case 'Array':
      return value.list.map(textOf).join(' | ')
    default:
      return value.kind
  }
}

function textOf({ seconds, values, periodSeconds }: MathSeries): string {
  const last = seconds.at(-1)
  if (last === undefined) return ''
  const count = (last - MATH_START_SECONDS) / periodSeconds + 1
  return Array.from({ length: count }, (_, index) => {
    const at = seconds.indexOf(MATH_START_SECONDS + index * periodSeconds)
    return at < 0 ? '-' : String(Math.round((values[at] ?? 0) * 1e6) / 1e6)
  }).join(' ')
}
