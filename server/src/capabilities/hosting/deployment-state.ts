import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { readDeployment } from './deployment.store.ts'
import type { Deployment } from './deployment.ts'
import type { FleetKey } from './endpoint.workflow.ts'
import { changeEndpoint, type EndpointState } from './endpoint-state.ts'
import type { Fleet } from './fleet.ts'

/** A deployment while its rows are being changed, with its endpoint locked. */
export interface DeploymentChange extends EndpointState {
  readonly transaction: Queryable
  readonly deployment: Deployment
  /** The fleet that it launches. */
  readonly next: Fleet
  readonly now: Date
}

/** Changes rows of a deployment and tells everyone. @returns undefined when it, or its fleet, is gone */
export async function changeDeployment<T>(
  platform: Platform,
  key: FleetKey,
  change: (change: DeploymentChange) => Promise<T>,
): Promise<T | undefined> {
  return changeEndpoint(platform, key.endpointId, async (transaction, state) => {
    const deployment = await readDeployment(transaction, key)
    const next = state.fleets.find(({ generation }) => generation === key.generation)
    if (!deployment || !next) return undefined
    return change({ ...state, transaction, deployment, next, now: platform.clock.now() })
  })
}

/** The fleets that had the requests when the deployment began. */
export function isPresent({ plan }: Deployment): (fleet: Fleet) => boolean {
  const generations = plan.present.map(({ generation }) => generation)
  return ({ generation }) => generations.includes(generation)
}
