import type { Bench } from './row.ts'

/** Both sides of a comparison, one value per round. */
export interface Rounds<T> {
  readonly ours: readonly T[]
  readonly peer: readonly T[]
}

/**
 * Measures ours and the peer by turns, A B A B, so that a machine that is slow for a while is slow for both.
 * One round before the first that counts warms both up.
 */
export async function takeTurns<T>(
  bench: Bench,
  sides: {
    ours: () => Promise<T>
    peer: () => Promise<T>
    /** How a value is shown while the row runs. */
    show: (value: T) => string
  },
): Promise<Rounds<T>> {
  const rounds = { ours: [] as T[], peer: [] as T[] }
  for (let round = 0; round <= bench.rounds; round++) {
    const ours = await sides.ours()
    const peer = await sides.peer()
    const name = round === 0 ? 'warm-up' : `round ${round}`
    bench.say(`${name}: ours ${sides.show(ours)}, peer ${sides.show(peer)}`)
    if (round === 0) continue
    rounds.ours.push(ours)
    rounds.peer.push(peer)
  }
  return rounds
}

/** @throws RangeError for no values */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('there is no median of nothing')
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** From the least to the greatest value, as a share of the median; 0 for values that are all alike. */
export function spread(values: readonly number[]): number {
  return share(Math.max(...values) - Math.min(...values), median(values))
}

/** @param options.ofNothing what nothing is of nothing, which a division does not say */
export function share(part: number, whole: number, { ofNothing } = { ofNothing: 0 }): number {
  return part === 0 && whole === 0 ? ofNothing : part / whole
}

/** The value that `share` of all values do not exceed. @throws RangeError for no values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  if (found === undefined) throw new RangeError('there is no quantile of nothing')
  return found
}
