/** What a measurement should reach, most of them beside a peer that was measured in the same run. */
export interface Goal {
  /** As the table shows it, e.g. `≥ 0.35×`. */
  readonly text: string
  isMet(outcome: Outcome): boolean
}

export interface Outcome {
  /** The median of our runs. */
  readonly ours: number
  /** The median of the peer's runs; undefined where there is no peer. */
  readonly peer: number | undefined
  /** The median over the rounds of ours ÷ peer's in the same round. */
  readonly ratio: number | undefined
}

/** Our number is at least `ratio` times the peer's: throughput. */
export function atLeastTimesPeer(ratio: number): Goal {
  return {
    text: `≥ ${ratio}×`,
    isMet: (outcome) => outcome.ratio !== undefined && outcome.ratio >= ratio,
  }
}

/** Our number is at most `ratio` times the peer's: latency. */
export function atMostTimesPeer(ratio: number): Goal {
  return {
    text: `≤ ${ratio}×`,
    isMet: (outcome) => outcome.ratio !== undefined && outcome.ratio <= ratio,
  }
}

/** Our number exceeds the peer's by at most `margin`, in the measurement's unit. */
export function atMostAbovePeer(margin: number, unit: string): Goal {
  return {
    text: `≤ peer + ${margin} ${unit}`,
    isMet: ({ ours, peer }) => peer !== undefined && ours <= peer + margin,
  }
}

export function atLeast(value: number): Goal {
  return { text: `≥ ${value.toLocaleString('en')}`, isMet: ({ ours }) => ours >= value }
}

export function atMost(value: number): Goal {
  return { text: `≤ ${value.toLocaleString('en')}`, isMet: ({ ours }) => ours <= value }
}
