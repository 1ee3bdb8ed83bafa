import type {
  ListTrainingJobsRequest,
  SecondaryStatus,
  TrainingJobStatus,
} from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { jobListing, listJobPage } from '../jobs/index.ts'

const KEEP_ALIVE = `coalesce((request #>> '{ResourceConfig,KeepAlivePeriodInSeconds}')::int, 0)`
/** A pool is in use while its job is, and ends with it: no instance is kept here. */
const WARM_POOL_STATUS = `case when ${KEEP_ALIVE} = 0 then null
  when status in ('InProgress', 'Stopping') then 'InUse' else 'Terminated' end`
const TRAINING_PLAN_ARN = `request #>> '{ResourceConfig,TrainingPlanArn}'`

const LISTING = jobListing('training_job', [
  'training_ended_at',
  'secondary_status',
  `${KEEP_ALIVE} as keep_alive_seconds`,
])

export interface ListedJob {
  readonly name: string
  readonly arn: string
  readonly createdAt: Date
  readonly endedAt?: Date
  readonly modifiedAt: Date
  readonly status: TrainingJobStatus
  readonly secondaryStatus: SecondaryStatus
  readonly keepAliveSeconds: number
}

export interface JobPage {
  readonly jobs: readonly ListedJob[]
  readonly nextToken?: string
}

interface ListedRow extends Record<string, unknown> {
  training_job_name: string
  training_job_arn: string
  created_at: Date
  training_ended_at: Date | null
  modified_at: Date
  status: TrainingJobStatus
  secondary_status: SecondaryStatus
  keep_alive_seconds: number
}

/**
 * One page of jobs.
 *
 * With both MaxResults and StatusEquals the page is taken first and filtered then, as AWS documents it: it
 * may be empty and yet have a next one.
 *
 * @throws ValidationException for a token that this listing did not give
 */
export async function listTrainingJobs(
  database: Queryable,
  place: Place,
  request: ListTrainingJobsRequest,
): Promise<JobPage> {
  const { StatusEquals: status } = request
  const filtersPage = request.MaxResults !== undefined && status !== undefined
  const source = { database, place, listing: LISTING }
  const asked = { ...request, StatusEquals: filtersPage ? undefined : status }
  const { rows, nextToken } = await listJobPage<ListedRow>(source, asked, [
    { column: `(${WARM_POOL_STATUS})`, operator: '=', value: request.WarmPoolStatusEquals },
    { column: `(${TRAINING_PLAN_ARN})`, operator: '=', value: request.TrainingPlanArnEquals },
  ])
  const shown = filtersPage ? rows.filter((row) => row.status === status) : rows
  return { jobs: shown.map(fromRow), ...(nextToken !== undefined && { nextToken }) }
}

function fromRow(row: ListedRow): ListedJob {
  return {
    name: row.training_job_name,
    arn: row.training_job_arn,
    createdAt: row.created_at,
    ...(row.training_ended_at && { endedAt: row.training_ended_at }),
    modifiedAt: row.modified_at,
    status: row.status,
    secondaryStatus: row.secondary_status,
    keepAliveSeconds: row.keep_alive_seconds,
  }
}
