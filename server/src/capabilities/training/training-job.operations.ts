import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { resourceInUse, validationException } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { requirePassableRole } from '../identity/index.ts'
import { recordJob, requireInputData, stopJob } from '../jobs/index.ts'
import { readTags, removeTags } from '../tags/index.ts'
import { requireImage } from './availability.ts'
import { hostsOf } from './cluster.ts'
import { createdState, isActive, type JobState, stoppingState } from './training-job.states.ts'
import {
  deleteTrainingJobRow,
  insertTrainingJob,
  type TrainingJob,
  trainingJobs,
  updateRequest,
} from './training-job.store.ts'
import { requireQuotas, validateCreateTrainingJob } from './training-job.validation.ts'
import { TRAINING_JOB_WORKFLOW, type TrainingJobStory } from './training-job.workflow.ts'
import { describedJob, warmPoolStatus } from './training-job-description.ts'
import { listTrainingJobs as listJobs } from './training-job-list.store.ts'
import { updatedRequest } from './training-job-update.validation.ts'

/**
 * As AWS does, a job is refused when its role, its image or its data cannot be had at this moment; each is
 * fetched again, and may be gone, when the job starts.
 *
 * @throws ValidationException, ResourceLimitExceeded, or ResourceInUse when the name is taken
 */
export async function createTrainingJob(
  input: SageMaker.CreateTrainingJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateTrainingJobCommandOutput, '$metadata'>> {
  const request = validateCreateTrainingJob(input)
  readTags(input.Tags)
  await requirePassableRole(scope, request.RoleArn)
  await requireImage(request, scope)
  for (const { DataSource } of request.InputDataConfig ?? []) {
    await requireInputData(DataSource?.S3DataSource, { ...scope, roleArn: request.RoleArn })
  }
  requireQuotas(request.ResourceConfig)

  const name = input.TrainingJobName ?? ''
  const now = scope.clock.now()
  const job: TrainingJob = {
    id: newUuid(),
    realm: scope.realm,
    account: scope.account,
    region: scope.region,
    name,
    arn: sagemakerArn(scope, 'training-job', name),
    request,
    createdAt: now,
    state: createdState(now),
  }
  const insert = (transaction: Queryable) => insertTrainingJob(transaction, job)
  await recordJob(scope, { arn: job.arn, tags: input.Tags, nouns: NOUNS, insert })

  await scope.workflows.start(trainingJobStory(job))
  return { TrainingJobArn: job.arn }
}

/** @throws ValidationException `Requested resource not found.` */
export async function describeTrainingJob(
  input: SageMaker.DescribeTrainingJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeTrainingJobCommandOutput, '$metadata'>> {
  return describedJob(await requireTrainingJob(scope, input.TrainingJobName))
}

export async function listTrainingJobs(
  input: SageMaker.ListTrainingJobsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListTrainingJobsCommandOutput, '$metadata'>> {
  const { jobs, nextToken } = await listJobs(scope.database, scope, input)
  return {
    TrainingJobSummaries: jobs.map((job) => {
      const warmPool = warmPoolStatus(job.status, job.keepAliveSeconds)
      return {
        TrainingJobName: job.name,
        TrainingJobArn: job.arn,
        CreationTime: job.createdAt,
        ...(job.endedAt && { TrainingEndTime: job.endedAt }),
        LastModifiedTime: job.modifiedAt,
        TrainingJobStatus: job.status,
        SecondaryStatus: job.secondaryStatus,
        ...(warmPool && { WarmPoolStatus: warmPool }),
      }
    }),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  }
}

/** Stopping twice is stopping once. @throws ValidationException when the job has ended, or is not there */
export async function stopTrainingJob(
  input: SageMaker.StopTrainingJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.StopTrainingJobCommandOutput, '$metadata'>> {
  const { id } = await requireTrainingJob(scope, input.TrainingJobName)
  const stopping = (state: JobState, now: Date) => stoppingState(state, 'Requested', now)
  const by = { jobs: trainingJobs, id, noun: 'training job', stopping }
  if (!(await stopJob(scope, by))) throw notFound()
  return {}
}

/** @throws ValidationException when the job's status does not allow the change, or it is not there */
export async function updateTrainingJob(
  input: SageMaker.UpdateTrainingJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.UpdateTrainingJobCommandOutput, '$metadata'>> {
  const job = await requireTrainingJob(scope, input.TrainingJobName)
  const request = updatedRequest(input, job)
  const isUpdated = await scope.database.transaction(async (transaction) => {
    const modifiedAt = scope.clock.now()
    if (!(await updateRequest(transaction, job, { request, modifiedAt }))) return false
    await scope.changes.announce(transaction, job.arn)
    return true
  })
  if (!isUpdated) throw changedMeanwhile(job)
  return { TrainingJobArn: job.arn }
}

/** Its model, outputs and logs stay. @throws ResourceInUse while the job runs */
export async function deleteTrainingJob(
  input: SageMaker.DeleteTrainingJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DeleteTrainingJobCommandOutput, '$metadata'>> {
  const job = await requireTrainingJob(scope, input.TrainingJobName)
  if (isActive(job.state.status)) {
    throw resourceInUse(
      `Cannot delete training job ${job.arn}: it is in status ${job.state.status}. ` +
        'Stop it, and delete it when it is Stopped.',
    )
  }
  await scope.database.transaction(async (transaction) => {
    if (!(await deleteTrainingJobRow(transaction, job))) throw notFound()
    await removeTags(transaction, scope, job.arn)
    await scope.changes.announce(transaction, job.arn)
  })
  return {}
}

const NOUNS = { names: 'Training job names', one: 'a training job' }

export const trainingOperations = {
  CreateTrainingJob: createTrainingJob,
  DescribeTrainingJob: describeTrainingJob,
  ListTrainingJobs: listTrainingJobs,
  StopTrainingJob: stopTrainingJob,
  UpdateTrainingJob: updateTrainingJob,
  DeleteTrainingJob: deleteTrainingJob,
} satisfies HandlersOf<typeof SageMaker, RequestScope>

/** How a job's story is begun, by its creator or by the sweep. */
export function trainingJobStory(job: TrainingJob) {
  const hostCount = hostsOf(job.request.ResourceConfig).length
  const input: TrainingJobStory = { jobId: job.id, hostCount }
  return { name: TRAINING_JOB_WORKFLOW, workflowId: `training-job/${job.id}`, input }
}

async function requireTrainingJob(
  scope: RequestScope,
  name: string | undefined,
): Promise<TrainingJob> {
  const job = await trainingJobs.find(scope.database, scope, name ?? '')
  if (!job) throw notFound()
  return job
}

function notFound() {
  return validationException('Requested resource not found.')
}

function changedMeanwhile(job: TrainingJob) {
  return validationException(
    `The request was rejected because the training job is not in status ${job.state.status} any more.`,
  )
}
