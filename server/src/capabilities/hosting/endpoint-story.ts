import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import type { CapacityChange } from './endpoint.workflow.ts'

/** CreateEndpoint; until there were deployment policies UpdateEndpoint as well. */
export const CREATION_STORY = 'EndpointDeployment.v1'
/** UpdateEndpoint. */
export const DEPLOYMENT_STORY = 'EndpointDeployment.v2'
export const CAPACITY_STORY = 'EndpointCapacity.v1'
export const DELETION_STORY = 'EndpointDeletion.v1'

/** An endpoint's revision-th story; its id follows from both, so that it begins once. */
interface StoryKey {
  readonly endpointId: string
  readonly revision: number
}

export function creationStory(key: StoryKey, generation: number): WorkflowStart {
  const { endpointId } = key
  return { name: CREATION_STORY, workflowId: storyId(key), input: { endpointId, generation } }
}

export function deploymentStory(key: StoryKey, generation: number): WorkflowStart {
  const { endpointId } = key
  return { name: DEPLOYMENT_STORY, workflowId: storyId(key), input: { endpointId, generation } }
}

export function capacityStory(
  key: StoryKey,
  change: Omit<CapacityChange, 'endpointId'>,
): WorkflowStart {
  const { endpointId } = key
  return { name: CAPACITY_STORY, workflowId: storyId(key), input: { endpointId, ...change } }
}

export function deletionStory(key: StoryKey): WorkflowStart {
  const { endpointId } = key
  return { name: DELETION_STORY, workflowId: storyId(key), input: { endpointId } }
}

function storyId({ endpointId, revision }: StoryKey): string {
  return `endpoint/${endpointId}/${revision}`
}
