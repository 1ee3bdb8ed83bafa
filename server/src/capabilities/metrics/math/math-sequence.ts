import { MathFault } from './math-fault.ts'
import { type MathFunction, ofEach } from './math-function.ts'
import {
  everyPeriod,
  keepFinite,
  type MathRange,
  type MathSeries,
  type MathValue,
  manySeries,
  oneSeries,
} from './math-series.ts'

/** Functions of a value and those before or behind it in its series. */
export const sequenceFunctions: Readonly<Record<string, MathFunction>> = {
  DIFF: ofSteps((change) => change),
  DIFF_TIME: ofSteps((_change, elapsedSeconds) => elapsedSeconds),
  RATE: ofSteps((change, elapsedSeconds) => change / elapsedSeconds),
  RUNNING_SUM: ofEach((series) => {
    let sum = 0
    const values = series.values.map((value) => {
      sum += value
      return sum
    })
    return keepFinite(series, series.seconds, values)
  }),
  FILL: {
    parameters: [2, 2],
    call: ([operand, filler], { name, range }) => {
      const fill = fillerOf(filler)
      if (operand?.kind === 'Series') return oneSeries(filled(operand.series, { range, fill }))
      if (operand?.kind === 'Array') {
        return manySeries(operand.list.map((one) => filled(one, { range, fill })))
      }
      throw new MathFault(`${name} takes a series or an array of them`)
    },
  },
}

/** From each value to the one before it; the first has none and is left out. */
function ofSteps(compute: (change: number, elapsedSeconds: number) => number): MathFunction {
  return ofEach((series) => {
    const seconds = series.seconds.slice(1)
    const values = seconds.map((at, index) => {
      const change = (series.values[index + 1] ?? 0) - (series.values[index] ?? 0)
      return compute(change, at - (series.seconds[index] ?? 0))
    })
    return keepFinite(series, seconds, values)
  })
}

/** What stands next to a gap. */
interface Gap {
  readonly at: number
  readonly before: { readonly at: number; readonly value: number } | undefined
  readonly behind: { readonly at: number; readonly value: number } | undefined
}

/** @returns undefined where the gap stays */
type Fill = (gap: Gap) => number | undefined

function fillerOf(filler: MathValue | undefined): Fill {
  if (filler?.kind === 'Scalar') return () => filler.value
  if (filler?.kind === 'Series') {
    const { seconds, values } = filler.series
    const known = new Map(seconds.map((at, index) => [at, values[index]]))
    return ({ at }) => known.get(at)
  }
  if (filler?.kind === 'Word' && filler.word === 'REPEAT') return ({ before }) => before?.value
  if (filler?.kind === 'Word' && filler.word === 'LINEAR') return interpolated
  throw new MathFault('FILL takes a number, a series, REPEAT or LINEAR as its second parameter')
}

/** On the line between the neighbours; a gap at either end stays. */
function interpolated({ at, before, behind }: Gap): number | undefined {
  if (!before || !behind) return undefined
  const share = (at - before.at) / (behind.at - before.at)
  return before.value + share * (behind.value - before.value)
}

function filled(series: MathSeries, { range, fill }: { range: MathRange; fill: Fill }): MathSeries {
  const points = series.seconds.map((at, index) => ({ at, value: series.values[index] ?? 0 }))
  const seconds = everyPeriod(range, series.periodSeconds)
  let next = 0
  const values = seconds.map((at) => {
    while ((points[next]?.at ?? Infinity) < at) next += 1
    const behind = points[next]
    if (behind?.at === at) return behind.value
    return fill({ at, before: points[next - 1], behind }) ?? Number.NaN
  })
  return keepFinite(series, seconds, values)
}
