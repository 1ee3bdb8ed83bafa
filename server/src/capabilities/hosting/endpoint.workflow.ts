import type { RetryPolicy, Workflow } from '../../platform/workflow/workflow.ts'
import type { VariantTarget } from './fleet-variant.ts'

/** One fleet of one endpoint. */
export interface FleetKey {
  readonly endpointId: string
  readonly generation: number
}

/** How waiting for a fleet ended. `Gone`: the endpoint is not there any more, nothing is left to tell. */
export type FleetOutcome =
  | { readonly outcome: 'Complete' }
  | { readonly outcome: 'Gone' }
  | { readonly outcome: 'Failed'; readonly failureReason: string }

/** What the stories do. They change what is wanted and wait; the supervisor makes it so. */
export interface EndpointActivities {
  /** Until all replicas of the fleet, or of some of its variants, answer pings, or one never will. */
  awaitFleet(key: FleetKey, variantNames?: readonly string[]): Promise<FleetOutcome>
  /** All at once: the fleet serves, and the one before it retires. */
  shiftTraffic(key: FleetKey): Promise<void>
  /** Retires a fleet that did not come up; an endpoint that has no other has failed. */
  giveUpFleet(key: FleetKey, failureReason: string): Promise<void>
  /** Moves the serving fleet's weights to what is desired, and takes away replicas beyond. */
  applyTargets(endpointId: string): Promise<void>
  /** Goes back to what the serving fleet was before. */
  rollBack(endpointId: string, previous: readonly VariantTarget[]): Promise<void>
  /** Until gateways route by the serving fleet as it is wanted. */
  awaitRouted(endpointId: string): Promise<void>
  /** Until no replica is left that shall not serve. */
  awaitRetired(endpointId: string): Promise<void>
  settle(endpointId: string, failureReason: string | undefined): Promise<void>
  deleteEndpoint(endpointId: string): Promise<void>
}

/** What ends a story is tried for half a day: an endpoint that stayed in progress could not even be deleted. */
export const STUBBORN: RetryPolicy = { attemptsMax: 24, firstDelaySeconds: 0.25 }

/** What becomes of an activity's fault, which ten attempts did not cure: a reason for people. */
export function faultReason(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  return `An internal error kept the change of the endpoint from completing: ${said}`
}

/**
 * CreateEndpoint: a fleet comes up and serves. UpdateEndpoint was this story too before it had policies: the
 * fleet before it, if there is one, goes.
 */
export async function deployEndpoint(
  workflow: Workflow,
  activities: EndpointActivities,
  key: FleetKey,
): Promise<void> {
  const { endpointId } = key
  const bringUp = async (): Promise<FleetOutcome> => {
    const fleet = await workflow.activity('await the fleet', () => activities.awaitFleet(key))
    if (fleet.outcome !== 'Complete') return fleet
    await workflow.activity('shift traffic', () => activities.shiftTraffic(key))
    await workflow.activity('await gateways', () => activities.awaitRouted(endpointId))
    return fleet
  }
  const outcome = await bringUp().catch(failed)
  if (outcome.outcome === 'Gone') return
  const failureReason = outcome.outcome === 'Failed' ? outcome.failureReason : undefined
  if (failureReason !== undefined) {
    const giveUp = () => activities.giveUpFleet(key, failureReason)
    await workflow.activity('give up the fleet', giveUp, STUBBORN)
  }
  await finish(workflow, activities, { endpointId, failureReason })
}

export interface CapacityChange {
  readonly endpointId: string
  readonly generation: number
  /** The variants that get more replicas. No other is waited for: one may be shunned because it is broken. */
  readonly growing: readonly string[]
  /** What the variants were before. */
  readonly previous: readonly VariantTarget[]
}

/** UpdateEndpointWeightsAndCapacities: the serving fleet grows, then weights move, then it shrinks. */
export async function changeCapacity(
  workflow: Workflow,
  activities: EndpointActivities,
  change: CapacityChange,
): Promise<void> {
  const { endpointId, growing, previous } = change
  const grow = async (): Promise<FleetOutcome> => {
    const fleet = await workflow.activity('await the fleet', () =>
      activities.awaitFleet(change, growing),
    )
    if (fleet.outcome !== 'Complete') return fleet
    await workflow.activity('apply weights and counts', () => activities.applyTargets(endpointId))
    return fleet
  }
  const outcome = await grow().catch(failed)
  if (outcome.outcome === 'Gone') return
  const failureReason = outcome.outcome === 'Failed' ? outcome.failureReason : undefined
  if (failureReason !== undefined) {
    const goBack = () => activities.rollBack(endpointId, previous)
    await workflow.activity('roll back', goBack, STUBBORN)
  }
  await workflow.activity('await gateways', () => activities.awaitRouted(endpointId), STUBBORN)
  await finish(workflow, activities, { endpointId, failureReason })
}

async function finish(
  workflow: Workflow,
  activities: EndpointActivities,
  end: { readonly endpointId: string; readonly failureReason: string | undefined },
): Promise<void> {
  const { endpointId, failureReason } = end
  const retired = () => activities.awaitRetired(endpointId)
  await workflow.activity('await the end of what retires', retired, STUBBORN)
  const settle = () => activities.settle(endpointId, failureReason)
  await workflow.activity('settle', settle, STUBBORN)
}

function failed(error: unknown): FleetOutcome {
  return { outcome: 'Failed', failureReason: faultReason(error) }
}

/** DeleteEndpoint: requests end, then replicas, then the endpoint is gone. */
export async function removeEndpoint(
  workflow: Workflow,
  activities: EndpointActivities,
  { endpointId }: { readonly endpointId: string },
): Promise<void> {
  const retired = () => activities.awaitRetired(endpointId)
  await workflow.activity('await the end of what retires', retired, STUBBORN)
  const remove = () => activities.deleteEndpoint(endpointId)
  await workflow.activity('delete the endpoint', remove, STUBBORN)
}
