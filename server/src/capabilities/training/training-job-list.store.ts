import type {
  ListTrainingJobsRequest,
  SecondaryStatus,
  TrainingJobStatus,
} from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'

const PAGE_SIZE = 10
const SORT_COLUMNS = {
  Name: 'training_job_name',
  CreationTime: 'created_at',
  Status: 'status',
} as const

/** Where a page ends: the sorted value of its last row, and that row's name. */
interface PagePosition {
  readonly sortBy: keyof typeof SORT_COLUMNS
  readonly isDescending: boolean
  readonly value: string
  readonly name: string
}

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
 * One page of jobs, newest first by default. The next page begins after the last row of this one, so that
 * jobs which come or go meanwhile shift nothing.
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
  const sortBy = request.SortBy ?? 'CreationTime'
  const isDescending = request.SortOrder !== 'Ascending'
  const after = position(request.NextToken, { sortBy, isDescending })
  const limit = request.MaxResults ?? PAGE_SIZE
  const filtersPage = request.MaxResults !== undefined && request.StatusEquals !== undefined
  const column = SORT_COLUMNS[sortBy]
  const type = sortBy === 'CreationTime' ? 'timestamptz' : 'text'
  const direction = isDescending ? 'desc' : 'asc'
  const rows = await database.query<ListedRow>(
    `select training_job_name, training_job_arn, created_at, training_ended_at, modified_at, status,
       secondary_status,
       coalesce((request #>> '{ResourceConfig,KeepAlivePeriodInSeconds}')::int, 0) as keep_alive_seconds
     from training_job
     where realm = $1 and region = $2
       and ($3::timestamptz is null or created_at > $3)
       and ($4::timestamptz is null or created_at < $4)
       and ($5::timestamptz is null or modified_at > $5)
       and ($6::timestamptz is null or modified_at < $6)
       and ($7::text is null or strpos(training_job_name, $7) > 0)
       and ($8::text is null or status = $8)
       and ($9::text is null or (${WARM_POOL_STATUS}) = $9)
       and ($10::text is null or request #>> '{ResourceConfig,TrainingPlanArn}' = $10)
       and ($11::text is null
         or (${column}, training_job_name) ${isDescending ? '<' : '>'} ($11::${type}, $12::text))
     order by ${column} ${direction}, training_job_name ${direction}
     limit $13`,
    [
      ...[place.realm, place.region],
      ...[request.CreationTimeAfter ?? null, request.CreationTimeBefore ?? null],
      ...[request.LastModifiedTimeAfter ?? null, request.LastModifiedTimeBefore ?? null],
      request.NameContains ?? null,
      filtersPage ? null : (request.StatusEquals ?? null),
      ...[request.WarmPoolStatusEquals ?? null, request.TrainingPlanArnEquals ?? null],
      ...[after?.value ?? null, after?.name ?? null],
      limit + 1,
    ],
  )
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const shown = filtersPage ? page.filter(({ status }) => status === request.StatusEquals) : page
  const jobs = shown.map(fromRow)
  if (rows.length <= limit || !last) return { jobs }
  const sorted = last[column]
  const value = sorted instanceof Date ? sorted.toISOString() : sorted
  const end: PagePosition = { sortBy, isDescending, value, name: last.training_job_name }
  return { jobs, nextToken: encodePageToken({ ...end }) }
}

/** A pool is in use while its job is, and ends with it: no instance is kept here. */
const WARM_POOL_STATUS = `case
  when coalesce((request #>> '{ResourceConfig,KeepAlivePeriodInSeconds}')::int, 0) = 0 then null
  when status in ('InProgress', 'Stopping') then 'InUse' else 'Terminated' end`

function position(
  token: string | undefined,
  order: Pick<PagePosition, 'sortBy' | 'isDescending'>,
): PagePosition | undefined {
  if (token === undefined) return undefined
  const read = decodePageToken<PagePosition>(token)
  const isOurs =
    read?.sortBy === order.sortBy &&
    read.isDescending === order.isDescending &&
    typeof read.name === 'string' &&
    typeof read.value === 'string' &&
    (order.sortBy !== 'CreationTime' || !Number.isNaN(Date.parse(read.value)))
  if (isOurs) return read
  throw validationException(
    'The NextToken is not valid: give the one of the page before, with the same SortBy and SortOrder.',
  )
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
