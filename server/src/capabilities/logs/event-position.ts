/**
 * A place between events. Events are in the order of their timestamps, then of their streams, then of
 * their arrival; a position stands just before the event that has these three values.
 */
export interface EventPosition {
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly streamId: number
  readonly sequence: number
}

const TIMESTAMP_DIGITS = 15
const STREAM_DIGITS = 20
const SEQUENCE_DIGITS = 21
const DIGITS = TIMESTAMP_DIGITS + STREAM_DIGITS + SEQUENCE_DIGITS

/** Beyond every event: what the digits of a timestamp hold, in the year 33658. */
export const LAST_INSTANT_MS = 10 ** TIMESTAMP_DIGITS - 1

export function atTime(timestamp: number): EventPosition {
  return { timestamp: Math.min(timestamp, LAST_INSTANT_MS), streamId: 0, sequence: 0 }
}

export function justAfter(event: EventPosition): EventPosition {
  return { ...event, sequence: event.sequence + 1 }
}

/** Negative when `a` comes first, 0 when they are the same. */
export function comparePositions(a: EventPosition, b: EventPosition): number {
  return a.timestamp - b.timestamp || a.streamId - b.streamId || a.sequence - b.sequence
}

export function laterOf(a: EventPosition, b: EventPosition): EventPosition {
  return comparePositions(a, b) >= 0 ? a : b
}

export function earlierOf(a: EventPosition, b: EventPosition): EventPosition {
  return comparePositions(a, b) <= 0 ? a : b
}

/** 56 digits, as CloudWatch writes the ids of events. */
export function formatPosition({ timestamp, streamId, sequence }: EventPosition): string {
  return (
    String(timestamp).padStart(TIMESTAMP_DIGITS, '0') +
    String(streamId).padStart(STREAM_DIGITS, '0') +
    String(sequence).padStart(SEQUENCE_DIGITS, '0')
  )
}

/** @returns undefined when `digits` was not made by `formatPosition` */
export function parsePosition(digits: string): EventPosition | undefined {
  if (digits.length !== DIGITS || !/^\d+$/.test(digits)) return undefined
  const position = {
    timestamp: Number(digits.slice(0, TIMESTAMP_DIGITS)),
    streamId: Number(digits.slice(TIMESTAMP_DIGITS, TIMESTAMP_DIGITS + STREAM_DIGITS)),
    sequence: Number(digits.slice(TIMESTAMP_DIGITS + STREAM_DIGITS)),
  }
  return Object.values(position).every(Number.isSafeInteger) ? position : undefined
}

/** Which way a page is read. */
export type Direction = 'forward' | 'backward'

/** GetLogEvents' token: `f/<digits>/s` reads on after the position, `b/<digits>/s` back before it. */
export function formatEventToken(direction: Direction, position: EventPosition): string {
  return `${direction === 'forward' ? 'f' : 'b'}/${formatPosition(position)}/s`
}

/** @returns undefined when `token` was not made by `formatEventToken` */
export function parseEventToken(
  token: string,
): { direction: Direction; position: EventPosition } | undefined {
  const match = /^([fb])\/(\d+)\/s$/.exec(token)
  const position = parsePosition(match?.[2] ?? '')
  return position && { direction: match?.[1] === 'f' ? 'forward' : 'backward', position }
}
