import type { ReplicaRoute } from './route.ts'

/** One replica as this gateway knows it; the same object as long as its task lives. */
export class Replica {
  readonly replicaId: string
  readonly address: ReplicaRoute['address']
  /** Requests of this gateway that it works on. */
  outstanding = 0
  /** False once no route names it: it finishes what it has. */
  routed = true

  constructor(route: ReplicaRoute) {
    this.replicaId = route.replicaId
    this.address = route.address
  }
}

/** Where the search for the least busy begins, so that equals take turns. */
export interface Turn {
  next: number
}

/**
 * The replica with the fewest requests outstanding; equals take turns.
 *
 * @param except a replica that has just failed: taken only when there is no other
 */
export function leastBusy(
  replicas: readonly Replica[],
  turn: Turn,
  except?: Replica,
): Replica | undefined {
  const { length } = replicas
  if (length === 0) return undefined
  if (length === 1) return replicas[0]
  const start = turn.next++ % length
  let chosen: Replica | undefined
  for (let offset = 0; offset < length; offset++) {
    const replica = replicas[(start + offset) % length] as Replica
    if (replica === except) continue
    if (chosen === undefined || replica.outstanding < chosen.outstanding) chosen = replica
  }
  return chosen
}
