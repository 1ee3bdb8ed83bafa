/**
 * How often which values came: pairs of a value and its count, values ascending, all distinct. Counts need not be
 * whole: they are weights.
 */
export interface ValueDistribution {
  readonly values: readonly number[]
  readonly counts: readonly number[]
}

/** Up to this many values are kept as they are; where there are more, each is rounded. */
export const EXACT_VALUES_MAX = 128

/** Significant bits of a rounded value: its relative error is at most 2⁻⁷, 0.8 %. */
export const ROUNDED_BITS = 7

/** A double has 53 significant bits; this splits off all but the first 7. */
const SPLITTER = 2 ** (53 - ROUNDED_BITS) + 1

/**
 * The nearest number of 7 significant bits.
 *
 *   hi = c·x − (c·x − x),   c = 2⁴⁶ + 1
 *
 * It is monotone and leaves what it has rounded as it is. So the p-th percentile of rounded values is the rounded
 * p-th percentile of the values, whatever was merged in which order: its relative error is at most 2⁻⁷, too. It is
 * written in plain double arithmetic so that Postgres does the same to the last bit.
 *
 * @param value of magnitude below 2⁹⁷⁷, where c·x does not overflow
 * @source Veltkamp's splitting; proof that it rounds to nearest: S. Boldo, "Pitfalls of a Full Floating-Point
 *   Proof: Example on the Formal Proof of the Veltkamp/Dekker Algorithms", IJCAR 2006
 */
export function roundedValue(value: number): number {
  const spread = value * SPLITTER
  return spread - (spread - value)
}

/**
 * What came in several distributions together: exact up to 128 distinct values, rounded beyond.
 * @param parts values in any order, also more than once
 */
export function mergeDistributions(parts: readonly ValueDistribution[]): ValueDistribution {
  const merged = countValues(parts, (value) => value)
  return merged.values.length > EXACT_VALUES_MAX ? countValues([merged], roundedValue) : merged
}

function countValues(
  parts: readonly ValueDistribution[],
  key: (value: number) => number,
): ValueDistribution {
  const counts = new Map<number, number>()
  for (const part of parts) {
    for (const [index, value] of part.values.entries()) {
      // a zero has two signs and is one value
      const known = key(value) + 0
      counts.set(known, (counts.get(known) ?? 0) + (part.counts[index] ?? 0))
    }
  }
  const values = [...counts.keys()].sort((one, other) => one - other)
  return { values, counts: values.map((value) => counts.get(value) ?? 0) }
}

/** For each value, how many are not above it: sums of the counts, in the order of the values. */
export function countsUpTo({ counts }: ValueDistribution): readonly number[] {
  let total = 0
  return counts.map((count) => (total += count))
}

/** The sum of the counts. */
export function totalCount({ counts }: ValueDistribution): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

/**
 * Sums of weights may fall short of a whole by a rounding error: ranks are lowered by this factor, and the value
 * sought is the first that more than so many are not above.
 */
export const RANK_SLACK = 1 - Number.EPSILON * 8

/**
 * The nearest-rank percentile: the least value that at least `percent` of all are not above.
 *
 * @param percent in [0, 100]; 0 is the least value
 * @throws RangeError when nothing was counted, or for another percent
 * @source R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", 1996: definition 1
 */
export function percentile(distribution: ValueDistribution, percent: number): number {
  if (!(percent >= 0 && percent <= 100))
    throw new RangeError(`no percentile ${percent}: want 0 to 100`)
  const { values, counts } = distribution
  const rank = (totalCount(distribution) * percent) / 100
  let below = 0
  for (const [index, value] of values.entries()) {
    below += counts[index] ?? 0
    if (below > rank * RANK_SLACK) return value
  }
  const last = values.at(-1)
  if (last === undefined) throw new RangeError('no percentile of nothing')
  return last
}

/**
 * The part of a distribution that lies between two ranks, those of the values in ascending order: what a trimmed
 * mean is the mean of. A value that a rank falls into is counted by its share.
 *
 * @param range percents of the total count, 0 ≤ lower ≤ upper ≤ 100
 */
export function partBetweenPercents(
  distribution: ValueDistribution,
  { lower, upper }: { lower: number; upper: number },
): ValueDistribution {
  const total = totalCount(distribution)
  const [from, to] = [(total * lower) / 100, (total * upper) / 100]
  let below = 0
  return pairsOf(distribution, (_value, count) => {
    const begin = below
    below += count
    return Math.min(below, to) - Math.max(begin, from)
  })
}

/** The values above `lower`, and up to `upper`. */
export function partBetweenValues(
  distribution: ValueDistribution,
  { lower, upper }: { lower: number; upper: number },
): ValueDistribution {
  return pairsOf(distribution, (value, count) => (value > lower && value <= upper ? count : 0))
}

function pairsOf(
  { values, counts }: ValueDistribution,
  kept: (value: number, count: number) => number,
): ValueDistribution {
  const pairs = values
    .map((value, index) => ({ value, count: kept(value, counts[index] ?? 0) }))
    .filter(({ count }) => count > 0)
  return { values: pairs.map(({ value }) => value), counts: pairs.map(({ count }) => count) }
}

/** The sum of the values, each as often as it came. */
export function totalValue({ values, counts }: ValueDistribution): number {
  return values.reduce((sum, value, index) => sum + value * (counts[index] ?? 0), 0)
}
