import { MathFault } from './math-fault.ts'
import { type MathFunction, seriesList } from './math-function.ts'
import { keepFinite, type MathSeries, oneSeries, scalar, sideBySide } from './math-series.ts'

/** Makes one number of several; never of none. */
type Aggregate = (values: readonly number[]) => number

const sum: Aggregate = (values) => values.reduce((total, value) => total + value, 0)
const average: Aggregate = (values) => sum(values) / values.length
const least: Aggregate = (values) => values.reduce((one, other) => Math.min(one, other))
const greatest: Aggregate = (values) => values.reduce((one, other) => Math.max(one, other))

/** Of all values, not of a sample of them. */
function deviation(values: readonly number[]): number {
  const mean = average(values)
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)))
}

/** Of the values of one series: what `SORT` goes by, too. */
export const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  SUM: sum,
  AVG: average,
  MIN: least,
  MAX: greatest,
  STDDEV: deviation,
}

/** A series comes to a number, an array to a series. In the average of an array, a missing value counts as 0. */
export const aggregateFunctions: Readonly<Record<string, MathFunction>> = {
  SUM: aggregate(sum),
  AVG: aggregate(average, (values, count) => sum(values) / count),
  MIN: aggregate(least),
  MAX: aggregate(greatest),
  STDDEV: aggregate(deviation),
  DATAPOINT_COUNT: aggregate(
    (values) => values.length,
    (values) => values.length,
  ),
  METRIC_COUNT: {
    parameters: [1, 1],
    call: ([list]) => scalar(seriesList(list, 'METRIC_COUNT').length),
  },
}

function aggregate(
  along: Aggregate,
  across: (values: readonly number[], seriesCount: number) => number = along,
): MathFunction {
  return {
    parameters: [1, 1],
    call: ([operand], { name }) => {
      switch (operand?.kind) {
        case 'Scalar':
          return scalar(along([operand.value]))
        case 'Series': {
          const { values } = operand.series
          // a count of nothing is 0; there is no mean of nothing
          const none = name === 'DATAPOINT_COUNT' || name === 'SUM' ? 0 : Number.NaN
          return scalar(values.length > 0 ? along(values) : none)
        }
        case 'Array':
          return oneSeries(acrossSeries(operand.list, name, across))
        default:
          throw new MathFault(`${name} takes a series or an array of them`)
      }
    },
  }
}

function acrossSeries(
  list: readonly MathSeries[],
  name: string,
  across: (values: readonly number[], seriesCount: number) => number,
): MathSeries {
  const { periodSeconds, seconds, rows } = sideBySide(list)
  const values = rows.map((row) =>
    across(
      row.filter((value) => value !== undefined),
      list.length,
    ),
  )
  return keepFinite({ label: name, periodSeconds, seconds: [], values: [] }, seconds, values)
}
