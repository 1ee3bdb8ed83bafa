import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import { holdEndpoint, readState, readyCopies } from '../hosting/index.ts'
import { beginComponentChange } from './component-change.ts'
import { isInProgress } from './inference-component.states.ts'
import { findInferenceComponent } from './inference-component.store.ts'

/** What whoever scales a component must know of it. */
export interface InferenceComponentCapacity {
  /** Tells the component from a later one of the same name. */
  readonly componentId: string
  readonly inferenceComponentArn: string
  readonly endpointName: string
  readonly endpointArn: string
  readonly variantName: string
  /** Those that answer pings. */
  readonly currentCopyCount: number
  readonly desiredCopyCount: number
  /** The component is in no change, so that it may be changed. */
  readonly isResting: boolean
  /** Why the component's last change failed. */
  readonly failureReason?: string
}

/** @returns undefined when there is no such component, or it is being deleted */
export async function readInferenceComponentCapacity(
  queryable: Queryable,
  place: Place,
  inferenceComponentName: string,
): Promise<InferenceComponentCapacity | undefined> {
  const component = await findInferenceComponent(queryable, place, inferenceComponentName)
  if (!component || component.status === 'Deleting') return undefined
  const { componentId, failureReason } = component
  const state = await readState(queryable, component.endpointId)
  const serving = state?.fleets.find(({ stage }) => stage === 'Serving')
  const own = (state?.workloads ?? []).filter((one) => one.componentId === componentId)
  return {
    componentId,
    inferenceComponentArn: component.inferenceComponentArn,
    endpointName: component.endpointName,
    endpointArn: component.endpointArn,
    variantName: component.variantName,
    currentCopyCount: serving
      ? own.reduce((sum, one) => sum + readyCopies(state?.replicas ?? [], serving, one), 0)
      : 0,
    desiredCopyCount: component.desiredCopyCount,
    isResting: !isInProgress(component.status),
    ...(failureReason !== undefined && { failureReason }),
  }
}

/** `Busy`: the component is being changed; ask again. `NotFound`: there is none that could be. */
export type CopiesOutcome = 'Changed' | 'Busy' | 'NotFound'

/**
 * Begins to keep another number of copies, 0 included, as UpdateInferenceComponentRuntimeConfig does; but that
 * requests are held when there are none, for whoever scales to zero scales from zero, too. A component that has
 * the number is `Changed`.
 */
export async function changeInferenceComponentCopies(
  platform: Platform,
  place: Place,
  change: { readonly inferenceComponentName: string; readonly copyCount: number },
): Promise<CopiesOutcome> {
  const { inferenceComponentName, copyCount } = change
  const wanted = { copyCount, holdsRequests: true } as const
  const outcome = await platform.database.transaction(async (transaction) => {
    const found = await findInferenceComponent(transaction, place, inferenceComponentName)
    if (!found || !(await holdEndpoint(transaction, found.endpointId))) return 'NotFound'
    const component = await findInferenceComponent(transaction, place, inferenceComponentName)
    if (!component || component.status === 'Deleting' || component.status === 'Failed') {
      return 'NotFound'
    }
    if (isInProgress(component.status)) return 'Busy'
    if (component.desiredCopyCount === copyCount) return 'Changed'
    return beginComponentChange(transaction, platform, { component, wanted })
  })
  if (typeof outcome === 'string') return outcome
  await platform.workflows.start(outcome)
  return 'Changed'
}
