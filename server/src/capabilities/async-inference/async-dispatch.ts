import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker'
import type { Platform } from '../../platform/scope.ts'
import type { EndpointRoute, ReplicaRoute, VariantRoute } from '../inference/index.ts'
import {
  leaseOldest,
  lockQueue,
  type QueueState,
  type ReplicaLoad,
  readQueue,
} from './async-invocation.store.ts'
import type { LeasedInvocation } from './async-invocation.ts'
import type { WalkedContainer } from './container-walk.ts'

/** AWS chooses "an optimal value" where ClientConfig names none; four is what its examples use. */
const CONCURRENT_DEFAULT = 4
const LEASED_PER_PASS_MAX = 256

/** One request that a replica could take now. */
export interface Slot {
  readonly replicaId: string
  readonly variantName: string
  /** In order. */
  readonly containers: readonly WalkedContainer[]
  readonly config: AsyncInferenceConfig
}

/** The free places at an endpoint's replicas. */
export interface FreeSlots {
  /** For requests that no replica went away under, the least busy replicas first. */
  readonly ordinary: readonly Slot[]
  /** For one that a replica went away under: a replica that works on nothing else, and then gets nothing else. */
  readonly alone: readonly Slot[]
}

/**
 * Which replicas can take how many requests. A request that ends its container takes down all that are there
 * with it; so that these are not blamed three times and fail, one that was there is given to a replica alone,
 * and a replica is emptied for it.
 *
 * @param shunned replicas that could not be reached a moment ago
 */
export function freeSlots(
  route: Pick<EndpointRoute, 'fleets'>,
  { leased, suspects }: QueueState,
  shunned: ReadonlySet<string>,
): FreeSlots {
  const replicas = asyncReplicas(route)
    .filter(({ slot }) => !shunned.has(slot.replicaId))
    .map((one) => ({ ...one, load: leased.get(one.slot.replicaId) ?? IDLE }))
    .toSorted((one, other) => one.load.count - other.load.count)
  const isTrying = replicas.some(({ load }) => load.hasSuspect)
  const reserved = suspects > 0 && !isTrying ? replicas[0] : undefined
  const ranked = replicas.flatMap((replica) => {
    const { slot, most, load } = replica
    if (load.hasSuspect || replica === reserved) return []
    const room = Math.max(0, most - load.count)
    return Array.from({ length: room }, (_, index) => ({ slot, rank: load.count + index }))
  })
  return {
    ordinary: ranked.toSorted((one, other) => one.rank - other.rank).map(({ slot }) => slot),
    alone: reserved?.load.count === 0 ? [reserved.slot] : [],
  }
}

const IDLE: ReplicaLoad = { count: 0, hasSuspect: false }

function asyncReplicas({ fleets }: Pick<EndpointRoute, 'fleets'>) {
  return fleets.flatMap(({ asyncInference: config, variants }) => {
    if (!config) return []
    const most = config.ClientConfig?.MaxConcurrentInvocationsPerInstance ?? CONCURRENT_DEFAULT
    return variants
      .filter(({ weight }) => weight > 0)
      .flatMap((variant) =>
        variant.replicas.map((replica) => {
          const { replicaId } = replica
          const containers = containersOf(variant, replica)
          const slot: Slot = { replicaId, variantName: variant.variantName, containers, config }
          return { slot, most }
        }),
      )
  })
}

function containersOf(
  { containers }: VariantRoute,
  { address, furtherAddresses = [] }: ReplicaRoute,
): readonly WalkedContainer[] {
  if (!containers) return [{ address }]
  return [address, ...furtherAddresses].map((one, index) => {
    const name = containers.hostnames[index]
    return { address: one, ...(name !== undefined && { name }) }
  })
}

/** Gives queued requests to replicas that have room; each comes with the slot that it got. */
export async function leaseInvocations(
  platform: Platform,
  route: EndpointRoute,
  { owner, shunned }: { readonly owner: string; readonly shunned: ReadonlySet<string> },
): Promise<readonly { readonly invocation: LeasedInvocation; readonly slot: Slot }[]> {
  const key = { realm: route.realm, endpointArn: route.endpointArn }
  return platform.database.transaction(async (transaction) => {
    await lockQueue(transaction, route.endpointArn)
    const { ordinary, alone } = freeSlots(route, await readQueue(transaction, key), shunned)
    const now = platform.clock.now()
    const lease = async (suspects: boolean, slots: readonly Slot[]) => {
      if (slots.length === 0) return []
      const taken = await leaseOldest(transaction, key, { owner, suspects, slots, now })
      return taken.flatMap((invocation) => {
        const slot = slots.find(({ replicaId }) => replicaId === invocation.replicaId)
        return slot ? [{ invocation, slot }] : []
      })
    }
    return [
      ...(await lease(true, alone)),
      ...(await lease(false, ordinary.slice(0, LEASED_PER_PASS_MAX))),
    ]
  })
}
