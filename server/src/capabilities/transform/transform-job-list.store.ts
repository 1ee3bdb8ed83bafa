import type { ListTransformJobsRequest, TransformJobSummary } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { jobListing, listJobPage } from '../jobs/index.ts'

const LISTING = jobListing('transform_job', ['ended_at', 'failure_reason'])

interface ListedRow extends Record<string, unknown> {
  transform_job_name: string
  transform_job_arn: string
  created_at: Date
  ended_at: Date | null
  modified_at: Date
  status: NonNullable<TransformJobSummary['TransformJobStatus']>
  failure_reason: string | null
}

export interface JobPage {
  readonly jobs: TransformJobSummary[]
  readonly nextToken?: string
}

/** @throws ValidationException for a token that this listing did not give */
export async function listTransformJobs(
  database: Queryable,
  place: Place,
  request: ListTransformJobsRequest,
): Promise<JobPage> {
  const source = { database, place, listing: LISTING }
  const { rows, nextToken } = await listJobPage<ListedRow>(source, request)
  return { jobs: rows.map(fromRow), ...(nextToken !== undefined && { nextToken }) }
}

function fromRow(row: ListedRow): TransformJobSummary {
  return {
    TransformJobName: row.transform_job_name,
    TransformJobArn: row.transform_job_arn,
    CreationTime: row.created_at,
    ...(row.ended_at && { TransformEndTime: row.ended_at }),
    LastModifiedTime: row.modified_at,
    TransformJobStatus: row.status,
    ...(row.failure_reason !== null && { FailureReason: row.failure_reason }),
  }
}
