import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import type { ComponentKey } from './inference-component.workflow.ts'

/** CreateInferenceComponent, UpdateInferenceComponent and UpdateInferenceComponentRuntimeConfig. */
export const CHANGE_STORY = 'InferenceComponentChange.v1'
export const REMOVAL_STORY = 'InferenceComponentRemoval.v1'

/** A component's revision-th story; its id follows from both, so that it begins once. */
export function componentStory(
  name: typeof CHANGE_STORY | typeof REMOVAL_STORY,
  key: ComponentKey,
): WorkflowStart {
  const { componentId, revision } = key
  const workflowId = `inference-component/${componentId}/${revision}`
  return { name, workflowId, input: { componentId, revision } }
}
