import { percentile, type ValueDistribution } from '../../statistics/value-distribution.ts'

/** What is known of all values of one metric in one period. */
export interface PeriodFigures {
  readonly sampleCount: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /** Absent when it is not known. */
  readonly distribution: ValueDistribution | undefined
}

/** One of CloudWatch's statistics, read from its name. */
export interface Statistic {
  /** Whether it needs the distribution. */
  readonly isExtended: boolean
  /** @returns undefined where a period's figures do not tell */
  readonly of: (figures: PeriodFigures) => number | undefined
}

const PLAIN: Readonly<Record<string, (figures: PeriodFigures) => number>> = {
  SampleCount: ({ sampleCount }) => sampleCount,
  Sum: ({ sum }) => sum,
  Average: ({ sum, sampleCount }) => sum / sampleCount,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
}

/** @returns undefined for what is no statistic */
export function readStatistic(name: string): Statistic | undefined {
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined
  if (plain) return { isExtended: false, of: plain }
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/i.exec(name)?.[1]
  if (percent === undefined || Number(percent) > 100) return undefined
  return {
    isExtended: true,
    of: ({ distribution }) => distribution && percentile(distribution, Number(percent)),
  }
}
