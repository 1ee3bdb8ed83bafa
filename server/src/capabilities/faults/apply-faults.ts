import type { Clock } from '../../base/clock.ts'
import { readingAt } from '../../base/steerable-clock.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { TaskObservation } from '../../platform/engines/engine.ts'
import { disturb } from './disturbed-replica.states.ts'
import { listFaultsOf } from './fault.store.ts'
import { faultOf } from './fault.ts'

/** A replica as its endpoint knows it. */
export interface ObservedReplica {
  readonly replicaId: string
  readonly variantName: string
  readonly endpointConfigName: string
  readonly startupTimeoutSeconds: number
  /** When it first answered a ping. */
  readonly readyAt?: Date | undefined
  /** It shall serve no longer: nothing befalls it any more. */
  readonly isRetiring: boolean
}

/** What is seen of an endpoint's replicas, and when to look again at one whose pings fail. */
export interface SeenReplicas {
  readonly observations: ReadonlyMap<string, TaskObservation>
  readonly lookAgainAt?: Date
}

/** Puts injected faults of pings into what was observed of an endpoint's replicas. */
export async function applyFaults(
  { queryable, clock }: { readonly queryable: Queryable; readonly clock: Clock },
  endpoint: {
    readonly realm: number
    readonly endpointArn: string
    readonly replicas: readonly ObservedReplica[]
    readonly observations: ReadonlyMap<string, TaskObservation>
  },
): Promise<SeenReplicas> {
  const { realm, endpointArn: targetArn } = endpoint
  const faults = await listFaultsOf(queryable, { realm, targetArn })
  if (faults.length === 0) return endpoint
  const observations = new Map(endpoint.observations)
  const instants: number[] = []
  for (const replica of endpoint.replicas) {
    const observation = observations.get(replica.replicaId)
    const found = faultOf(faults, replica)
    const running = observation?.phases.find(({ phase }) => phase === 'Running')
    if (!observation || !found || !running || replica.isRetiring) continue
    const disturbance = disturb({
      observation,
      fault: found.fault,
      injectedAt: found.injectedAt,
      runningAt: readingAt(clock, new Date(running.at)),
      wasReady: replica.readyAt !== undefined,
      startupTimeoutSeconds: replica.startupTimeoutSeconds,
      now: clock.now(),
    })
    observations.set(replica.replicaId, disturbance.observation)
    if (disturbance.until) instants.push(disturbance.until.getTime())
  }
  if (instants.length === 0) return { observations }
  return { observations, lookAgainAt: new Date(Math.min(...instants)) }
}
