import type { Queryable } from '../../platform/database/database.ts'
import { comparePositions, type Direction, type EventPosition } from './event-position.ts'
import {
  beginOf,
  type ChunkHeader,
  type ChunkRange,
  chunkKey,
  endOf,
  readChunks,
  selectChunkHeaders,
} from './log-chunk.store.ts'
import { eventBytes } from './log-chunk.ts'

/** An event as it is stored. */
export interface StoredEvent extends EventPosition {
  readonly message: string
  readonly ingestedMs: number
}

const HEADERS_PER_QUERY = 256
/** Unpacked at a time: a page of the API is no larger. */
const GROUP_BYTES = 1_048_576

/**
 * The events of a range in their order, or read backward against it, in runs. Only chunks that touch the
 * range are looked at, and no more of them are unpacked than the reader takes.
 */
export async function* readEvents(
  database: Queryable,
  range: ChunkRange,
  direction: Direction,
): AsyncGenerator<readonly StoredEvent[]> {
  if (range.streams.length === 0) return
  const sign = direction === 'forward' ? 1 : -1
  const nearEndOf = direction === 'forward' ? beginOf : endOf
  const inOrder = (a: EventPosition, b: EventPosition): number => sign * comparePositions(a, b)
  const headers = headerQueue(database, range, direction)
  // events of chunks that overlap with one that is not unpacked yet
  let waiting: StoredEvent[] = []

  for (;;) {
    const { group, next } = await headers.take(GROUP_BYTES)
    if (group.length > 0) waiting.push(...(await unpack(database, group, range)))
    waiting.sort(inOrder)
    const border = next && nearEndOf(next)
    const ready = border ? waiting.filter((event) => inOrder(event, border) < 0) : waiting
    waiting = waiting.slice(ready.length)
    if (ready.length > 0) yield ready
    if (!next) return
  }
}

interface HeaderQueue {
  /** Headers of chunks that hold `bytes` together, or of one that holds more; and the one behind them. */
  take(bytes: number): Promise<{ group: readonly ChunkHeader[]; next: ChunkHeader | undefined }>
}

function headerQueue(database: Queryable, range: ChunkRange, direction: Direction): HeaderQueue {
  let queue: ChunkHeader[] = []
  let last: ChunkHeader | undefined
  let isComplete = false
  const fill = async (): Promise<void> => {
    const page = { direction, after: last, limit: HEADERS_PER_QUERY }
    const found = await selectChunkHeaders(database, range, page)
    isComplete = found.length < HEADERS_PER_QUERY
    last = found.at(-1) ?? last
    queue.push(...found)
  }
  return {
    take: async (bytes) => {
      const group: ChunkHeader[] = []
      let taken = 0
      for (;;) {
        if (queue.length === 0 && !isComplete) await fill()
        const next = queue[0]
        if (!next || (group.length > 0 && taken + next.bytes > bytes)) return { group, next }
        queue = queue.slice(1)
        group.push(next)
        taken += next.bytes
      }
    },
  }
}

async function unpack(
  database: Queryable,
  headers: readonly ChunkHeader[],
  { from, until }: ChunkRange,
): Promise<readonly StoredEvent[]> {
  const chunks = await readChunks(database, headers)
  return headers.flatMap(({ streamId, firstSequence, ingestedMs }) => {
    // a chunk that retention or a deletion took in the meantime has no events
    const events = chunks.get(chunkKey({ streamId, firstSequence })) ?? []
    return events
      .map(({ timestamp, message }, index) => ({
        timestamp,
        streamId,
        sequence: firstSequence + index,
        message,
        ingestedMs,
      }))
      .filter((event) => comparePositions(event, from) >= 0 && comparePositions(event, until) < 0)
  })
}

/** How much fits into one answer. */
export interface PageBounds {
  readonly eventsMax: number
  readonly bytesMax: number
}

/** Takes from a reading until the page is full; at least one event where there is any. */
export async function takePage(
  reading: AsyncIterable<readonly StoredEvent[]>,
  bounds: PageBounds,
): Promise<readonly StoredEvent[]> {
  const page: StoredEvent[] = []
  let bytes = 0
  for await (const run of reading) {
    for (const event of run) {
      bytes += eventBytes(event)
      if (page.length > 0 && bytes > bounds.bytesMax) return page
      page.push(event)
      if (page.length >= bounds.eventsMax) return page
    }
  }
  return page
}
