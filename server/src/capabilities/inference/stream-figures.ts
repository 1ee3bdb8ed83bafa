import { LatencyHistogram, type LatencySummary, mergeLatencies } from './latency-histogram.ts'

/** How one answer was streamed. */
export interface StreamOutcome {
  /** From the request's first byte to the answer's first chunk, and the container's and our part of it. */
  readonly chunkUs: number
  readonly chunkModelUs: number
  readonly chunkOverheadUs: number
  /** It ended before it was complete. */
  readonly isBroken: boolean
}

/** What was streamed in one second. */
export interface StreamBucket {
  readonly answers: number
  readonly broken: number
  /** Microseconds. */
  readonly chunk: LatencySummary | undefined
  readonly chunkModel: LatencySummary | undefined
  readonly chunkOverhead: LatencySummary | undefined
}

/** Counts the answers of a variant that are streamed. */
export class StreamFigures {
  private answers = 0
  private broken = 0
  private readonly chunk = new LatencyHistogram()
  private readonly chunkModel = new LatencyHistogram()
  private readonly chunkOverhead = new LatencyHistogram()

  count({ chunkUs, chunkModelUs, chunkOverheadUs, isBroken }: StreamOutcome): void {
    this.answers++
    if (isBroken) this.broken++
    this.chunk.add(chunkUs)
    this.chunkModel.add(chunkModelUs)
    this.chunkOverhead.add(chunkOverheadUs)
  }

  /** Takes out all that was counted. @returns undefined when nothing was */
  take(): StreamBucket | undefined {
    const { answers, broken } = this
    if (answers === 0) return undefined
    this.answers = 0
    this.broken = 0
    return {
      ...{ answers, broken },
      chunk: this.chunk.take(),
      chunkModel: this.chunkModel.take(),
      chunkOverhead: this.chunkOverhead.take(),
    }
  }
}

export function mergeStreams(
  one: StreamBucket | undefined,
  other: StreamBucket | undefined,
): StreamBucket | undefined {
  if (!one || !other) return one ?? other
  return {
    answers: one.answers + other.answers,
    broken: one.broken + other.broken,
    chunk: mergeLatencies(one.chunk, other.chunk),
    chunkModel: mergeLatencies(one.chunkModel, other.chunkModel),
    chunkOverhead: mergeLatencies(one.chunkOverhead, other.chunkOverhead),
  }
}
