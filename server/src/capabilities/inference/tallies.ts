/**
 * What is counted beside requests, in a second: records and copies that were given up so that no caller waits
 * for them, requests that met a component without a copy, and those to a serverless variant that keeps
 * environments, by whether one of these was free for them.
 */
export interface Tallies {
  readonly captureDropped: number
  readonly shadowDropped: number
  readonly noCapacity: number
  readonly provisioned: number
  readonly spilled: number
}

export type Tally = keyof Tallies

export function noTallies(): Record<Tally, number> {
  return { captureDropped: 0, shadowDropped: 0, noCapacity: 0, provisioned: 0, spilled: 0 }
}

export function isAnyTallied(tallies: Tallies): boolean {
  const { captureDropped, shadowDropped, noCapacity, provisioned, spilled } = tallies
  return captureDropped + shadowDropped + noCapacity + provisioned + spilled > 0
}

export function mergeTallies(one: Tallies, other: Tallies): Tallies {
  return {
    captureDropped: one.captureDropped + other.captureDropped,
    shadowDropped: one.shadowDropped + other.shadowDropped,
    noCapacity: one.noCapacity + other.noCapacity,
    provisioned: one.provisioned + other.provisioned,
    spilled: one.spilled + other.spilled,
  }
}
