/**
 * Transform jobs: all objects under a prefix of S3 are sent through a model, and its answers are stored. A
 * job is one row; its story (`transform-job.workflow.ts`) starts one task per instance, whose runner
 * drives the model's container (`runner/transform/`).
 */
import { parseArn } from '../../aws/arn.ts'
import type { Platform, RequestScope } from '../../platform/scope.ts'
import type { UnstartedStories, WorkflowDefinition } from '../../platform/workflow/workflow.ts'
import type { Hold } from '../../wire/handler.ts'
import { transformJobActivities } from './transform-job.activities.ts'
import { transformJobStory } from './transform-job.operations.ts'
import { transformJobs } from './transform-job.store.ts'
import {
  runTransformJob,
  TRANSFORM_JOB_WORKFLOW,
  type TransformJobStory,
} from './transform-job.workflow.ts'

export { transformJobFaults } from './interruption.ts'
export {
  createTransformJob,
  stopTransformJob,
  transformOperations,
} from './transform-job.operations.ts'

/** The stories that this capability tells, to be registered before any is started. */
export function transformWorkflows(platform: Platform): readonly WorkflowDefinition[] {
  const activities = transformJobActivities(platform)
  const definition: WorkflowDefinition<TransformJobStory> = {
    name: TRANSFORM_JOB_WORKFLOW,
    run: (workflow, story) => runTransformJob(workflow, story, activities),
  }
  return [definition]
}

/** Jobs that were created when control died, before their story began. */
export function unstartedTransformJobs(platform: Platform): UnstartedStories {
  return async () => (await transformJobs.listUnstarted(platform.database)).map(transformJobStory)
}

/** DescribeTransformJob may be held back until the job has ended. */
export const transformHolds: Readonly<Record<string, Hold>> = {
  DescribeTransformJob: {
    topic: ({ TransformJobArn }) => String(TransformJobArn),
    isSettled: ({ TransformJobStatus }) =>
      TransformJobStatus !== 'InProgress' && TransformJobStatus !== 'Stopping',
  },
}

/** Whether an ARN names a transform job of the scope's account and region, for its tags. */
export async function transformJobExists(arn: string, scope: RequestScope): Promise<boolean> {
  const name = parseArn(arn)?.resource.replace(/^transform-job\//, '') ?? ''
  return (await transformJobs.find(scope.database, scope, name)) !== undefined
}
