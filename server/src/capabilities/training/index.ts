/**
 * Training jobs: a program in a container image, given data from S3, that leaves a model in S3. A job is
 * one row; its story (`training-job.workflow.ts`) starts one task per host and follows them to the end.
 */
import { parseArn } from '../../aws/arn.ts'
import type { Platform, RequestScope } from '../../platform/scope.ts'
import type { UnstartedStories, WorkflowDefinition } from '../../platform/workflow/workflow.ts'
import type { Hold } from '../../wire/handler.ts'
import { trainingJobActivities } from './training-job.activities.ts'
import { trainingJobStory } from './training-job.operations.ts'
import { trainingJobs } from './training-job.store.ts'
import {
  runTrainingJob,
  TRAINING_JOB_WORKFLOW,
  type TrainingJobStory,
} from './training-job.workflow.ts'

export { failTrainingJob, interruptTrainingJob, trainingJobFaults } from './interruption.ts'
export {
  createTrainingJob,
  stopTrainingJob,
  trainingOperations,
} from './training-job.operations.ts'

/** The stories that this capability tells, to be registered before any is started. */
export function trainingWorkflows(platform: Platform): readonly WorkflowDefinition[] {
  const activities = trainingJobActivities(platform)
  const definition: WorkflowDefinition<TrainingJobStory> = {
    name: TRAINING_JOB_WORKFLOW,
    run: (workflow, story) => runTrainingJob(workflow, story, activities),
  }
  return [definition]
}

/** Jobs that were created when control died, before their story began. */
export function unstartedTrainingJobs(platform: Platform): UnstartedStories {
  return async () => (await trainingJobs.listUnstarted(platform.database)).map(trainingJobStory)
}

/** DescribeTrainingJob may be held back until the job has ended. */
export const trainingHolds: Readonly<Record<string, Hold>> = {
  DescribeTrainingJob: {
    topic: ({ TrainingJobArn }) => String(TrainingJobArn),
    isSettled: ({ TrainingJobStatus }) =>
      TrainingJobStatus !== 'InProgress' && TrainingJobStatus !== 'Stopping',
  },
}

/** Whether an ARN names a training job of the scope's account and region, for its tags. */
export async function trainingJobExists(arn: string, scope: RequestScope): Promise<boolean> {
  const name = parseArn(arn)?.resource.replace(/^training-job\//, '') ?? ''
  return (await trainingJobs.find(scope.database, scope, name)) !== undefined
}
