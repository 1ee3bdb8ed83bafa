import { MathFault } from './math-fault.ts'
import { type MathFunction, numberOf, ofEach, seriesList } from './math-function.ts'
import { everyPeriod, type MathSeries, mapSeries, oneSeries, scalar } from './math-series.ts'

/** Functions of each value, or of each instant. What has no value, as the logarithm of 0, is left out. */
export const pointwiseFunctions: Readonly<Record<string, MathFunction>> = {
  ABS: ofValues(Math.abs),
  CEIL: ofValues(Math.ceil),
  FLOOR: ofValues(Math.floor),
  LOG: ofValues(Math.log),
  LOG10: ofValues(Math.log10),
  MINUTE: ofInstants((at) => at.getUTCMinutes()),
  HOUR: ofInstants((at) => at.getUTCHours()),
  // Monday is 1, Sunday 7
  DAY: ofInstants((at) => ((at.getUTCDay() + 6) % 7) + 1),
  DATE: ofInstants((at) => at.getUTCDate()),
  MONTH: ofInstants((at) => at.getUTCMonth() + 1),
  YEAR: ofInstants((at) => at.getUTCFullYear()),
  EPOCH: ofInstants((at) => at.getTime() / 1_000),
  PERIOD: {
    parameters: [1, 1],
    call: ([operand], { name }) => {
      const [series, ...others] = seriesList(operand, name)
      if (!series || others.length > 0) throw new MathFault('PERIOD takes one metric')
      return scalar(series.periodSeconds)
    },
  },
  TIME_SERIES: {
    parameters: [1, 1],
    call: ([operand], { name, range, periodSeconds }) => {
      const value = numberOf(operand, name)
      return oneSeries(
        constantSeries(value, { label: name, range, periodSeconds: periodSeconds() }),
      )
    },
  },
}

/** A series with the same value in every period. */
export function constantSeries(
  value: number,
  {
    label,
    range,
    periodSeconds,
  }: { label: string; range: Parameters<typeof everyPeriod>[0]; periodSeconds: number },
): MathSeries {
  const seconds = Number.isFinite(value) ? everyPeriod(range, periodSeconds) : []
  return { label, periodSeconds, seconds, values: seconds.map(() => value) }
}

function ofValues(replace: (value: number) => number): MathFunction {
  return ofEach((series) => mapSeries(series, replace))
}

/** Of the beginning of each period, in UTC, whether the series has a value there or not. */
function ofInstants(read: (at: Date) => number): MathFunction {
  return ofEach((series, { range }) => {
    const seconds = everyPeriod(range, series.periodSeconds)
    return { ...series, seconds, values: seconds.map((at) => read(new Date(at * 1_000))) }
  })
}
