import { ChunkedDecoder } from './chunked-decoder.ts'
import type { BodyFraming } from './message-head.ts'

/** Takes a body's bytes out of a connection's, whatever frames them. */
export class BodyDecoder {
  /** True when the body has come completely. */
  done: boolean
  private remaining: number
  private readonly chunked: ChunkedDecoder | undefined

  constructor(framing: BodyFraming) {
    this.done = framing.kind === 'none'
    this.remaining = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY
    this.chunked = framing.kind === 'chunked' ? new ChunkedDecoder() : undefined
  }

  /** Trailer lines as they came, each with its line end; after `done`. */
  get trailers(): string {
    return this.chunked?.trailers ?? ''
  }

  /**
   * Gives the body's part of `bytes` to `data`, in pieces.
   *
   * @returns how many bytes belonged to the message; what follows is the next one's
   * @throws MalformedMessage when the chunks are not framed as they must be
   */
  push(bytes: Buffer, data: (piece: Buffer) => void): number {
    if (this.done) return 0
    if (this.chunked) {
      const taken = this.chunked.push(bytes, data)
      this.done = this.chunked.done
      return taken
    }
    if (bytes.length < this.remaining) {
      this.remaining -= bytes.length
      data(bytes)
      return bytes.length
    }
    const taken = this.remaining
    this.remaining = 0
    this.done = true
    data(taken === bytes.length ? bytes : bytes.subarray(0, taken))
    return taken
  }
}
