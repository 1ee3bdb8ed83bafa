import type { CreateTransformJobRequest, TransformJobStatus } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import { type JobRecord, jobTable } from '../jobs/index.ts'
import type { ModelRequest } from '../models/index.ts'
import type { JobState } from './transform-job.states.ts'

/** What CreateTransformJob asked for. */
export type TransformJobRequest = Omit<CreateTransformJobRequest, 'Tags'>

export interface TransformJob extends JobRecord<JobState> {
  readonly request: TransformJobRequest
  /** The model as it was when the job was created. */
  readonly model: ModelRequest
  readonly createdAt: Date
}

interface JobRow extends Record<string, unknown> {
  transform_job_id: string
  realm: number
  account: string
  region: string
  transform_job_name: string
  transform_job_arn: string
  request: TransformJobRequest
  model: ModelRequest
  status: TransformJobStatus
  failure_reason: string | null
  interruption: JobState['interruption'] | null
  started_at: Date | null
  ended_at: Date | null
  created_at: Date
  modified_at: Date
}

/** @returns false when the name is taken */
export async function insertTransformJob(
  transaction: Queryable,
  job: TransformJob,
): Promise<boolean> {
  const rows = await transaction.query(
    `insert into transform_job (
       transform_job_id, realm, account, region, transform_job_name, transform_job_arn, request, model,
       status, created_at, modified_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict do nothing returning 1`,
    [
      ...[job.id, job.realm, job.account, job.region, job.name, job.arn],
      ...[JSON.stringify(job.request), JSON.stringify(job.model)],
      ...[job.state.status, job.createdAt, job.state.modifiedAt],
    ],
  )
  return rows.length > 0
}

export const transformJobs = jobTable<JobRow, JobState, TransformJob>({
  table: 'transform_job',
  startedColumn: 'started_at',
  fromRow,
  update: updateState,
})

async function updateState(
  transaction: Queryable,
  job: TransformJob,
  next: JobState,
): Promise<void> {
  await transaction.query(
    `update transform_job set status = $3, failure_reason = $4, started_at = $5, ended_at = $6,
       modified_at = $7, interruption = $8
     where transform_job_id = $1 and status = $2`,
    [
      ...[job.id, job.state.status, next.status, next.failureReason ?? null],
      ...[next.startedAt ?? null, next.endedAt ?? null, next.modifiedAt],
      next.interruption ? JSON.stringify(next.interruption) : null,
    ],
  )
}

function fromRow(row: JobRow): TransformJob {
  return {
    id: row.transform_job_id,
    realm: row.realm,
    account: row.account,
    region: row.region,
    name: row.transform_job_name,
    arn: row.transform_job_arn,
    request: row.request,
    model: row.model,
    createdAt: row.created_at,
    state: {
      status: row.status,
      ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
      ...(row.interruption && { interruption: row.interruption }),
      ...(row.started_at && { startedAt: row.started_at }),
      ...(row.ended_at && { endedAt: row.ended_at }),
      modifiedAt: row.modified_at,
    },
  }
}
