import { MathFault } from './math-fault.ts'
import type { MathRange, MathSeries, MathValue } from './math-series.ts'

/** What a function may know beside its parameters. */
export interface MathCall {
  /** The function's own name, for messages. */
  readonly name: string
  readonly range: MathRange
  /** Of series that are made from nothing. @throws MathFault when nothing says it */
  readonly periodSeconds: () => number
}

/** A function of metric maths. */
export interface MathFunction {
  /** How many parameters there are, at least and at most. */
  readonly parameters: readonly [min: number, max: number]
  /** @throws MathFault for parameters of the wrong kind */
  readonly call: (parameters: readonly MathValue[], call: MathCall) => MathValue
}

/** An array of series; a single one is an array of one. @throws MathFault */
export function seriesList(value: MathValue | undefined, name: string): readonly MathSeries[] {
  if (value?.kind === 'Array') return value.list
  if (value?.kind === 'Series') return [value.series]
  throw new MathFault(`${name} takes an array of series`)
}

/** @throws MathFault */
export function numberOf(value: MathValue | undefined, name: string): number {
  if (value?.kind === 'Scalar') return value.value
  throw new MathFault(`${name} takes a number here`)
}

/** @throws MathFault */
export function wordOf(
  value: MathValue | undefined,
  { name, words }: { name: string; words: readonly string[] },
): string {
  if (value?.kind === 'Word' && words.includes(value.word)) return value.word
  throw new MathFault(`${name} takes one of ${words.join(', ')} here`)
}

/** A function of one series, of each series where it is given an array. */
export function ofEach(replace: (series: MathSeries, call: MathCall) => MathSeries): MathFunction {
  return {
    parameters: [1, 1],
    call: ([operand], call) => {
      switch (operand?.kind) {
        case 'Series':
          return { kind: 'Series', series: replace(operand.series, call) }
        case 'Array':
          return { kind: 'Array', list: operand.list.map((one) => replace(one, call)) }
        default:
          throw new MathFault(`${call.name} takes a series or an array of them`)
      }
    },
  }
}
