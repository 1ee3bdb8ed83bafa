import { Backlog } from './backlog.ts'
import type { Exchange } from './exchange.ts'
import { HeadBuffer } from './head-buffer.ts'
import type { RequestHead } from './message-head.ts'
import { HEAD_BYTES_MAX, parseRequestHead } from './request-parser.ts'

/** The connection whose bytes are read. */
export interface Reading {
  /** The request that is being answered. */
  readonly exchange: Exchange | undefined
  /** True when no further byte is wanted. */
  readonly isDeaf: boolean
  /** A head's first bytes are there. */
  headBegan(): void
  /** Begins the head's request. */
  headCame(head: RequestHead): void
  bodyBytesCame(): void
  bodyEnded(exchange: Exchange): void
  /** There is more than can be taken for now. */
  holdBack(): void
  /** What is read is no HTTP, or a fault of ours came up. */
  failed(error: unknown): void
}

const BACKLOG_BYTES_MAX = 64 * 1024

/** Cuts a client's bytes into requests, and gives each part to whom it belongs. */
export class RequestReader {
  private readonly reading: Reading
  private readonly heads = new HeadBuffer(HEAD_BYTES_MAX)
  /** Bytes that came before somebody wanted them. */
  private readonly backlog = new Backlog()
  private advancing = false

  constructor(reading: Reading) {
    this.reading = reading
  }

  /** True while a head has begun and not ended. */
  get hasBegunHead(): boolean {
    return this.heads.begun
  }

  /** @param how.lent true when the bytes hold for the present turn only */
  take(bytes: Buffer, how: { readonly lent: boolean }): void {
    this.backlog.add(bytes, how)
    this.advance()
    this.backlog.own()
  }

  /** @returns what nobody has taken */
  rest(): Buffer {
    this.backlog.own()
    return this.backlog.take()
  }

  discard(): void {
    this.backlog.take()
  }

  /** True when there are bytes that nobody has taken. */
  get hasBytes(): boolean {
    return this.backlog.length > 0
  }

  /** Goes on with the bytes that are there. @returns false when that is being done already */
  advance(): boolean {
    if (this.advancing) return false
    this.advancing = true
    const { reading, backlog } = this
    try {
      while (backlog.length > 0 && !reading.isDeaf) {
        const { exchange } = reading
        if (!exchange) {
          if (!this.takeHead()) break
        } else if (!exchange.body.done && exchange.isReading) {
          this.takeBody(exchange)
        } else {
          if (backlog.length > BACKLOG_BYTES_MAX || !exchange.body.done) reading.holdBack()
          break
        }
      }
    } catch (error) {
      reading.failed(error)
    } finally {
      this.advancing = false
    }
    return true
  }

  private takeHead(): boolean {
    const { begun } = this.heads
    const head = this.heads.take(this.backlog.take())
    if (!head) {
      if (!begun && this.heads.begun) this.reading.headBegan()
      return false
    }
    this.backlog.putBack(head.rest)
    this.reading.headCame(parseRequestHead(head.text))
    return true
  }

  private takeBody(exchange: Exchange): void {
    const bytes = this.backlog.take()
    this.reading.bodyBytesCame()
    const taken = exchange.receive(bytes)
    if (taken < bytes.length) this.backlog.putBack(bytes.subarray(taken))
    if (exchange.body.done) this.reading.bodyEnded(exchange)
  }
}
