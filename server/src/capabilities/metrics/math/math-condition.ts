import { MathFault } from './math-fault.ts'
import type { MathFunction } from './math-function.ts'
import {
  keepFinite,
  type MathSeries,
  type MathValue,
  oneSeries,
  scalar,
  sideBySide,
} from './math-series.ts'

/**
 * IF(condition, valueIfTrue, valueIfFalse): a condition is false where it is 0 and true where it is another number. A
 * missing value counts as 0 where the condition is true, and is left out where it is false.
 */
export const conditionFunctions: Readonly<Record<string, MathFunction>> = {
  IF: {
    parameters: [2, 3],
    call: ([condition, whenTrue, whenFalse]) => {
      for (const one of [condition, whenTrue, whenFalse]) {
        if (one && one.kind !== 'Scalar' && one.kind !== 'Series') {
          throw new MathFault('IF takes numbers and single series, not arrays')
        }
      }
      if (condition?.kind === 'Series') {
        return oneSeries(chosen(condition.series, { whenTrue, whenFalse }))
      }
      return byNumber(condition, { whenTrue, whenFalse })
    },
  },
}

interface Branches {
  readonly whenTrue: MathValue | undefined
  readonly whenFalse: MathValue | undefined
}

function byNumber(condition: MathValue | undefined, { whenTrue, whenFalse }: Branches): MathValue {
  const isTrue = condition?.kind === 'Scalar' && condition.value !== 0
  const taken = isTrue ? whenTrue : whenFalse
  if (taken) return taken
  if (whenTrue?.kind === 'Series') return oneSeries({ ...whenTrue.series, seconds: [], values: [] })
  return scalar(Number.NaN)
}

/** For each instant at which the condition has a value. */
function chosen(condition: MathSeries, { whenTrue, whenFalse }: Branches): MathSeries {
  const series = [whenTrue, whenFalse].flatMap((one) =>
    one?.kind === 'Series' ? [one.series] : [],
  )
  const { periodSeconds, seconds, rows } = sideBySide([condition, ...series])
  const valueIn = (row: readonly (number | undefined)[], branch: MathValue | undefined) => {
    if (branch?.kind === 'Scalar') return branch.value
    return branch?.kind === 'Series' ? row[1 + series.indexOf(branch.series)] : undefined
  }
  const values = rows.map((row) => {
    const [test] = row
    if (test === undefined) return Number.NaN
    return test === 0 ? (valueIn(row, whenFalse) ?? Number.NaN) : (valueIn(row, whenTrue) ?? 0)
  })
  return keepFinite(
    { ...condition, label: series[0]?.label ?? condition.label, periodSeconds },
    seconds,
    values,
  )
}
