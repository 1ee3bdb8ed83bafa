import type {
  GetLogEventsCommandInput,
  GetLogEventsResponse,
  PutLogEventsCommandInput,
  PutLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Clock } from '../../base/clock.ts'
import { readingAt } from '../../base/steerable-clock.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { storeEvents } from './append.ts'
import {
  atTime,
  type Direction,
  type EventPosition,
  formatEventToken,
  justAfter,
  LAST_INSTANT_MS,
  laterOf,
  parseEventToken,
} from './event-position.ts'
import { readEvents, type StoredEvent, takePage } from './event-reader.ts'
import type { LogEvent } from './log-chunk.ts'
import { acceptEvents, runnerOffset, validateBatch } from './log-event.validation.ts'
import { requireLogGroup } from './log-group.operations.ts'
import type { LogGroupRecord } from './log-group.store.ts'
import { groupNameOf } from './log-group-name.ts'
import { findLogStream, findLogTarget, sequenceToken } from './log-stream.store.ts'
import { invalidNextToken, logGroupNotFound, logStreamNotFound } from './logs-errors.ts'

/** @source CloudWatch Logs API Reference, GetLogEvents */
export const PAGE_EVENTS_MAX = 10_000
export const PAGE_BYTES_MAX = 1_048_576
const DAY_MS = 86_400_000

/**
 * Stores a batch. Sequence tokens are ignored, as AWS does by now, but for those of the platform's own
 * runners. Those date by the machine's clock, which is translated into the platform's, and their batches are
 * kept whatever their times, so that a container's output is whole.
 * @throws invalidParameter, logGroupNotFound, logStreamNotFound
 */
export async function putLogEvents(
  input: PutLogEventsCommandInput,
  scope: RequestScope,
): Promise<PutLogEventsResponse> {
  const given = (input.logEvents ?? []).map(({ timestamp = 0, message = '' }) => ({
    timestamp,
    message,
  }))
  validateBatch(given)
  const target = await findLogTarget(scope.database, scope, {
    group: input.logGroupName ?? '',
    stream: input.logStreamName ?? '',
  })
  if (!target) throw logGroupNotFound()
  const { streamId, retentionDays } = target
  if (streamId === undefined) throw logStreamNotFound()
  const ingestedMs = scope.clock.now().getTime()
  const offset = runnerOffset(input.sequenceToken)
  const { events, rejected } =
    offset === undefined
      ? acceptEvents(given, { nowMs: ingestedMs, retentionDays })
      : { events: given.map((event) => dated(event, scope.clock)), rejected: undefined }
  const next =
    events.length === 0
      ? undefined
      : await storeEvents(scope.database, { streamId, ingestedMs, offset }, events)
  return {
    nextSequenceToken: sequenceToken(next ?? 0),
    ...(rejected ? { rejectedLogEventsInfo: { ...rejected } } : {}),
  }
}

function dated(event: LogEvent, clock: Clock): LogEvent {
  return { ...event, timestamp: readingAt(clock, new Date(event.timestamp)).getTime() }
}

/**
 * Reads one page of a stream: from its head, from its tail, or on from a token in the token's direction.
 * At an end of the stream the token that leads there comes back unchanged, and works again once there is
 * more. @throws invalidParameter, logGroupNotFound, logStreamNotFound
 */
export async function getLogEvents(
  input: GetLogEventsCommandInput,
  scope: RequestScope,
): Promise<GetLogEventsResponse> {
  const groupName = groupNameOf(input)
  const token = input.nextToken === undefined ? undefined : parseEventToken(input.nextToken)
  if (input.nextToken !== undefined && !token) throw invalidNextToken()
  const group = await requireLogGroup(scope, groupName)
  const stream = await findLogStream(scope.database, group.groupId, input.logStreamName ?? '')
  if (!stream) throw logStreamNotFound()

  const first = laterOf(atTime(input.startTime ?? 0), atTime(retentionHorizonMs(group, scope)))
  const beyond = atTime(input.endTime ?? LAST_INSTANT_MS)
  const direction = token?.direction ?? (input.startFromHead ? 'forward' : 'backward')
  const range = {
    streams: [stream],
    from: direction === 'forward' && token ? laterOf(token.position, first) : first,
    until: direction === 'backward' && token ? token.position : beyond,
  }
  const bounds = { eventsMax: input.limit ?? PAGE_EVENTS_MAX, bytesMax: PAGE_BYTES_MAX }
  const page = await takePage(readEvents(scope.database, range, direction), bounds)
  const events = direction === 'forward' ? page : page.toReversed()
  const emptyAt = token?.position ?? first
  return { events: events.map(eventShape), ...tokensAround(events, emptyAt) }
}

/** Events before this instant have expired by the group's retention; 0 where it has none. */
export function retentionHorizonMs(
  { retentionDays }: Pick<LogGroupRecord, 'retentionDays'>,
  { clock }: Pick<RequestScope, 'clock'>,
): number {
  if (retentionDays === undefined) return 0
  return Math.max(0, clock.now().getTime() - retentionDays * DAY_MS)
}

function tokensAround(
  events: readonly StoredEvent[],
  emptyAt: EventPosition,
): { nextForwardToken: string; nextBackwardToken: string } {
  const [head, tail] = [events[0], events.at(-1)]
  const at = (direction: Direction, position: EventPosition) =>
    formatEventToken(direction, position)
  return {
    nextForwardToken: at('forward', tail ? justAfter(tail) : emptyAt),
    nextBackwardToken: at('backward', head ?? emptyAt),
  }
}

function eventShape(event: StoredEvent) {
  const { timestamp, message, ingestedMs: ingestionTime } = event
  return { timestamp, message, ingestionTime }
}
