import type { CreateTransformJobRequest, TransformJobStatus } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import type { ModelRequest } from '../models/index.ts'
import type { JobState } from './transform-job.states.ts'

/** What CreateTransformJob asked for. */
export type TransformJobRequest = Omit<CreateTransformJobRequest, 'Tags'>

export interface TransformJob extends Place {
  /** A UUID. */
  readonly id: string
  readonly name: string
  readonly arn: string
  readonly request: TransformJobRequest
  /** The model as it was when the job was created. */
  readonly model: ModelRequest
  readonly createdAt: Date
  readonly state: JobState
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

export async function findTransformJob(
  database: Queryable,
  place: Place,
  name: string,
): Promise<TransformJob | undefined> {
  const rows = await database.query<JobRow>(
    `select * from transform_job
     where realm = $1 and region = $2 and lower(transform_job_name) = lower($3)`,
    [place.realm, place.region, name],
  )
  return rows[0] && fromRow(rows[0])
}

/** @returns undefined when the job's account's life is over */
export async function loadTransformJob(
  database: Queryable,
  id: string,
): Promise<TransformJob | undefined> {
  const rows = await database.query<JobRow>(
    `select transform_job.* from transform_job join realm using (realm)
     where transform_job_id = $1 and realm.ended_at is null`,
    [id],
  )
  return rows[0] && fromRow(rows[0])
}

/**
 * Changes a job's state and tells everyone: `decide` sees the row as it is, locked, and answers what it
 * becomes, or undefined for nothing.
 *
 * @returns the job as it is now; undefined when it is gone
 */
export async function changeTransformJob(
  { database, changes }: Pick<Platform, 'database' | 'changes'>,
  id: string,
  decide: (job: TransformJob) => JobState | undefined,
): Promise<TransformJob | undefined> {
  return database.transaction(async (transaction) => {
    const rows = await transaction.query<JobRow>(
      `select transform_job.* from transform_job join realm using (realm)
       where transform_job_id = $1 and realm.ended_at is null for update of transform_job`,
      [id],
    )
    const job = rows[0] && fromRow(rows[0])
    const next = job && decide(job)
    if (!job || !next) return job
    await transaction.query(
      `update transform_job set status = $3, failure_reason = $4, started_at = $5, ended_at = $6,
         modified_at = $7
       where transform_job_id = $1 and status = $2`,
      [
        ...[job.id, job.state.status, next.status, next.failureReason ?? null],
        ...[next.startedAt ?? null, next.endedAt ?? null, next.modifiedAt],
      ],
    )
    await changes.announce(transaction, job.arn)
    return { ...job, state: next }
  })
}

/** Jobs whose story may not have begun: those that are as CreateTransformJob left them. */
export async function listUnstartedJobs(database: Queryable): Promise<readonly TransformJob[]> {
  const rows = await database.query<JobRow>(
    `select transform_job.* from transform_job join realm using (realm)
     where status in ('InProgress', 'Stopping') and started_at is null and realm.ended_at is null`,
  )
  return rows.map(fromRow)
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
      ...(row.started_at && { startedAt: row.started_at }),
      ...(row.ended_at && { endedAt: row.ended_at }),
      modifiedAt: row.modified_at,
    },
  }
}
