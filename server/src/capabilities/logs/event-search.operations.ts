import type {
  FilteredLogEvent,
  FilterLogEventsCommandInput,
  FilterLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import {
  atTime,
  type Direction,
  type EventPosition,
  earlierOf,
  formatPosition,
  justAfter,
  LAST_INSTANT_MS,
  laterOf,
  parsePosition,
} from './event-position.ts'
import { readEvents, type StoredEvent } from './event-reader.ts'
import { compileFilterPattern, type MessageFilter } from './filter-pattern.ts'
import { eventBytes } from './log-chunk.ts'
import { PAGE_BYTES_MAX, PAGE_EVENTS_MAX, retentionHorizonMs } from './log-event.operations.ts'
import { requireLogGroup } from './log-group.operations.ts'
import { groupNameOf } from './log-group-name.ts'
import {
  countStreamsNamed,
  type LogStreamRecord,
  selectStreamsToSearch,
} from './log-stream.store.ts'
import { invalidNextToken, invalidParameter, logStreamNotFound } from './logs-errors.ts'

/** Looked through for one answer, so that a rare term in a large group does not hold a client up. */
const SCANNED_BYTES_MAX = 32 * 1_048_576

/** What one page found, and where the next begins; absent when all is searched. */
interface Found {
  readonly events: readonly StoredEvent[]
  readonly next: EventPosition | undefined
}

/**
 * Searches the streams of a group, their events interleaved in the order of time. A page may be empty and
 * still have a `nextToken`. @throws invalidParameter, logGroupNotFound, logStreamNotFound
 */
export async function filterLogEvents(
  input: FilterLogEventsCommandInput,
  scope: RequestScope,
): Promise<FilterLogEventsResponse> {
  const groupName = groupNameOf(input)
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('logStreamNamePrefix and logStreamNames cannot be given together.')
  }
  const matches = compileFilterPattern(input.filterPattern ?? '')
  const token = input.nextToken === undefined ? undefined : tokenOf(input.nextToken)
  const direction = token?.direction ?? (input.startFromHead === false ? 'backward' : 'forward')

  const group = await requireLogGroup(scope, groupName)
  const first = atTime(Math.max(input.startTime ?? 0, retentionHorizonMs(group, scope)))
  const beyond = input.endTime === undefined ? atTime(LAST_INSTANT_MS) : atTime(input.endTime + 1)
  const from = token && direction === 'forward' ? laterOf(token.position, first) : first
  const until = token && direction === 'backward' ? earlierOf(token.position, beyond) : beyond
  const streams = await streamsToSearch(group.groupId, { input, scope, sinceMs: from.timestamp })

  const reading = readEvents(scope.database, { streams, from, until }, direction)
  const found = await search(reading, { matches, direction, limit: input.limit ?? PAGE_EVENTS_MAX })
  const names = new Map(streams.map(({ streamId, name }) => [streamId, name]))
  return {
    events: found.events.map((event) => eventShape(event, names.get(event.streamId) ?? '')),
    searchedLogStreams: [],
    ...(found.next ? { nextToken: tokenAt(direction, found.next) } : {}),
  }
}

async function streamsToSearch(
  groupId: number,
  options: { input: FilterLogEventsCommandInput; scope: RequestScope; sinceMs: number },
): Promise<readonly LogStreamRecord[]> {
  const { input, scope, sinceMs } = options
  const names = input.logStreamNames && [...new Set(input.logStreamNames)]
  if (names && (await countStreamsNamed(scope.database, groupId, names)) < names.length) {
    throw logStreamNotFound()
  }
  const prefix = input.logStreamNamePrefix ?? ''
  return selectStreamsToSearch(scope.database, groupId, { names, prefix, sinceMs })
}

async function search(
  reading: AsyncIterable<readonly StoredEvent[]>,
  options: { matches: MessageFilter; direction: Direction; limit: number },
): Promise<Found> {
  const { matches, direction, limit } = options
  const beyond = (event: StoredEvent): EventPosition =>
    direction === 'forward' ? justAfter(event) : event
  const events: StoredEvent[] = []
  let foundBytes = 0
  let scannedBytes = 0
  for await (const run of reading) {
    for (const event of run) {
      const bytes = eventBytes(event)
      scannedBytes += bytes
      if (matches(event.message)) {
        events.push(event)
        foundBytes += bytes
      }
      const isFull = events.length >= limit || foundBytes >= PAGE_BYTES_MAX
      if (isFull || scannedBytes >= SCANNED_BYTES_MAX) return { events, next: beyond(event) }
    }
  }
  return { events, next: undefined }
}

function eventShape(event: StoredEvent, logStreamName: string): FilteredLogEvent {
  return {
    logStreamName,
    timestamp: event.timestamp,
    message: event.message,
    ingestionTime: event.ingestedMs,
    eventId: formatPosition(event),
  }
}

function tokenAt(direction: Direction, position: EventPosition): string {
  return encodePageToken({ direction, at: formatPosition(position) })
}

function tokenOf(token: string): { direction: Direction; position: EventPosition } {
  const { direction, at } = decodePageToken<{ direction?: unknown; at?: unknown }>(token) ?? {}
  const position = parsePosition(String(at))
  if ((direction !== 'forward' && direction !== 'backward') || !position) throw invalidNextToken()
  return { direction, position }
}
