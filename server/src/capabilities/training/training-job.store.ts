import type {
  AlgorithmSpecification,
  CreateTrainingJobRequest,
  OutputDataConfig,
  ResourceConfig,
} from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import { type JobRecord, jobTable } from '../jobs/index.ts'
import type { Interruption, JobState, StopCause } from './training-job.states.ts'

/** What CreateTrainingJob asked for, with defaults filled in and what must be there known to be. */
export type TrainingJobRequest = Omit<
  CreateTrainingJobRequest,
  'Tags' | 'AlgorithmSpecification' | 'OutputDataConfig' | 'ResourceConfig' | 'RoleArn'
> & {
  readonly AlgorithmSpecification: AlgorithmSpecification & { readonly TrainingImage: string }
  readonly OutputDataConfig: OutputDataConfig & { readonly S3OutputPath: string }
  readonly ResourceConfig: ResourceConfig
  readonly RoleArn: string
  readonly StoppingCondition: {
    readonly MaxRuntimeInSeconds: number
    readonly MaxWaitTimeInSeconds?: number | undefined
    readonly MaxPendingTimeInSeconds?: number | undefined
  }
}

export interface TrainingJob extends JobRecord<JobState> {
  readonly request: TrainingJobRequest
  readonly createdAt: Date
}

interface JobRow extends Record<string, unknown> {
  training_job_id: string
  realm: number
  account: string
  region: string
  training_job_name: string
  training_job_arn: string
  request: TrainingJobRequest
  status: JobState['status']
  secondary_status: JobState['secondaryStatus']
  transitions: JobState['transitions']
  stop_cause: StopCause | null
  interruption: Interruption | null
  attempt: number
  attempt_began_at: Date
  training_started_at: Date | null
  training_ended_at: Date | null
  failure_reason: string | null
  model_artifacts: string | null
  final_metrics: JobState['finalMetrics']
  created_at: Date
  modified_at: Date
}

/** @returns false when the name is taken */
export async function insertTrainingJob(
  transaction: Queryable,
  job: TrainingJob,
): Promise<boolean> {
  const { state } = job
  const rows = await transaction.query(
    `insert into training_job (
       training_job_id, realm, account, region, training_job_name, training_job_arn, request,
       status, secondary_status, transitions, attempt, attempt_began_at, final_metrics,
       created_at, modified_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     on conflict do nothing returning 1`,
    [
      ...[job.id, job.realm, job.account, job.region, job.name, job.arn],
      JSON.stringify(job.request),
      ...[state.status, state.secondaryStatus, JSON.stringify(state.transitions)],
      ...[state.attempt, state.attemptBeganAt, JSON.stringify(state.finalMetrics)],
      ...[job.createdAt, state.modifiedAt],
    ],
  )
  return rows.length > 0
}

export const trainingJobs = jobTable<JobRow, JobState, TrainingJob>({
  table: 'training_job',
  startedColumn: 'training_started_at',
  fromRow,
  update: updateState,
})

/** Changes what the job was asked for; `status` guards against a change of it meanwhile. */
export async function updateRequest(
  transaction: Queryable,
  job: TrainingJob,
  change: { readonly request: TrainingJobRequest; readonly modifiedAt: Date },
): Promise<boolean> {
  const rows = await transaction.query(
    `update training_job set request = $3, modified_at = $4
     where training_job_id = $1 and status = $2 returning 1`,
    [job.id, job.state.status, JSON.stringify(change.request), change.modifiedAt],
  )
  return rows.length > 0
}

/** @returns false when the job changed its status meanwhile, or is gone */
export async function deleteTrainingJobRow(
  transaction: Queryable,
  job: TrainingJob,
): Promise<boolean> {
  const rows = await transaction.query(
    'delete from training_job where training_job_id = $1 and status = $2 returning 1',
    [job.id, job.state.status],
  )
  return rows.length > 0
}

async function updateState(
  transaction: Queryable,
  job: TrainingJob,
  next: JobState,
): Promise<void> {
  await transaction.query(
    `update training_job set status = $3, secondary_status = $4, transitions = $5, stop_cause = $6,
       attempt = $7, attempt_began_at = $8, training_started_at = $9, training_ended_at = $10,
       failure_reason = $11, model_artifacts = $12, final_metrics = $13, modified_at = $14, interruption = $15
     where training_job_id = $1 and status = $2`,
    [
      ...[job.id, job.state.status, next.status, next.secondaryStatus],
      ...[JSON.stringify(next.transitions), next.stopCause ?? null],
      ...[next.attempt, next.attemptBeganAt],
      ...[next.trainingStartedAt ?? null, next.trainingEndedAt ?? null],
      ...[next.failureReason ?? null, next.modelArtifacts ?? null],
      ...[JSON.stringify(next.finalMetrics), next.modifiedAt],
      next.interruption ? JSON.stringify(next.interruption) : null,
    ],
  )
}

function fromRow(row: JobRow): TrainingJob {
  return {
    id: row.training_job_id,
    realm: row.realm,
    account: row.account,
    region: row.region,
    name: row.training_job_name,
    arn: row.training_job_arn,
    request: row.request,
    createdAt: row.created_at,
    state: {
      status: row.status,
      secondaryStatus: row.secondary_status,
      transitions: row.transitions,
      ...(row.stop_cause !== null && { stopCause: row.stop_cause }),
      ...(row.interruption !== null && { interruption: row.interruption }),
      attempt: row.attempt,
      attemptBeganAt: row.attempt_began_at,
      ...(row.training_started_at && { trainingStartedAt: row.training_started_at }),
      ...(row.training_ended_at && { trainingEndedAt: row.training_ended_at }),
      ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
      ...(row.model_artifacts !== null && { modelArtifacts: row.model_artifacts }),
      finalMetrics: row.final_metrics,
      modifiedAt: row.modified_at,
    },
  }
}
