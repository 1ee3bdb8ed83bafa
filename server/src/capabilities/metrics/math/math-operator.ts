import type { MathOperator } from './math-expression.ts'
import { MathFault } from './math-fault.ts'
import {
  keepFinite,
  type MathSeries,
  type MathValue,
  manySeries,
  mapSeries,
  oneSeries,
  scalar,
  sideBySide,
} from './math-series.ts'

type Compute = (left: number, right: number) => number

const COMPUTE: Readonly<Record<MathOperator, Compute>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
}

/**
 * Applies an operator. At an instant at which only one of two series has a value, the other's counts as 0; what
 * comes to no finite number, as by a division by 0, is left out.
 *
 * @throws MathFault for what is neither number nor series, and arrays of different lengths
 */
export function operate(operator: MathOperator, left: MathValue, right: MathValue): MathValue {
  const compute = COMPUTE[operator]
  if (left.kind === 'Scalar' && right.kind === 'Scalar') {
    return scalar(compute(left.value, right.value))
  }
  if (left.kind === 'Array' || right.kind === 'Array') {
    const lists = pairs(operator, left, right)
    return manySeries(lists.map(([one, other]) => asSeries(operate(operator, one, other))))
  }
  if (left.kind === 'Series' && right.kind === 'Series') {
    return oneSeries(combine(left.series, right.series, compute))
  }
  if (left.kind === 'Series' && right.kind === 'Scalar') {
    return oneSeries(mapSeries(left.series, (value) => compute(value, right.value)))
  }
  if (left.kind === 'Scalar' && right.kind === 'Series') {
    return oneSeries(mapSeries(right.series, (value) => compute(left.value, value)))
  }
  throw new MathFault(
    `${operator} stands between ${left.kind} and ${right.kind}: it takes numbers and series`,
  )
}

/** @throws MathFault for what is neither number nor series */
export function negate(operand: MathValue): MathValue {
  switch (operand.kind) {
    case 'Scalar':
      return scalar(-operand.value)
    case 'Series':
      return oneSeries(mapSeries(operand.series, (value) => -value))
    case 'Array':
      return manySeries(operand.list.map((one) => mapSeries(one, (value) => -value)))
    default:
      throw new MathFault(`a minus sign stands before ${operand.kind}: it takes numbers and series`)
  }
}

function combine(left: MathSeries, right: MathSeries, compute: Compute): MathSeries {
  const { seconds, rows, periodSeconds } = sideBySide([left, right])
  const values = rows.map(([one = 0, other = 0]) => compute(one, other))
  return keepFinite({ ...left, periodSeconds }, seconds, values)
}

/** Arrays go element by element; a series or a number goes with each element. */
function pairs(
  operator: MathOperator,
  left: MathValue,
  right: MathValue,
): readonly (readonly [MathValue, MathValue])[] {
  if (left.kind === 'Array' && right.kind === 'Array') {
    if (left.list.length !== right.list.length) {
      throw new MathFault(
        `${operator} stands between arrays of ${left.list.length} and ${right.list.length} series: ` +
          'both must have the same number',
      )
    }
    return left.list.map((one, index) => [oneSeries(one), oneSeries(right.list[index] ?? one)])
  }
  if (left.kind === 'Array') return left.list.map((one) => [oneSeries(one), right])
  if (right.kind === 'Array') return right.list.map((one) => [left, oneSeries(one)])
  return []
}

function asSeries(value: MathValue): MathSeries {
  if (value.kind === 'Series') return value.series
  throw new MathFault(`a series was expected, not ${value.kind}`)
}
