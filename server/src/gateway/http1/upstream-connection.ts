import { connect, type Socket } from 'node:net'
import { BodyDecoder } from './body-decoder.ts'
import type { Deadlines, Expiring } from './deadlines.ts'
import { HeadBuffer } from './head-buffer.ts'
import { MalformedMessage, type ResponseHead } from './message-head.ts'
import { parseResponseHead } from './response-parser.ts'
import { writeMessage } from './whole-message.ts'

export type UpstreamAddress =
  | { readonly unixSocket: string }
  | { readonly hostname: string; readonly port: number }

/** Why a request got no complete answer. */
export interface UpstreamFailure {
  readonly kind: 'connect' | 'closed' | 'malformed' | 'timeout'
  /** True when at least one byte of an answer came. */
  readonly answered: boolean
  /** True when the connection had served before: its end may have crossed the request. */
  readonly reused: boolean
  readonly message: string
}

/** Whoever sends a request over an upstream connection and takes its answer. */
export interface UpstreamExchange {
  readonly method: string
  /** A new connection is accepted; not called for one that has served before. */
  connected(): void
  /** An interim response, such as 100. */
  interim(head: ResponseHead): void
  /** @param more true when a part of the body, or its end, follows in this same turn */
  responded(head: ResponseHead, more: boolean): void
  data(piece: Buffer): void
  /** The answer is complete. The connection is not this exchange's any more. */
  ended(trailers: string): void
  failed(failure: UpstreamFailure): void
  /** The peer has taken what was written. */
  drained(): void
}

export interface UpstreamOptions {
  readonly address: UpstreamAddress
  readonly deadlines: Deadlines
  readonly idleMs: number
  readonly idle: (connection: UpstreamConnection) => void
  readonly closed: (connection: UpstreamConnection) => void
}

/** A response's head may be larger than a request's: session cookies, policies. */
const HEAD_BYTES_MAX = 64 * 1024
const NEVER = Number.POSITIVE_INFINITY
/**
 * All connections read into this: what comes is parsed in the same turn, and what must last is copied.
 * It spares each read an allocation and the way through a stream.
 */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024)

/** One keep-alive connection to a server that stands behind the gateway; one request at a time. */
export class UpstreamConnection implements Expiring {
  dueMs = NEVER
  private readonly socket: Socket
  private readonly options: UpstreamOptions
  private readonly heads = new HeadBuffer(HEAD_BYTES_MAX)
  private exchange: UpstreamExchange | undefined
  private head: ResponseHead | undefined
  private body: BodyDecoder | undefined
  private requestSent = false
  private answered = false
  private served = 0
  private connected = false
  private readonly take = (piece: Buffer): void => this.exchange?.data(Buffer.from(piece))

  constructor(options: UpstreamOptions) {
    this.options = options
    const { address } = options
    const onread = {
      buffer: RECEIVED,
      callback: (length: number, buffer: Uint8Array): boolean => {
        this.onData((buffer as Buffer).subarray(0, length))
        return true
      },
    }
    this.socket =
      'unixSocket' in address
        ? connect({ path: address.unixSocket, onread })
        : connect({ host: address.hostname, port: address.port, noDelay: true, onread })
    this.socket.on('connect', () => {
      this.connected = true
      this.exchange?.connected()
    })
    this.socket.on('end', this.onEnd)
    this.socket.on('drain', () => this.exchange?.drained())
    this.socket.on('error', (error) => this.fail('closed', error.message))
    this.socket.on('close', () => this.fail('closed', 'the connection was closed'))
    options.deadlines.watch(this)
  }

  /** True when the server has accepted it. */
  get isConnected(): boolean {
    return this.connected
  }

  /** Lends the connection to `exchange` until its answer is complete, or failed. */
  begin(exchange: UpstreamExchange, timeoutMs: number): void {
    this.exchange = exchange
    this.head = undefined
    this.requestSent = false
    this.answered = false
    this.extend(timeoutMs)
  }

  /** Gives the answer `timeoutMs` from now. */
  extend(timeoutMs: number): void {
    this.dueMs = this.options.deadlines.nowMs + timeoutMs
  }

  /** @returns false while the peer should be waited for */
  write(part: Buffer | string): boolean {
    return typeof part === 'string' ? this.socket.write(part, 'latin1') : this.socket.write(part)
  }

  /** @returns false while the peer should be waited for */
  writeChunk(piece: Buffer): boolean {
    this.socket.cork()
    this.socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    this.socket.write(piece)
    const taken = this.socket.write('\r\n')
    this.socket.uncork()
    return taken
  }

  /** Head and body of a request in as few system calls as there can be. */
  writeAll(head: string, body: Buffer): void {
    writeMessage(this.socket, head, body)
    this.requestSent = true
  }

  /** The request is completely written; only then can the connection serve another. */
  sent(): void {
    this.requestSent = true
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** Ends it without a word to the exchange. */
  destroy(): void {
    this.exchange = undefined
    this.socket.destroy()
  }

  expire(): void {
    if (this.exchange) this.fail('timeout', 'no answer in time')
    else this.socket.destroy()
  }

  private readonly onData = (chunk: Buffer): void => {
    if (!this.exchange) return void this.socket.destroy()
    this.answered = true
    try {
      this.read(chunk)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.fail('malformed', error.message)
    }
  }

  private read(chunk: Buffer): void {
    let bytes = chunk
    while (!this.head) {
      const cut = this.heads.take(bytes)
      if (!cut) return
      bytes = cut.rest
      const head = parseResponseHead(cut.text, this.exchange?.method ?? '')
      if (head.status === 101) throw new MalformedMessage(400, 'it switches protocols unasked')
      if (head.status >= 200) {
        this.head = head
        this.body = new BodyDecoder(head.framing)
        this.exchange?.responded(head, bytes.length > 0 || this.body.done)
      } else this.exchange?.interim(head)
      if (bytes.length === 0 && !this.body?.done) return
    }
    const taken = this.body?.push(bytes, this.take) ?? 0
    if (this.body?.done) this.complete(taken < bytes.length)
  }

  private complete(bytesLeft: boolean): void {
    const { exchange, head, body } = this
    if (!exchange) return
    this.exchange = undefined
    this.head = undefined
    this.body = undefined
    if (head?.keepAlive && this.requestSent && !bytesLeft) {
      this.served++
      this.dueMs = this.options.deadlines.nowMs + this.options.idleMs
      this.socket.resume()
      this.options.idle(this)
    } else this.socket.destroy()
    exchange.ended(body?.trailers ?? '')
  }

  private readonly onEnd = (): void => {
    if (this.head?.framing.kind === 'until-close') this.complete(false)
    else this.fail('closed', 'the connection was closed')
  }

  private fail(kind: UpstreamFailure['kind'], message: string): void {
    const { exchange, answered } = this
    this.exchange = undefined
    this.options.deadlines.unwatch(this)
    this.options.closed(this)
    this.socket.destroy()
    exchange?.failed({
      kind: kind === 'closed' && !this.connected ? 'connect' : kind,
      answered,
      reused: this.served > 0,
      message,
    })
  }
}
