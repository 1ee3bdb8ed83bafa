import type { LogEvent } from './log-chunk.ts'
import { eventBytes } from './log-chunk.ts'
import { invalidParameter } from './logs-errors.ts'

/** @source CloudWatch Logs API Reference, PutLogEvents */
const BATCH_BYTES_MAX = 1_048_576
const DAY_MS = 86_400_000
const TOO_OLD_MS = 14 * DAY_MS
const TOO_NEW_MS = 2 * 3_600_000
const SPAN_MS_MAX = DAY_MS

/** The events of a batch that are kept, and why the others are not. */
export interface AcceptedEvents {
  readonly events: readonly LogEvent[]
  readonly rejected: RejectedEvents | undefined
}

/** Indices into the batch, as CloudWatch reports them: ends are exclusive. */
export interface RejectedEvents {
  tooNewLogEventStartIndex?: number
  tooOldLogEventEndIndex?: number
  expiredLogEventEndIndex?: number
}

/** @throws invalidParameter when the batch is too large or out of order */
export function validateBatch(events: readonly LogEvent[]): void {
  const bytes = events.reduce((sum, event) => sum + eventBytes(event), 0)
  if (bytes > BATCH_BYTES_MAX) {
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`)
  }
  const isOrdered = events.every(
    (event, index) => event.timestamp >= (events[index - 1]?.timestamp ?? 0),
  )
  if (!isOrdered) {
    throw invalidParameter(
      'Log events in a single PutLogEvents request must be in chronological order.',
    )
  }
}

/**
 * Parts a batch that is in order into what is kept and what is too old, expired or too new.
 * @throws invalidParameter when what is kept spans more than 24 hours
 */
export function acceptEvents(
  events: readonly LogEvent[],
  { nowMs, retentionDays }: { nowMs: number; retentionDays: number | undefined },
): AcceptedEvents {
  const tooOld = countBefore(events, nowMs - TOO_OLD_MS)
  const horizonMs = retentionDays === undefined ? 0 : nowMs - retentionDays * DAY_MS
  const expired = countBefore(events, horizonMs)
  const tooNewFrom = countBefore(events, nowMs + TOO_NEW_MS + 1)
  const kept = events.slice(Math.max(tooOld, expired), tooNewFrom)
  const spanMs = (kept.at(-1)?.timestamp ?? 0) - (kept[0]?.timestamp ?? 0)
  if (spanMs > SPAN_MS_MAX) {
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    )
  }
  const rejected: RejectedEvents = {
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > tooOld ? { expiredLogEventEndIndex: expired } : {}),
    ...(tooNewFrom < events.length ? { tooNewLogEventStartIndex: tooNewFrom } : {}),
  }
  return { events: kept, rejected: Object.keys(rejected).length > 0 ? rejected : undefined }
}

/**
 * Where a batch of the platform's own runners begins in the container's output: runners send
 * `sagebrush-<bytes>` as the sequence token, which CloudWatch ignores, so that a batch which is sent again
 * after a lost answer is stored once.
 * @returns undefined for everybody else's tokens
 */
export function runnerOffset(sequenceToken: string | undefined): number | undefined {
  const digits = /^sagebrush-(\d{1,20})$/.exec(sequenceToken ?? '')?.[1]
  const offset = Number(digits)
  return digits !== undefined && Number.isSafeInteger(offset) ? offset : undefined
}

/** How many events of an ordered batch are earlier than `instantMs`. */
function countBefore(events: readonly LogEvent[], instantMs: number): number {
  const index = events.findIndex(({ timestamp }) => timestamp >= instantMs)
  return index < 0 ? events.length : index
}
