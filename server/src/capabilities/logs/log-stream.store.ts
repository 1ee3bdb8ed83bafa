import type { LogStream } from '@aws-sdk/client-cloudwatch-logs'
import { isUniqueViolation, type Queryable, type Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'

/** A log stream's row. */
export interface LogStreamRecord {
  readonly streamId: number
  readonly name: string
  readonly arn: string
  readonly createdAt: Date
  readonly nextSequence: number
  readonly firstEventMs: number | undefined
  readonly lastEventMs: number | undefined
  readonly lastIngestionMs: number | undefined
  /** No event of one chunk is further than this from another of it. */
  readonly chunkSpanMs: number
}

/** Where a batch goes: found in one look, before the batch is checked. */
export interface LogTarget {
  readonly streamId: number | undefined
  readonly retentionDays: number | undefined
}

interface LogStreamRow extends Row {
  stream_id: number
  name: string
  arn: string
  created_at: Date
  next_sequence: number
  first_event_ms: number | null
  last_event_ms: number | null
  last_ingestion_ms: number | null
  chunk_span_ms: number
}

const SELECT = `select stream_id, name, arn, created_at, next_sequence, first_event_ms, last_event_ms,
  last_ingestion_ms, chunk_span_ms from log_stream`

/** @returns false when the name is in use */
export async function insertLogStream(
  database: Queryable,
  groupId: number,
  stream: Pick<LogStreamRecord, 'name' | 'arn' | 'createdAt'>,
): Promise<boolean> {
  try {
    await database.query(
      'insert into log_stream (group_id, name, arn, created_at) values ($1, $2, $3, $4)',
      [groupId, stream.name, stream.arn, stream.createdAt],
    )
    return true
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}

/** @returns undefined when there is no such group */
export async function findLogTarget(
  database: Queryable,
  { realm, region }: Pick<Place, 'realm' | 'region'>,
  { group, stream }: { group: string; stream: string },
): Promise<LogTarget | undefined> {
  const rows = await database.query<{ stream_id: number | null; retention_days: number | null }>(
    `select s.stream_id, g.retention_days from log_group g
     left join log_stream s on s.group_id = g.group_id and s.name = $4
     where g.realm = $1 and g.region = $2 and g.name = $3`,
    [realm, region, group, stream],
  )
  const row = rows[0]
  return (
    row && {
      streamId: row.stream_id ?? undefined,
      retentionDays: row.retention_days ?? undefined,
    }
  )
}

export async function findLogStream(
  database: Queryable,
  groupId: number,
  name: string,
): Promise<LogStreamRecord | undefined> {
  const rows = await database.query<LogStreamRow>(`${SELECT} where group_id = $1 and name = $2`, [
    groupId,
    name,
  ])
  return rows[0] && logStreamRecord(rows[0])
}

/** In the order of names; the page begins beyond `afterName` in the direction of reading. */
export async function selectStreamsByName(
  database: Queryable,
  groupId: number,
  page: { prefix: string; descending: boolean; afterName: string | undefined; limit: number },
): Promise<readonly LogStreamRecord[]> {
  const { beyond, order } = direction(page.descending)
  const rows = await database.query<LogStreamRow>(
    `${SELECT} where group_id = $1 and name >= $2 and starts_with(name, $2)
       and ($3::text is null or name ${beyond} $3)
     order by name ${order} limit $4`,
    [groupId, page.prefix, page.afterName, page.limit],
  )
  return rows.map(logStreamRecord)
}

/** In the order of their last events; streams without any count as the oldest. */
export async function selectStreamsByLastEvent(
  database: Queryable,
  groupId: number,
  page: {
    descending: boolean
    after: { lastEventMs: number; name: string } | undefined
    limit: number
  },
): Promise<readonly LogStreamRecord[]> {
  const { beyond, order } = direction(page.descending)
  const rows = await database.query<LogStreamRow>(
    `${SELECT} where group_id = $1
       and ($2::bigint is null or (coalesce(last_event_ms, 0), name) ${beyond} ($2, $3))
     order by coalesce(last_event_ms, 0) ${order}, name ${order} limit $4`,
    [groupId, page.after?.lastEventMs, page.after?.name, page.limit],
  )
  return rows.map(logStreamRecord)
}

/** The streams that a search goes through: by names or prefix, with events at `sinceMs` or later. */
export async function selectStreamsToSearch(
  database: Queryable,
  groupId: number,
  search: { names: readonly string[] | undefined; prefix: string; sinceMs: number },
): Promise<readonly LogStreamRecord[]> {
  const rows = await database.query<LogStreamRow>(
    `${SELECT} where group_id = $1 and ($2::text[] is null or name = any($2))
       and starts_with(name, $3) and last_event_ms >= $4`,
    [groupId, search.names, search.prefix, search.sinceMs],
  )
  return rows.map(logStreamRecord)
}

export async function countStreamsNamed(
  database: Queryable,
  groupId: number,
  names: readonly string[],
): Promise<number> {
  const rows = await database.query<{ count: number }>(
    `select count(*)::integer as count from log_stream
     where group_id = $1 and name = any($2::text[])`,
    [groupId, names],
  )
  return rows[0]?.count ?? 0
}

/** Deletes the stream with its events. @returns whether there was one */
export async function deleteLogStreamRecord(
  database: Queryable,
  groupId: number,
  name: string,
): Promise<boolean> {
  const rows = await database.query(
    'delete from log_stream where group_id = $1 and name = $2 returning stream_id',
    [groupId, name],
  )
  return rows.length > 0
}

/** The row in CloudWatch Logs' shape. AWS reports no stored bytes for streams since 2019. */
export function logStreamShape(stream: LogStreamRecord): LogStream {
  return {
    logStreamName: stream.name,
    arn: stream.arn,
    creationTime: stream.createdAt.getTime(),
    storedBytes: 0,
    uploadSequenceToken: sequenceToken(stream.nextSequence),
    ...(stream.firstEventMs === undefined ? {} : { firstEventTimestamp: stream.firstEventMs }),
    ...(stream.lastEventMs === undefined ? {} : { lastEventTimestamp: stream.lastEventMs }),
    ...(stream.lastIngestionMs === undefined ? {} : { lastIngestionTime: stream.lastIngestionMs }),
  }
}

/** What older clients expect to send back; it is not looked at. */
export function sequenceToken(nextSequence: number): string {
  return `49${String(nextSequence).padStart(54, '0')}`
}

function direction(descending: boolean): { beyond: '<' | '>'; order: 'asc' | 'desc' } {
  return descending ? { beyond: '<', order: 'desc' } : { beyond: '>', order: 'asc' }
}

function logStreamRecord(row: LogStreamRow): LogStreamRecord {
  return {
    streamId: row.stream_id,
    name: row.name,
    arn: row.arn,
    createdAt: row.created_at,
    nextSequence: row.next_sequence,
    firstEventMs: row.first_event_ms ?? undefined,
    lastEventMs: row.last_event_ms ?? undefined,
    lastIngestionMs: row.last_ingestion_ms ?? undefined,
    chunkSpanMs: row.chunk_span_ms,
  }
}
