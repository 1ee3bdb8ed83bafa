import type { TaskObservation } from '../../platform/engines/engine.ts'
import { type GatewayProgress, isDrained } from '../inference/route.store.ts'
import type { EndpointRoute, FleetRoute } from '../inference/route.ts'
import { everyVariant, type Fleet, type FleetVariant, type Replica } from './fleet.ts'
import { addressText, decideRoute, isOf } from './fleet-route.states.ts'
import { replicaFailureReason } from './replica-failure.ts'

/** What is seen of an endpoint at one moment. */
export interface ObservedFleet {
  readonly replicas: readonly ObservedReplica[]
  /** The gateways that are alive. */
  readonly gateways: readonly GatewayProgress[]
  /** What gateways were told last; undefined when the endpoint has no route. */
  readonly route: Pick<EndpointRoute, 'fleets'> | undefined
  /** The wall's time: requests in flight end by it, however the platform's clock is moved. */
  readonly wall: Date
}

export interface ObservedReplica extends Replica {
  /** Absent for a replica that came to be after the look: nothing is decided about it. */
  readonly observation?: TaskObservation
  /** Of several containers: which one ended it, and whether others of it still run. */
  readonly failedContainer?: number
  readonly lingers?: boolean
}

/** One thing to do. The first five change rows, together; the others act on tasks, after that. */
export type FleetCommand =
  | { readonly command: 'note'; readonly replica: ObservedReplica }
  | ({ readonly command: 'fail' } & VariantFailure)
  | {
      readonly command: 'publish'
      readonly fleets: readonly FleetRoute[]
    }
  | { readonly command: 'withdraw' }
  | { readonly command: 'retire'; readonly replicaId: string }
  | ({ readonly command: 'launch' } & Launch)
  | { readonly command: 'start'; readonly replicaId: string }
  | { readonly command: 'stop'; readonly replicaId: string }
  | { readonly command: 'remove'; readonly replicaId: string }
  /** At an instant of the platform's clock, or of the wall's. */
  | { readonly command: 'look again'; readonly at: Date; readonly clock: 'platform' | 'wall' }

export interface VariantFailure {
  readonly generation: number
  readonly variantName: string
  readonly failureReason: string
}

export interface Launch {
  readonly generation: number
  readonly variantName: string
  readonly failures: number
  readonly startAt: Date
  readonly containerCount?: number
}

/** A replica that served this long was sound: what ends it is not held against its successor. */
export const STEADY_MS = 5 * 60_000
/** The first successor starts at once; each further one that dies young doubles the wait. */
const BACK_OFF_MS_MIN = 1_000
const BACK_OFF_MS_MAX = 60_000
/** So many replicas lost in a row, before one answered, are no accident of a machine any more. */
const LOST_MAX = 4

/**
 * What to do next so that the endpoint becomes what its fleets say, from nothing but what is seen. Doing
 * all of it, a part of it or the same twice, and then looking and deciding again, comes to the same end.
 */
export function decideFleet(
  observed: ObservedFleet,
  fleets: readonly Fleet[],
  now: Date,
): readonly FleetCommand[] {
  const active = observed.replicas.filter((replica) => !replica.retirement)
  const plans = fleets.flatMap((fleet) =>
    everyVariant(fleet).map((variant) =>
      planVariant({ fleet, variant, now, replicas: active.filter(isOf(fleet, variant)) }),
    ),
  )
  const unplanned = active.filter(
    (replica) =>
      !fleets.some((fleet) => everyVariant(fleet).some((variant) => isOf(fleet, variant)(replica))),
  )
  const leaving = [...unplanned, ...plans.flatMap((plan) => plan.leaving)]
  const staying = active.filter((replica) => !leaving.includes(replica))
  return [
    ...staying.filter(isNews).map((replica) => ({ command: 'note', replica }) as const),
    ...plans.flatMap(({ failure }) => (failure ? [{ command: 'fail', ...failure } as const] : [])),
    ...decideRoute(observed.route, fleets, staying),
    ...leaving.map(({ replicaId }) => ({ command: 'retire', replicaId }) as const),
    ...plans
      .flatMap((plan) => plan.launches)
      .map((one) => ({ command: 'launch', ...one }) as const),
    ...staying.flatMap((replica) => decideStart(replica, now)),
    ...observed.replicas.flatMap((replica) => decideEnd(replica, observed)),
  ]
}

interface VariantPlan {
  readonly leaving: readonly ObservedReplica[]
  readonly launches: readonly Launch[]
  readonly failure: VariantFailure | undefined
}

function planVariant(options: {
  readonly fleet: Fleet
  readonly variant: FleetVariant
  readonly replicas: readonly ObservedReplica[]
  readonly now: Date
}): VariantPlan {
  const { fleet, variant, replicas, now } = options
  if (fleet.stage === 'Retiring') return { leaving: replicas, launches: [], failure: undefined }
  const dead = replicas.filter(isDead)
  const failure = failureOf(fleet, variant, dead)
  const alive = replicas.filter((replica) => !isDead(replica)).sort(byWorth)
  const excess = alive.slice(variant.instanceCount)
  // a fleet that has traffic is kept whole until its deployment has taken the traffic back
  const isUntried = fleet.stage === 'Launching' && !fleet.traffic
  const isGivenUp = isUntried && (failure || Object.keys(fleet.failures).length > 0)
  const missing = isGivenUp ? 0 : Math.max(0, variant.instanceCount - alive.length)
  const launches = Array.from({ length: missing }, (_, index) =>
    launchAfter(dead[index], { fleet, variant, now }),
  )
  return { leaving: [...dead, ...excess], launches, failure }
}

/** A variant that has a failure keeps it until it is changed. */
function failureOf(
  fleet: Fleet,
  variant: FleetVariant,
  dead: readonly ObservedReplica[],
): VariantFailure | undefined {
  const { variantName } = variant
  if (fleet.failures[variantName] !== undefined) return undefined
  const failed = dead.find((replica) => !isBlameless(replica))
  if (!failed) return undefined
  const { failedContainer = 0, observation } = failed
  const container = variant.containers?.all[failedContainer]
  const failureReason = replicaFailureReason({ ...variant, ...container }, observation?.end)
  return { generation: fleet.generation, variantName, failureReason }
}

function launchAfter(
  predecessor: ObservedReplica | undefined,
  { fleet, variant, now }: { fleet: Fleet; variant: FleetVariant; now: Date },
): Launch {
  const { generation } = fleet
  const { variantName, containers } = variant
  const place = {
    generation,
    variantName,
    ...(containers && { containerCount: containers.all.length }),
  }
  if (!predecessor || now.getTime() - predecessor.startAt.getTime() >= STEADY_MS) {
    return { ...place, failures: 0, startAt: now }
  }
  const failures = predecessor.failures + 1
  const delayMs =
    failures < 2 ? 0 : Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** (failures - 2))
  return { ...place, failures, startAt: new Date(now.getTime() + delayMs) }
}

function decideStart(replica: ObservedReplica, now: Date): readonly FleetCommand[] {
  if (replica.observation?.state !== 'Unknown') return []
  if (replica.startAt > now) {
    return [{ command: 'look again', at: replica.startAt, clock: 'platform' }]
  }
  return [{ command: 'start', replicaId: replica.replicaId }]
}

/** Requests that a replica is answering are waited for before it is asked to end. */
function decideEnd(
  { replicaId, observation, retirement, lingers = false }: ObservedReplica,
  { gateways, wall }: ObservedFleet,
): readonly FleetCommand[] {
  if (!retirement || !observation) return []
  const { state } = observation
  if (state === 'Unknown' || (!lingers && (state === 'Ended' || state === 'Lost'))) {
    return [{ command: 'remove', replicaId }]
  }
  const { version, drainUntil } = retirement
  const isOver = wall >= drainUntil || isDrained(gateways, { replicaId, version })
  if (isOver) return [{ command: 'stop', replicaId }]
  return [{ command: 'look again', at: drainUntil, clock: 'wall' }]
}

function isDead({ observation }: ObservedReplica): boolean {
  return observation?.state === 'Ended' || observation?.state === 'Lost'
}

/** Whether a replica's end says nothing about its model: it has served, or its machine went away. */
function isBlameless({ observation, readyAt, failures }: ObservedReplica): boolean {
  if (readyAt !== undefined || observation?.ready) return true
  if (failures + 1 >= LOST_MAX) return false
  return observation?.state === 'Lost' || observation?.end?.cause === 'Stopped'
}

function isNews({ ready, address, observation }: ObservedReplica): boolean {
  if (!observation) return false
  return observation.ready !== ready || addressText(observation.address) !== addressText(address)
}

/** Those that are kept first: ones that answer, then the oldest. */
function byWorth(one: ObservedReplica, other: ObservedReplica): number {
  const readiness = Number(isReady(other)) - Number(isReady(one))
  if (readiness !== 0) return readiness
  return one.createdAt.getTime() - other.createdAt.getTime() || byReplicaId(one, other)
}

function isReady({ observation, ready }: ObservedReplica): boolean {
  return observation?.ready ?? ready
}

function byReplicaId(one: { replicaId: string }, other: { replicaId: string }): number {
  return one.replicaId < other.replicaId ? -1 : Number(one.replicaId > other.replicaId)
}
