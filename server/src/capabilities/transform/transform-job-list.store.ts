import type { ListTransformJobsRequest, TransformJobSummary } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import { type Listing, listPage } from '../../platform/database/listing.store.ts'
import type { Place } from '../../platform/scope.ts'

const LISTING: Listing = {
  table: 'transform_job',
  columns: [
    'transform_job_name',
    'transform_job_arn',
    'created_at',
    'ended_at',
    'modified_at',
    'status',
    'failure_reason',
  ],
  sortColumns: { Name: 'transform_job_name', CreationTime: 'created_at', Status: 'status' },
  nameColumn: 'transform_job_name',
  pageSizeDefault: 10,
}

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

/**
 * One page of jobs, newest first by default.
 * @throws ValidationException for a token that this listing did not give
 */
export async function listTransformJobs(
  database: Queryable,
  place: Place,
  request: ListTransformJobsRequest,
): Promise<JobPage> {
  const source = { database, place, listing: LISTING }
  const { rows, nextToken } = await listPage<ListedRow>(source, request, [
    { column: 'created_at', operator: '>', value: request.CreationTimeAfter },
    { column: 'created_at', operator: '<', value: request.CreationTimeBefore },
    { column: 'modified_at', operator: '>', value: request.LastModifiedTimeAfter },
    { column: 'modified_at', operator: '<', value: request.LastModifiedTimeBefore },
    { column: 'transform_job_name', operator: 'contains', value: request.NameContains },
    { column: 'status', operator: '=', value: request.StatusEquals },
  ])
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
