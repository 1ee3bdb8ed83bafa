import { hash } from 'node:crypto'
import { random } from '../../base/ids.ts'
import type { ReplicaRoute } from './route.ts'

/** One replica as this gateway knows it; the same object as long as its task lives. */
export class Replica {
  readonly replicaId: string
  readonly address: ReplicaRoute['address']
  /** Where its containers after the first are. */
  readonly furtherAddresses: readonly ReplicaRoute['address'][]
  /** True: one request at a time, each on a connection of its own. */
  readonly takesOne: boolean
  /** Requests of this gateway that it works on. */
  outstanding = 0
  /** False once no route names it: it finishes what it has. */
  routed = true
  /** True after a request that it did not take, or ended on, until it answers again. */
  down = false

  constructor(route: ReplicaRoute) {
    this.replicaId = route.replicaId
    this.address = route.address
    this.furtherAddresses = route.furtherAddresses ?? []
    this.takesOne = route.takesOne === true
  }
}

/** Where the search for the least busy begins, so that equals take turns. */
export interface Turn {
  next: number
}

/**
 * The replica with the fewest requests outstanding, those that are down last; equals take turns.
 *
 * @param except a replica that has just failed the request
 */
export function leastBusy(
  replicas: readonly Replica[],
  turn: Turn,
  except?: Replica,
): Replica | undefined {
  const { length } = replicas
  const start = turn.next++
  let chosen: Replica | undefined
  for (let offset = 0; offset < length; offset++) {
    const replica = replicas[(start + offset) % length] as Replica
    if (replica === except) continue
    if (chosen === undefined || isBetter(replica, chosen)) chosen = replica
  }
  return chosen
}

function isBetter(one: Replica, other: Replica): boolean {
  return one.down === other.down ? one.outstanding < other.outstanding : other.down
}

/** Any replica, by chance; one that is down only when all are. @param except one that just failed the request */
export function randomlyChosen(
  replicas: readonly Replica[],
  except?: Replica,
): Replica | undefined {
  const others = except ? replicas.filter((one) => one !== except) : replicas
  const up = others.filter(({ down }) => !down)
  const candidates = up.length > 0 ? up : others
  return candidates[Math.floor(random() * candidates.length)]
}

/**
 * The replica that requests for a model go to, so that not every replica loads every model: the same one as
 * long as it is up, and when replicas come or go only the models that these hold move (rendezvous hashing,
 * Thaler and Ravishankar 1998).
 *
 * @param except one that has just failed the request
 */
export function holderOf(
  model: string,
  replicas: readonly Replica[],
  except?: Replica,
): Replica | undefined {
  if (replicas.length === 1) return replicas[0] === except ? undefined : replicas[0]
  let chosen: Replica | undefined
  let chosenRank = ''
  for (const replica of replicas) {
    if (replica === except) continue
    const rank = hash('sha1', `${model}/${replica.replicaId}`)
    const isBetter = chosen?.down === replica.down ? rank > chosenRank : chosen?.down !== false
    if (!isBetter) continue
    chosen = replica
    chosenRank = rank
  }
  return chosen
}
