import { type GatewayProgress, isDrained } from '../inference/route.store.ts'
import type { EndpointRoute, FleetRoute } from '../inference/route.ts'
import { type CopiesPlan, type CopyFailure, planCopies } from './copies.states.ts'
import { everyVariant, type Fleet, type FleetVariant } from './fleet.ts'
import { addressText, decideRoute, isOf } from './fleet-route.states.ts'
import { replicaFailureReason } from './replica-failure.ts'
import {
  byWorth,
  isBlameless,
  isDead,
  type Launch,
  launchAfter,
  type ObservedReplica,
} from './replica-life.states.ts'
import type { Workload } from './workload.ts'

export { type ObservedReplica, STEADY_MS } from './replica-life.states.ts'

/** What is seen of an endpoint at one moment. */
export interface ObservedFleet {
  readonly replicas: readonly ObservedReplica[]
  /** What inference components keep on the endpoint's instances. */
  readonly workloads?: readonly Workload[]
  /** The gateways that are alive. */
  readonly gateways: readonly GatewayProgress[]
  /** What gateways were told last; undefined when the endpoint has no route. */
  readonly route: Pick<EndpointRoute, 'fleets'> | undefined
  /** The wall's time: requests in flight end by it, however the platform's clock is moved. */
  readonly wall: Date
}

/** One thing to do. The first six change rows, together; the others act on tasks, after that. */
export type FleetCommand =
  | { readonly command: 'note'; readonly replica: ObservedReplica }
  | ({ readonly command: 'fail' } & CopyFailure)
  /** Gives a variant another number of instances. */
  | ({ readonly command: 'resize' } & InstanceCount)
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

export interface InstanceCount {
  readonly generation: number
  readonly variantName: string
  readonly instanceCount: number
}

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
      variant.hostsComponents
        ? planHost({ fleet, variant, observed, now })
        : planVariant({ fleet, variant, now, replicas: active.filter(isOf(fleet, variant)) }),
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
    ...plans.flatMap(({ failures }) =>
      failures.map((one) => ({ command: 'fail', ...one }) as const),
    ),
    ...plans.flatMap(({ resize }) => (resize ? [{ command: 'resize', ...resize } as const] : [])),
    ...decideRoute(observed.route, fleets, { staying, workloads: observed.workloads ?? [] }),
    ...leaving.map(({ replicaId }) => ({ command: 'retire', replicaId }) as const),
    ...plans
      .flatMap((plan) => plan.launches)
      .map((one) => ({ command: 'launch', ...one }) as const),
    ...staying.flatMap((replica) => decideStart(replica, now)),
    ...observed.replicas.flatMap((replica) => decideEnd(replica, observed)),
  ]
}

interface VariantPlan extends Omit<CopiesPlan, 'instanceCount'> {
  readonly launches: readonly Launch[]
  readonly resize?: InstanceCount
}

/** Of a variant whose instances hold copies of inference components. */
function planHost(options: {
  readonly fleet: Fleet
  readonly variant: FleetVariant
  readonly observed: ObservedFleet
  readonly now: Date
}): VariantPlan {
  const { fleet, variant, observed, now } = options
  const { variantName } = variant
  const { generation } = fleet
  const { instanceCount, ...plan } = planCopies({
    ...{ fleet, variant, now },
    replicas: observed.replicas.filter(isOf(fleet, variant)),
    workloads: (observed.workloads ?? []).filter((one) => one.variantName === variantName),
  })
  if (instanceCount === undefined) return plan
  return { ...plan, resize: { generation, variantName, instanceCount } }
}

function planVariant(options: {
  readonly fleet: Fleet
  readonly variant: FleetVariant
  readonly replicas: readonly ObservedReplica[]
  readonly now: Date
}): VariantPlan {
  const { fleet, variant, replicas, now } = options
  if (fleet.stage === 'Retiring') return { leaving: replicas, launches: [], failures: [] }
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
  return { leaving: [...dead, ...excess], launches, failures: failure ? [failure] : [] }
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

function isNews({ ready, address, observation }: ObservedReplica): boolean {
  if (!observation) return false
  return observation.ready !== ready || addressText(observation.address) !== addressText(address)
}
