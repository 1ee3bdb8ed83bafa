import type {
  InferenceComponentDeploymentConfig,
  InferenceComponentSpecification,
} from '@aws-sdk/client-sagemaker'
import { assert } from '../../base/assert.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import {
  canHold,
  capacityOf,
  insertWorkload,
  instancesMax,
  latestSpecification,
  type Placement,
  placementsOf,
  readState,
  setScalesToZero,
  type Workload,
} from '../hosting/index.ts'
import { CHANGE_STORY, componentStory } from './component-story.ts'
import { planChange } from './inference-component.states.ts'
import { setInferenceComponentStatus } from './inference-component.store.ts'
import type { InferenceComponent, PreviousCopies } from './inference-component.ts'

/** What a component is to become. */
export interface WantedComponent {
  readonly copyCount: number
  /** Once there is no copy, requests are held until one is started for them; without it they are refused. */
  readonly holdsRequests?: true
  /** Absent: it stays as it is. */
  readonly specification?: Pick<Workload, 'request' | 'variant' | 'placement'>
  readonly config?: InferenceComponentDeploymentConfig
}

/**
 * Begins the change of a component that rests: its plan is laid out and written down; what it keeps is not
 * touched before its story does so.
 *
 * @returns the story
 */
export async function beginComponentChange(
  transaction: Queryable,
  platform: Platform,
  change: { readonly component: InferenceComponent; readonly wanted: WantedComponent },
): Promise<WorkflowStart> {
  const { component, wanted } = change
  const { componentId, endpointId } = component
  const { copyCount, specification, config, holdsRequests = false } = wanted
  const state = await readState(transaction, endpointId)
  const workloads = state?.workloads ?? []
  const present = workloads.findLast((one) => one.componentId === componentId)
  assert(present !== undefined, 'a component has the specification that it was created with')
  const { scalesToZero } = present
  const isSound = component.status === 'InService'
  const previous: PreviousCopies = {
    specification: present.specification,
    copyCount: present.copyCount,
  }
  let next = present.specification
  if (specification) {
    next = (await latestSpecification(transaction, componentId)) + 1
    const { inferenceComponentName, variantName } = component
    await insertWorkload(transaction, endpointId, {
      ...{ ...specification, componentId, specification: next, copyCount: 0, scalesToZero },
      ...{ inferenceComponentName, variantName },
    })
  }
  if (copyCount === 0) {
    await setScalesToZero(transaction, { componentId, specification: next }, holdsRequests)
  }
  const serving = state?.fleets.find(({ stage }) => stage === 'Serving')
  const host = serving?.variants.find((one) => one.variantName === component.variantName)
  const others = workloads.filter((one) => one.variantName === component.variantName)
  const now = platform.clock.now()
  const plan = planChange({
    ...{ next, copyCount, config, now },
    ...(isSound && { previous }),
    roomyBatch:
      host && specification
        ? roomyBatch(specification.placement, copyCount, {
            others,
            count: instancesMax(host),
            capacity: capacityOf(host),
          })
        : copyCount,
  })
  const story = componentStory(CHANGE_STORY, { componentId, revision: component.revision + 1 })
  await setInferenceComponentStatus(transaction, componentId, {
    ...{ to: 'Updating', at: now, story, plan },
    failureReason: null,
    desiredCopyCount: copyCount,
    ...(config && { deploymentConfig: config }),
  })
  await platform.changes.announce(transaction, component.inferenceComponentArn)
  await platform.changes.announce(transaction, component.endpointArn)
  return story
}

/** How many of `copyCount` new copies there is room for beside all others. */
function roomyBatch(
  placement: Placement,
  copyCount: number,
  room: {
    readonly others: readonly Workload[]
    readonly count: number
    readonly capacity: ReturnType<typeof capacityOf>
  },
): number {
  const others = room.others.flatMap((one) => placementsOf(one, room))
  const own = placementsOf({ placement, copyCount }, room)
  for (let batch = own.length; batch > 0; batch--) {
    if (canHold([...others, ...own.slice(0, batch)], room)) return batch
  }
  return 0
}

/** The SageMaker Python SDK sends empty structures for what it has nothing to say about. */
export function givenSpecification(
  specification: InferenceComponentSpecification,
): InferenceComponentSpecification {
  const { Container, StartupParameters, ...others } = specification
  const isSaid = (structure: object | undefined) => Object.keys(structure ?? {}).length > 0
  return {
    ...others,
    ...(isSaid(Container) && { Container }),
    ...(isSaid(StartupParameters) && { StartupParameters }),
  }
}

/** The given members in place of the present ones; a model takes the place of a container and the other way round. */
export function mergedSpecification(
  present: InferenceComponentSpecification,
  given: InferenceComponentSpecification,
): InferenceComponentSpecification {
  const { ModelName, Container, ...others } = present
  const keepsModel = given.ModelName === undefined && given.Container === undefined
  return {
    ...(keepsModel && ModelName !== undefined && { ModelName }),
    ...(keepsModel && Container && { Container }),
    ...others,
    ...given,
  }
}
