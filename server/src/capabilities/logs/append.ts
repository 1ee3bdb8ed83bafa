import type { Queryable } from '../../platform/database/database.ts'
import type { Place, Platform } from '../../platform/scope.ts'
import { insertChunk } from './log-chunk.store.ts'
import { encodeChunk, eventBytes, type LogEvent } from './log-chunk.ts'
import { findLogGroup, insertLogGroup } from './log-group.store.ts'
import { logGroupArn, logStreamArn } from './log-group-name.ts'
import { findLogTarget, insertLogStream } from './log-stream.store.ts'

/** As many as one PutLogEvents may carry. */
const CHUNK_EVENTS_MAX = 10_000

/**
 * Stores a batch in a stream. The events are in the order of their timestamps.
 * @returns the stream's next sequence; undefined when the runner's batch was stored before
 */
export async function storeEvents(
  database: Queryable,
  target: { streamId: number; ingestedMs: number; offset: number | undefined },
  events: readonly LogEvent[],
): Promise<number | undefined> {
  return insertChunk(database, {
    ...target,
    count: events.length,
    minMs: events[0]?.timestamp ?? 0,
    maxMs: events.at(-1)?.timestamp ?? 0,
    bytes: events.reduce((sum, event) => sum + eventBytes(event), 0),
    packed: await encodeChunk(events),
  })
}

/**
 * Writes into a log as the platform itself, for capabilities that have something to say; makes the group
 * and the stream where they are not there. Events of one call end up in the order of their timestamps.
 */
export async function appendLogEvents(
  scope: Pick<Platform, 'database' | 'clock'> & Place,
  { group, stream, events }: { group: string; stream: string; events: readonly LogEvent[] },
): Promise<void> {
  const streamId = await ensureStream(scope, { group, stream })
  const ordered = events.toSorted((a, b) => a.timestamp - b.timestamp)
  const ingestedMs = scope.clock.now().getTime()
  for (let start = 0; start < ordered.length; start += CHUNK_EVENTS_MAX) {
    const batch = ordered.slice(start, start + CHUNK_EVENTS_MAX)
    await storeEvents(scope.database, { streamId, ingestedMs, offset: undefined }, batch)
  }
}

async function ensureStream(
  scope: Pick<Platform, 'database' | 'clock'> & Place,
  name: { group: string; stream: string },
): Promise<number> {
  for (;;) {
    const target = await findLogTarget(scope.database, scope, name)
    if (target?.streamId !== undefined) return target.streamId
    const createdAt = scope.clock.now()
    await insertLogGroup(scope.database, scope, {
      name: name.group,
      arn: logGroupArn(scope, name.group),
      class: 'STANDARD',
      kmsKeyId: undefined,
      isProtected: false,
      tags: {},
      createdAt,
    })
    const group = await findLogGroup(scope.database, scope, name.group)
    if (!group) continue
    const arn = logStreamArn(group.arn, name.stream)
    await insertLogStream(scope.database, group.groupId, { name: name.stream, arn, createdAt })
  }
}
