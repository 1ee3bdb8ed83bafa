import { AGGREGATES } from './math-aggregate.ts'
import { MathFault } from './math-fault.ts'
import { type MathFunction, numberOf, seriesList, wordOf } from './math-function.ts'
import { type MathSeries, manySeries, oneSeries } from './math-series.ts'

/** Functions that pick from arrays of series or order them. */
export const arrayFunctions: Readonly<Record<string, MathFunction>> = {
  FIRST: picking((list) => list[0]),
  LAST: picking((list) => list.at(-1)),
  REMOVE_EMPTY: {
    parameters: [1, 1],
    call: ([operand], { name }) =>
      manySeries(seriesList(operand, name).filter(({ values }) => values.length > 0)),
  },
  SLICE: {
    parameters: [2, 3],
    call: ([operand, from, to], { name }) => {
      const list = seriesList(operand, name)
      const end = to === undefined ? list.length : numberOf(to, name)
      return manySeries(list.slice(numberOf(from, name), end))
    },
  },
  SORT: {
    parameters: [3, 4],
    call: ([operand, by, order, limit], { name }) => {
      const list = seriesList(operand, name)
      const verb = wordOf(by, { name, words: ['AVG', 'MIN', 'MAX', 'SUM', 'STDDEV'] })
      const isAscending = wordOf(order, { name, words: ['ASC', 'DESC'] }) === 'ASC'
      const sorted = sortedBy(list, { verb, isAscending })
      return manySeries(limit === undefined ? sorted : sorted.slice(0, numberOf(limit, name)))
    },
  },
}

function picking(pick: (list: readonly MathSeries[]) => MathSeries | undefined): MathFunction {
  return {
    parameters: [1, 1],
    call: ([operand], { name }) => {
      const picked = pick(seriesList(operand, name))
      if (!picked) throw new MathFault(`${name} takes an array of at least one series`)
      return oneSeries(picked)
    },
  }
}

/** Series without a value come last. */
function sortedBy(
  list: readonly MathSeries[],
  { verb, isAscending }: { verb: string; isAscending: boolean },
): readonly MathSeries[] {
  const aggregate = AGGREGATES[verb]
  const ranked = list.map((series) => ({
    series,
    rank: aggregate && series.values.length > 0 ? aggregate(series.values) : undefined,
  }))
  return ranked
    .toSorted(({ rank: one }, { rank: other }) => {
      if (one === undefined || other === undefined) {
        return Number(one === undefined) - Number(other === undefined)
      }
      return isAscending ? one - other : other - one
    })
    .map(({ series }) => series)
}
