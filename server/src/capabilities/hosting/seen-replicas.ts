import type { Clock } from '../../base/clock.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { TaskObservation } from '../../platform/engines/engine.ts'
import { applyFaults } from '../faults/index.ts'
import type { Endpoint } from './endpoint.store.ts'
import type { FleetCommand, ObservedReplica } from './fleet.states.ts'
import type { Fleet, Replica } from './fleet.ts'
import { startupTimeoutSeconds } from './replica.container.ts'
import { isCopyOf, type Workload } from './workload.ts'

/** An endpoint's replicas with what is seen of them, under the faults that are injected for it. */
export async function seeReplicas(
  by: { readonly queryable: Queryable; readonly clock: Clock },
  found: {
    readonly endpoint: Endpoint
    readonly fleets: readonly Fleet[]
    readonly replicas: readonly Replica[]
    readonly workloads: readonly Workload[]
    readonly observations: ReadonlyMap<string, TaskObservation>
  },
): Promise<{
  readonly observed: readonly ObservedReplica[]
  readonly lookAgain: readonly FleetCommand[]
}> {
  const { endpoint, fleets, replicas, workloads, observations } = found
  const seen = await applyFaults(by, {
    realm: endpoint.place.realm,
    endpointArn: endpoint.endpointArn,
    observations,
    replicas: replicas.map((replica) => {
      const fleet = fleets.find(({ generation }) => generation === replica.generation)
      const workload = replica.copy && workloads.find((one) => isCopyOf(one)(replica))
      const variant =
        workload?.variant ?? fleet?.variants.find((one) => one.variantName === replica.variantName)
      return {
        replicaId: replica.replicaId,
        variantName: replica.variantName,
        endpointConfigName: fleet?.endpointConfigName ?? '',
        startupTimeoutSeconds: startupTimeoutSeconds(variant?.production),
        readyAt: replica.readyAt,
        isRetiring: replica.retirement !== undefined || fleet?.stage === 'Retiring',
      }
    }),
  })
  return {
    observed: replicas.map((replica) => {
      const observation = seen.observations.get(replica.replicaId)
      return observation ? { ...replica, observation } : replica
    }),
    lookAgain: seen.lookAgainAt
      ? [{ command: 'look again', at: seen.lookAgainAt, clock: 'platform' }]
      : [],
  }
}
