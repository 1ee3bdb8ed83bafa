import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Direction, EventPosition } from './event-position.ts'
import { decodeChunk, type LogEvent } from './log-chunk.ts'

/** What is known of a chunk without unpacking it. */
export interface ChunkHeader {
  readonly streamId: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly minMs: number
  readonly maxMs: number
  readonly ingestedMs: number
  readonly bytes: number
}

/** A batch on its way into a stream. */
export interface ChunkInsert {
  readonly streamId: number
  readonly count: number
  readonly minMs: number
  readonly maxMs: number
  readonly ingestedMs: number
  readonly bytes: number
  readonly packed: Buffer
  /** Where a runner's batch begins in its output file; see `runnerOffset`. */
  readonly offset: number | undefined
}

/** The part of some streams' order of events that is read. */
export interface ChunkRange {
  readonly streams: readonly { readonly streamId: number; readonly chunkSpanMs: number }[]
  /** From here on. */
  readonly from: EventPosition
  /** Up to here. */
  readonly until: EventPosition
}

interface HeaderRow extends Row {
  stream_id: number
  first_sequence: number
  last_sequence: number
  min_ms: number
  max_ms: number
  ingested_ms: number
  bytes: number
}

const HEADER = 'c.stream_id, first_sequence, last_sequence, min_ms, max_ms, ingested_ms, bytes'

/**
 * Appends a chunk and brings its stream up to date, in one statement: batches of one stream wait for each
 * other, so that sequences follow the order of arrival.
 * @returns the stream's next sequence; undefined when the runner's batch was stored before
 */
export async function insertChunk(
  database: Queryable,
  chunk: ChunkInsert,
): Promise<number | undefined> {
  const rows = await database.query<{ next_sequence: number }>(
    `with stream as (
       update log_stream set
         next_sequence = next_sequence + $2,
         first_event_ms = least(first_event_ms, $3),
         last_event_ms = greatest(last_event_ms, $4),
         last_ingestion_ms = $5,
         stored_bytes = stored_bytes + $6,
         chunk_span_ms = greatest(chunk_span_ms, $4::bigint - $3::bigint),
         last_offset = coalesce($8, last_offset)
       where stream_id = $1 and ($8::bigint is null or last_offset is null or last_offset < $8)
       returning stream_id, next_sequence
     ), chunk as (
       insert into log_chunk (stream_id, first_sequence, last_sequence, min_ms, max_ms, ingested_ms,
         bytes, events)
       select stream_id, next_sequence - $2, next_sequence - 1, $3, $4, $5, $6, $7::bytea from stream
     )
     select next_sequence from stream`,
    [
      chunk.streamId,
      chunk.count,
      chunk.minMs,
      chunk.maxMs,
      chunk.ingestedMs,
      chunk.bytes,
      chunk.packed,
      chunk.offset,
    ],
  )
  return rows[0]?.next_sequence
}

/**
 * The headers of up to `limit` chunks that hold events of the range, in the order in which they begin, or
 * read backward, in which they end; those beyond `after` only.
 */
export async function selectChunkHeaders(
  database: Queryable,
  range: ChunkRange,
  page: { direction: Direction; after: ChunkHeader | undefined; limit: number },
): Promise<readonly ChunkHeader[]> {
  const { streams, from, until } = range
  const forward = page.direction === 'forward'
  const after = page.after && (forward ? beginOf(page.after) : endOf(page.after))
  const rows = await database.query<HeaderRow>(forward ? FORWARD : BACKWARD, [
    streams.map(({ streamId }) => streamId),
    streams.map(({ chunkSpanMs }) => chunkSpanMs),
    ...[from.timestamp, from.streamId, from.sequence],
    ...[until.timestamp, until.streamId, until.sequence],
    ...[after?.timestamp, after?.streamId, after?.sequence],
    page.limit,
  ])
  return rows.map(chunkHeader)
}

// Within a stream no chunk that reaches `from` begins more than the stream's span before it, and none that
// begins before `until` ends more than the span behind it: both ends of the scan are bounded by an index.
const FORWARD = `select ${HEADER} from unnest($1::bigint[], $2::bigint[]) as s (stream_id, span_ms)
  cross join lateral (
    select ${HEADER} from log_chunk c
    where c.stream_id = s.stream_id
      and min_ms >= greatest($3::bigint - s.span_ms, $9::bigint) and min_ms <= $6::bigint
      and (max_ms, c.stream_id, last_sequence) >= ($3, $4::bigint, $5::bigint)
      and (min_ms, c.stream_id, first_sequence) < ($6, $7::bigint, $8::bigint)
      and ($9::bigint is null or (min_ms, c.stream_id, first_sequence) > ($9, $10::bigint, $11::bigint))
    order by min_ms, first_sequence limit $12
  ) c
  order by min_ms, c.stream_id, first_sequence limit $12`

const BACKWARD = `select ${HEADER} from unnest($1::bigint[], $2::bigint[]) as s (stream_id, span_ms)
  cross join lateral (
    select ${HEADER} from log_chunk c
    where c.stream_id = s.stream_id
      and max_ms <= least($6::bigint + s.span_ms, $9::bigint) and max_ms >= $3::bigint
      and (max_ms, c.stream_id, last_sequence) >= ($3, $4::bigint, $5::bigint)
      and (min_ms, c.stream_id, first_sequence) < ($6, $7::bigint, $8::bigint)
      and ($9::bigint is null or (max_ms, c.stream_id, last_sequence) < ($9, $10::bigint, $11::bigint))
    order by max_ms desc, last_sequence desc limit $12
  ) c
  order by max_ms desc, c.stream_id desc, last_sequence desc limit $12`

/** Unpacks chunks. @returns the events of each, by stream and first sequence; see `chunkKey` */
export async function readChunks(
  database: Queryable,
  headers: readonly ChunkHeader[],
): Promise<ReadonlyMap<string, readonly LogEvent[]>> {
  const rows = await database.query<{ stream_id: number; first_sequence: number; events: Buffer }>(
    `select stream_id, first_sequence, events from log_chunk
     join unnest($1::bigint[], $2::bigint[]) as wanted (stream_id, first_sequence)
       using (stream_id, first_sequence)`,
    [headers.map((header) => header.streamId), headers.map((header) => header.firstSequence)],
  )
  const unpacked = rows.map(async (row) => {
    const key = chunkKey({ streamId: row.stream_id, firstSequence: row.first_sequence })
    return [key, await decodeChunk(row.events)] as const
  })
  return new Map(await Promise.all(unpacked))
}

export function chunkKey(chunk: Pick<ChunkHeader, 'streamId' | 'firstSequence'>): string {
  return `${chunk.streamId}/${chunk.firstSequence}`
}

/** The position of a chunk's first event. */
export function beginOf({ minMs, streamId, firstSequence }: ChunkHeader): EventPosition {
  return { timestamp: minMs, streamId, sequence: firstSequence }
}

/** The position of its last event. */
export function endOf({ maxMs, streamId, lastSequence }: ChunkHeader): EventPosition {
  return { timestamp: maxMs, streamId, sequence: lastSequence }
}

/** Deletes up to `limit` chunks that end before their group's retention allows. @returns how many */
export async function deleteExpiredChunks(
  database: Queryable,
  { nowMs, limit }: { nowMs: number; limit: number },
): Promise<number> {
  const rows = await database.query<{ deleted: number }>(
    `with expired as (
       select c.stream_id, c.first_sequence from log_group g
       join log_stream s using (group_id) join log_chunk c using (stream_id)
       where c.max_ms < $1::bigint - g.retention_days * 86400000::bigint limit $2
     ), gone as (
       delete from log_chunk c using expired e
       where c.stream_id = e.stream_id and c.first_sequence = e.first_sequence
       returning c.stream_id, c.bytes
     ), per_stream as (select stream_id, sum(bytes) as bytes from gone group by stream_id),
     shrunk as (
       update log_stream s set stored_bytes = s.stored_bytes - p.bytes
       from per_stream p where s.stream_id = p.stream_id
     )
     select count(*)::integer as deleted from gone`,
    [nowMs, limit],
  )
  return rows[0]?.deleted ?? 0
}

function chunkHeader(row: HeaderRow): ChunkHeader {
  return {
    streamId: row.stream_id,
    firstSequence: row.first_sequence,
    lastSequence: row.last_sequence,
    minMs: row.min_ms,
    maxMs: row.max_ms,
    ingestedMs: row.ingested_ms,
    bytes: row.bytes,
  }
}
