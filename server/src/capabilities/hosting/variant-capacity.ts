import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import { isInProgress } from './endpoint.states.ts'
import { type Endpoint, findEndpoint, lockEndpoint, setEndpointStatus } from './endpoint.store.ts'
import { readyInstances } from './endpoint-state.ts'
import { capacityStory } from './endpoint-story.ts'
import { readFleets, setFleetVariants } from './fleet.store.ts'
import type { Fleet, FleetVariant, ServerlessSettings } from './fleet.ts'
import { aimAt, type VariantTarget } from './fleet-variant.ts'
import { INSTANCES_MAX } from './instance-limit.validation.ts'
import { readReplicas } from './replica.store.ts'

/** How many instances a variant of the serving fleet has, and shall have. */
export interface VariantCapacity {
  readonly variantName: string
  readonly currentInstanceCount: number
  readonly desiredInstanceCount: number
}

/** `Busy`: the endpoint is being changed; ask again. `NotFound`: no endpoint that serves has such a variant. */
export type CapacityOutcome = 'Changed' | 'Busy' | 'NotFound'

/** @returns undefined when there is no such endpoint, or it does not serve */
export async function readVariantCapacities(
  database: Queryable,
  place: Place,
  endpointName: string,
): Promise<readonly VariantCapacity[] | undefined> {
  const endpoint = await findEndpoint(database, place, endpointName)
  if (!endpoint) return undefined
  const fleets = await readFleets(database, endpoint.endpointId)
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  if (!serving) return undefined
  const replicas = await readReplicas(database, endpoint.endpointId)
  return serving.variants.map((variant) => ({
    variantName: variant.variantName,
    currentInstanceCount: readyInstances(replicas, serving, variant),
    desiredInstanceCount: variant.desiredInstanceCount,
  }))
}

/**
 * Begins to give a variant of the serving fleet another number of instances, 0 included, as
 * UpdateEndpointWeightsAndCapacities does; a serverless one another provisioned concurrency, up to what it may
 * have. One that has the number, or is on its way to it, is `Changed`.
 */
export async function changeVariantCapacity(
  platform: Platform,
  place: Place,
  change: {
    readonly endpointName: string
    readonly variantName: string
    readonly instanceCount: number
  },
): Promise<CapacityOutcome> {
  const { variantName, instanceCount } = change
  const outcome = await platform.database.transaction(async (transaction) => {
    const found = await findEndpoint(transaction, place, change.endpointName)
    const endpoint = found && (await lockEndpoint(transaction, found.endpointId))
    if (!endpoint) return 'NotFound'
    const fleets = await readFleets(transaction, endpoint.endpointId)
    const serving = fleets.find(({ stage }) => stage === 'Serving')
    const variant = serving?.variants.find((one) => one.variantName === variantName)
    if (isInProgress(endpoint.status)) return 'Busy'
    if (!serving || !variant) return 'NotFound'
    const target = targetOf(variant, instanceCount)
    if (!target) return 'Changed'
    const targets = [target]
    const at = platform.clock.now()
    const story = await beginCapacityChange(transaction, { endpoint, serving, targets, at })
    await platform.changes.announce(transaction, endpoint.endpointArn)
    return story
  })
  if (typeof outcome === 'string') return outcome
  await platform.workflows.start(outcome)
  return 'Changed'
}

/** @returns undefined when the variant has it, or is on its way to it */
function targetOf(
  { variantName, desiredInstanceCount, desiredServerless }: FleetVariant,
  capacity: number,
): VariantTarget | undefined {
  if (!desiredServerless) {
    const instanceCount = Math.min(capacity, INSTANCES_MAX)
    return instanceCount === desiredInstanceCount ? undefined : { variantName, instanceCount }
  }
  const { maxConcurrency, provisionedConcurrency: before } = desiredServerless
  const provisionedConcurrency = Math.min(capacity, maxConcurrency)
  if (provisionedConcurrency === before) return undefined
  return { variantName, concurrency: { provisionedConcurrency } }
}

/** Makes the serving fleet grow towards its targets. @returns the story that takes it the rest of the way */
export async function beginCapacityChange(
  transaction: Queryable,
  change: {
    readonly endpoint: Endpoint
    readonly serving: Fleet
    readonly targets: readonly VariantTarget[]
    readonly at: Date
  },
): Promise<WorkflowStart> {
  const { endpoint, serving, targets, at } = change
  const { endpointId, revision } = endpoint
  const previous = serving.variants.map(({ variantName, weight, instanceCount, serverless }) => ({
    variantName,
    weight,
    instanceCount,
    ...(serverless && { concurrency: concurrencyOf(serverless) }),
  }))
  const aimed = aimAt(serving.variants, targets)
  const growing = aimed
    .filter(({ instanceCount, serverless }, index) => {
      const before = previous[index]
      const provisioned = before?.concurrency?.provisionedConcurrency ?? 0
      return (
        instanceCount > (before?.instanceCount ?? 0) ||
        (serverless?.provisionedConcurrency ?? 0) > provisioned
      )
    })
    .map(({ variantName }) => variantName)
  await setFleetVariants(transaction, endpointId, {
    generation: serving.generation,
    variants: aimed,
  })
  const story = capacityStory(
    { endpointId, revision: revision + 1 },
    { generation: serving.generation, growing, previous },
  )
  await setEndpointStatus(transaction, endpointId, {
    to: 'Updating',
    at,
    story,
    failureReason: null,
  })
  return story
}

function concurrencyOf(settings: ServerlessSettings): NonNullable<VariantTarget['concurrency']> {
  const { maxConcurrency, provisionedConcurrency } = settings
  return { maxConcurrency, provisionedConcurrency }
}
