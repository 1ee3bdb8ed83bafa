/**
 * Inference components: models that share the instances of an endpoint, each with what it needs of them and as
 * many copies as are asked for. An operation says what is wanted, as rows; a durable story
 * (`inference-component.workflow.ts`) orders it in time; hosting's supervisor places the copies, starts them and
 * keeps them, and tells gateways where they are.
 */

import type * as SageMaker from '@aws-sdk/client-sagemaker'
import type { DescribeInferenceComponentOutput } from '@aws-sdk/client-sagemaker'
import type { Platform, RequestScope } from '../../platform/scope.ts'
import type { UnstartedStories, WorkflowDefinition } from '../../platform/workflow/workflow.ts'
import type { HandlersOf, Hold } from '../../wire/handler.ts'
import { CHANGE_STORY, REMOVAL_STORY } from './component-story.ts'
import { createComponentActivities } from './inference-component.activities.ts'
import {
  createInferenceComponent,
  deleteInferenceComponent,
  updateInferenceComponent,
  updateInferenceComponentRuntimeConfig,
} from './inference-component.operations.ts'
import { listInferenceComponentStories } from './inference-component.store.ts'
import {
  type ComponentKey,
  changeComponent,
  removeComponent,
} from './inference-component.workflow.ts'
import {
  describeInferenceComponent,
  listInferenceComponents,
} from './inference-component-description.operations.ts'

export {
  type CopiesOutcome,
  changeInferenceComponentCopies,
  type InferenceComponentCapacity,
  readInferenceComponentCapacity,
} from './component-capacity.ts'
export { inferenceComponentExists } from './inference-component.store.ts'

export const inferenceComponentOperations = {
  CreateInferenceComponent: createInferenceComponent,
  DescribeInferenceComponent: describeInferenceComponent,
  ListInferenceComponents: listInferenceComponents,
  UpdateInferenceComponent: updateInferenceComponent,
  UpdateInferenceComponentRuntimeConfig: updateInferenceComponentRuntimeConfig,
  DeleteInferenceComponent: deleteInferenceComponent,
} satisfies HandlersOf<typeof SageMaker, RequestScope>

/** The stories of components, by the names under which they are registered. */
export function inferenceComponentWorkflows(platform: Platform): readonly WorkflowDefinition[] {
  const activities = createComponentActivities(platform)
  const change: WorkflowDefinition<ComponentKey> = {
    name: CHANGE_STORY,
    run: (workflow, key) => changeComponent(workflow, activities, key),
  }
  const removal: WorkflowDefinition<ComponentKey> = {
    name: REMOVAL_STORY,
    run: (workflow, key) => removeComponent(workflow, activities, key),
  }
  return [change, removal]
}

/** The stories that components' rows ask for. */
export function unstartedInferenceComponents(platform: Platform): UnstartedStories {
  return () => listInferenceComponentStories(platform.database)
}

/** DescribeInferenceComponent may be held back until the component rests, or is gone. */
export const inferenceComponentHolds: Readonly<Record<'DescribeInferenceComponent', Hold>> = {
  DescribeInferenceComponent: {
    topic: (output) =>
      (output as Partial<DescribeInferenceComponentOutput>).InferenceComponentArn ?? '',
    isSettled: (output) => {
      const status = (output as Partial<DescribeInferenceComponentOutput>).InferenceComponentStatus
      return status === 'InService' || status === 'Failed'
    },
  },
}
