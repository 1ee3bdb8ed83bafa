import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { isInProgress } from './endpoint.states.ts'
import { findEndpoint } from './endpoint.store.ts'
import { readyInstances } from './endpoint-state.ts'
import { readFleets } from './fleet.store.ts'
import { readReplicas } from './replica.store.ts'

/** What whoever scales a variant must know of it. */
export interface ScalableVariant {
  /** Tells the endpoint from a later one of the same name. */
  readonly endpointId: string
  readonly endpointArn: string
  /** Of a serverless variant what is scaled is its provisioned concurrency, and that is counted here. */
  readonly currentInstanceCount: number
  readonly desiredInstanceCount: number
  /** The endpoint is in no update, so that it may be changed. */
  readonly isResting: boolean
  /** Why the endpoint's last update failed. */
  readonly failureReason?: string
  /** Requests are queued, so that there may be no instance at all for a while. */
  readonly isAsync: boolean
  readonly isServerless: boolean
  /** Of a serverless variant: what its provisioned concurrency may come to. */
  readonly maxConcurrency?: number
}

/** @returns undefined when no endpoint that serves has such a variant */
export async function findScalableVariant(
  database: Queryable,
  place: Place,
  { endpointName, variantName }: { readonly endpointName: string; readonly variantName: string },
): Promise<ScalableVariant | undefined> {
  const endpoint = await findEndpoint(database, place, endpointName)
  if (!endpoint || endpoint.status === 'Deleting') return undefined
  const { endpointId, endpointArn, failureReason } = endpoint
  const fleets = await readFleets(database, endpointId)
  // while it is being created the fleet that comes up is the one that will serve
  const fleet = fleets.find(({ stage }) => stage === 'Serving') ?? fleets[0]
  const variant = fleet?.variants.find((one) => one.variantName === variantName)
  if (!fleet || !variant) return undefined
  const replicas = await readReplicas(database, endpointId)
  const ready = readyInstances(replicas, fleet, variant)
  const { desiredServerless } = variant
  const desired = desiredServerless?.provisionedConcurrency ?? variant.desiredInstanceCount
  return {
    endpointId,
    endpointArn,
    currentInstanceCount: desiredServerless ? Math.min(ready, desired) : ready,
    desiredInstanceCount: desired,
    isResting: !isInProgress(endpoint.status),
    ...(failureReason !== undefined && { failureReason }),
    isAsync: fleet.settings.AsyncInferenceConfig !== undefined,
    isServerless: variant.production.ServerlessConfig !== undefined,
    ...(desiredServerless && { maxConcurrency: desiredServerless.maxConcurrency }),
  }
}
