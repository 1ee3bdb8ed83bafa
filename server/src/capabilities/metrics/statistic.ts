import {
  partBetweenPercents,
  partBetweenValues,
  percentile,
  totalCount,
  totalValue,
  type ValueDistribution,
} from '../../statistics/value-distribution.ts'

/** What is known of all values of one metric in one period. */
export interface PeriodFigures {
  readonly sampleCount: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /** Absent when it is not known. */
  readonly distribution: ValueDistribution | undefined
  /** Percentiles that are known without it, by their percents. */
  readonly percentiles?: ReadonlyMap<number, number>
}

/**
 * One of CloudWatch's statistics, read from its name.
 *
 * @source Amazon CloudWatch User Guide, "CloudWatch statistics definitions"
 */
export interface Statistic {
  readonly name: string
  /** Whether it needs the distribution: percentiles, trimmed means and their kind. */
  readonly isExtended: boolean
  /** What a percentile is asked of, 0 to 100; absent for every other statistic. */
  readonly percent: number | undefined
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

/** Which of the values a statistic is about: between two ranks or between two values. */
interface Part {
  readonly isPercent: boolean
  readonly lower: number
  readonly upper: number
}

type OfPart = (part: ValueDistribution, all: ValueDistribution) => number | undefined

const mean: OfPart = (part) =>
  part.values.length > 0 ? totalValue(part) / totalCount(part) : undefined

const OF_PARTS: Readonly<Record<string, OfPart>> = {
  TM: mean,
  TC: (part) => totalCount(part),
  TS: (part) => totalValue(part),
  PR: (part, all) => (100 * totalCount(part)) / totalCount(all),
}

/** @returns undefined for what is no statistic */
export function readStatistic(name: string): Statistic | undefined {
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined
  if (plain) return { name, isExtended: false, percent: undefined, of: plain }
  const extended = readExtended(name)
  if (!extended) return undefined
  const percent = /^p[\d.]+$/.test(name) ? Number(name.slice(1)) : undefined
  return {
    name,
    isExtended: true,
    percent,
    // as AWS: none of these where a value is negative
    of: ({ distribution, percentiles, minimum }) => {
      if (!(minimum >= 0)) return undefined
      const known = percent === undefined ? undefined : percentiles?.get(percent)
      return known ?? (distribution && extended(distribution))
    },
  }
}

/** What has to be read to compute these, beside plain figures. */
export function distributionNeeds(
  statistics: readonly Statistic[],
): 'distributions' | { readonly percents: readonly number[] } | undefined {
  const extended = statistics.filter(({ isExtended }) => isExtended)
  if (extended.length === 0) return undefined
  const percents = [...new Set(extended.map(({ percent }) => percent))]
  const known = percents.filter((percent) => percent !== undefined)
  return known.length < percents.length ? 'distributions' : { percents: known }
}

function readExtended(
  name: string,
): ((distribution: ValueDistribution) => number | undefined) | undefined {
  if (name === 'IQM') return ofPart('TM', { isPercent: true, lower: 25, upper: 75 })
  const [, verb = '', digits = ''] = /^(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)$/.exec(name) ?? []
  if (verb !== '') {
    const percent = Number(digits)
    if (percent > 100) return undefined
    if (verb === 'p') return (distribution) => percentile(distribution, percent)
    return ofPart(verb.toUpperCase(), { isPercent: true, lower: 0, upper: percent })
  }
  const [, ofRange = '', range = ''] = /^(TM|TC|TS|WM|PR)\(([^()]*)\)$/.exec(name) ?? []
  const part = ofRange === '' ? undefined : readPart(range)
  if (!part || (ofRange === 'PR' && part.isPercent)) return undefined
  return ofPart(ofRange, part)
}

/** `10%:90%`, `:95%`, `150:1000`, `80:`. @returns undefined for what is no range */
function readPart(text: string): Part | undefined {
  const number = '(-?\\d+(?:\\.\\d{1,10})?)'
  const percents = new RegExp(`^(?:${number}%)?:(?:${number}%)?$`).exec(text)
  const values = percents ? undefined : new RegExp(`^${number}?:${number}?$`).exec(text)
  const [, lowerText, upperText] = percents ?? values ?? []
  if (lowerText === undefined && upperText === undefined) return undefined
  const isPercent = percents !== null
  const lower = lowerText === undefined ? (isPercent ? 0 : -Infinity) : Number(lowerText)
  const upper = upperText === undefined ? (isPercent ? 100 : Infinity) : Number(upperText)
  if (!(lower < upper) || (isPercent && (lower < 0 || upper > 100))) return undefined
  return { isPercent, lower, upper }
}

function ofPart(verb: string, part: Part) {
  const compute = OF_PARTS[verb]
  const cut = part.isPercent ? partBetweenPercents : partBetweenValues
  return (all: ValueDistribution) =>
    verb === 'WM' ? winsorizedMean(all, part) : compute?.(cut(all, part), all)
}

/** The mean with what lies outside of the part taken for what is at its edge. */
function winsorizedMean(all: ValueDistribution, part: Part): number | undefined {
  const kept = part.isPercent ? partBetweenPercents(all, part).values : [part.lower, part.upper]
  const [least, greatest] = [kept[0], kept.at(-1)]
  if (least === undefined || greatest === undefined) return undefined
  const values = all.values.map((value) => Math.min(Math.max(value, least), greatest))
  return totalValue({ values, counts: all.counts }) / totalCount(all)
}
