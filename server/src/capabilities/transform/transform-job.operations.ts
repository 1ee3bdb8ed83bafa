import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { validationException } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { recordJob, requireInputData, stopJob } from '../jobs/index.ts'
import { containersOf, requireModel } from '../models/index.ts'
import { readTags } from '../tags/index.ts'
import { createdState, stoppingState } from './transform-job.states.ts'
import { insertTransformJob, type TransformJob, transformJobs } from './transform-job.store.ts'
import {
  requireOneWay,
  requireQuotas,
  validateCreateTransformJob,
} from './transform-job.validation.ts'
import { TRANSFORM_JOB_WORKFLOW, type TransformJobStory } from './transform-job.workflow.ts'
import { listTransformJobs as listJobs } from './transform-job-list.store.ts'

/**
 * The job keeps the model as it is now; its data are refused when there are none at this moment.
 *
 * @throws ValidationException, ResourceLimitExceeded, or ResourceInUse when the name is taken
 */
export async function createTransformJob(
  input: SageMaker.CreateTransformJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateTransformJobCommandOutput, '$metadata'>> {
  validateCreateTransformJob(input)
  readTags(input.Tags)
  const model = await requireModel(scope, input.ModelName ?? '')
  requireOneWay(model)
  await requireInputData(input.TransformInput?.DataSource?.S3DataSource, {
    ...scope,
    roleArn: model.request.ExecutionRoleArn ?? '',
  })
  requireQuotas(input)

  const { Tags: tags, ...request } = input
  const name = input.TransformJobName ?? ''
  const now = scope.clock.now()
  const job: TransformJob = {
    id: newUuid(),
    realm: scope.realm,
    account: scope.account,
    region: scope.region,
    name,
    arn: sagemakerArn(scope, 'transform-job', name),
    request,
    model: model.request,
    createdAt: now,
    state: createdState(now),
  }
  const insert = (transaction: Queryable) => insertTransformJob(transaction, job)
  await recordJob(scope, { arn: job.arn, tags, nouns: NOUNS, insert })

  await scope.workflows.start(transformJobStory(job))
  return { TransformJobArn: job.arn }
}

/** @throws ValidationException `Could not find …` */
export async function describeTransformJob(
  input: SageMaker.DescribeTransformJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeTransformJobCommandOutput, '$metadata'>> {
  const { request, state, ...job } = await requireTransformJob(scope, input.TransformJobName)
  return {
    ...request,
    TransformJobName: job.name,
    TransformJobArn: job.arn,
    TransformJobStatus: state.status,
    ...(state.failureReason !== undefined && { FailureReason: state.failureReason }),
    CreationTime: job.createdAt,
    ...(state.startedAt && { TransformStartTime: state.startedAt }),
    ...(state.endedAt && { TransformEndTime: state.endedAt }),
  }
}

export async function listTransformJobs(
  input: SageMaker.ListTransformJobsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListTransformJobsCommandOutput, '$metadata'>> {
  const { jobs, nextToken } = await listJobs(scope.database, scope, input)
  return { TransformJobSummaries: jobs, ...(nextToken !== undefined && { NextToken: nextToken }) }
}

/** Stopping twice is stopping once. @throws ValidationException when the job has ended, or is not there */
export async function stopTransformJob(
  input: SageMaker.StopTransformJobCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.StopTransformJobCommandOutput, '$metadata'>> {
  const { id, arn } = await requireTransformJob(scope, input.TransformJobName)
  const by = { jobs: transformJobs, id, noun: 'transform job', stopping: stoppingState }
  if (!(await stopJob(scope, by))) throw notFound(arn)
  return {}
}

const NOUNS = { names: 'Job names', one: 'a job' }

export const transformOperations = {
  CreateTransformJob: createTransformJob,
  DescribeTransformJob: describeTransformJob,
  ListTransformJobs: listTransformJobs,
  StopTransformJob: stopTransformJob,
} satisfies HandlersOf<typeof SageMaker, RequestScope>

/** How a job's story is begun, by its creator or by the sweep. */
export function transformJobStory(job: TransformJob) {
  const instanceCount = job.request.TransformResources?.InstanceCount ?? 1
  const containerCount = containersOf(job.model).length
  const input: TransformJobStory = { jobId: job.id, instanceCount, containerCount }
  return { name: TRANSFORM_JOB_WORKFLOW, workflowId: `transform-job/${job.id}`, input }
}

async function requireTransformJob(
  scope: RequestScope,
  name: string | undefined,
): Promise<TransformJob> {
  const job = await transformJobs.find(scope.database, scope, name ?? '')
  if (!job) throw notFound(sagemakerArn(scope, 'transform-job', name ?? ''))
  return job
}

function notFound(arn: string) {
  return validationException(`Could not find requested job with name: ${arn.split('/')[1] ?? ''}`)
}
