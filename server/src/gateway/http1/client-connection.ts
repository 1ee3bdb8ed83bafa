import type { Socket } from 'node:net'
import type { ClientConnectionOptions } from './client-connection-options.ts'
import type { Expiring } from './deadlines.ts'
import { Exchange } from './exchange.ts'
import { MalformedMessage, type RequestHead } from './message-head.ts'
import { plainResponse } from './plain-response.ts'
import { type Reading, RequestReader } from './request-reader.ts'
import { SharedReadSocket } from './shared-read-socket.ts'

/** The content type of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16
const NEVER = Number.POSITIVE_INFINITY

/**
 * One client's connection: reads requests one after the other, however many are pipelined, and lets the
 * next begin when the one before is answered.
 */
export class ClientConnection implements Expiring, Reading {
  dueMs: number
  readonly secure: boolean
  readonly socket: Socket
  private readonly options: ClientConnectionOptions
  exchange: Exchange | undefined
  private readonly reader = new RequestReader(this)
  private isNew = true
  private lingering = false
  private clientEnded = false
  private detached = false
  private draining = false

  constructor(socket: Socket, options: ClientConnectionOptions) {
    this.socket = socket
    this.options = options
    this.secure = options.secure
    this.dueMs = options.deadlines.nowMs + options.timeouts.headMs
    if (socket instanceof SharedReadSocket) socket.taker = this.onLent
    else socket.on('data', this.onData)
    socket.on('end', this.onEnd)
    socket.on('close', this.onClose)
    socket.on('error', this.onError)
    socket.on('drain', this.onDrain)
    options.deadlines.watch(this)
  }

  /** True when what is read is lent: whoever keeps a piece copies it. */
  get lends(): boolean {
    return this.socket instanceof SharedReadSocket
  }

  /** True when this connection takes no further request. */
  get isDraining(): boolean {
    return this.draining || this.clientEnded
  }

  /** Closes when the present request, if there is one, is answered. */
  drain(): void {
    this.draining = true
    if (this.exchange || this.lingering || this.reader.hasBegunHead) return
    this.linger()
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Takes bytes that were read before this connection was made. */
  receive(bytes: Buffer): void {
    this.onData(bytes)
  }

  expire(): void {
    const { exchange } = this
    this.dueMs = NEVER
    if (this.lingering) this.destroy()
    else if (exchange && !exchange.body.done && exchange.isReading) {
      this.refuse(new MalformedMessage(408, 'the body did not come in time'))
    } else if (exchange) this.destroy()
    else if (this.reader.hasBegunHead) {
      this.refuse(new MalformedMessage(408, 'the head is incomplete'))
    } else this.linger()
  }

  private dueIn(ms: number): void {
    this.dueMs = this.options.deadlines.nowMs + ms
  }

  /** For the exchange: it wants its body's bytes from now on. */
  startReading(): void {
    this.dueIn(this.options.timeouts.bodyIdleMs)
    this.socket.resume()
    this.advance()
  }

  /** For the exchange: nobody takes the body's bytes for now. */
  stopReading(): void {
    this.dueMs = NEVER
    this.socket.pause()
  }

  /** For the exchange: bytes were written; `taken` is false while the client is slower than they. */
  wrote(taken: boolean): void {
    const { bodyIdleMs, halfClosedMs } = this.options.timeouts
    if (!taken) this.dueIn(bodyIdleMs)
    else if (this.clientEnded) this.dueIn(halfClosedMs)
  }

  /** For the exchange: its answer is complete. */
  finished(close: boolean): void {
    const { exchange } = this
    this.exchange = undefined
    if (close || this.draining) {
      this.linger({ discard: exchange !== undefined && !exchange.body.done })
      return
    }
    this.dueIn(this.options.timeouts.idleMs)
    this.socket.resume()
    if (this.reader.hasBytes) this.advance()
  }

  /** For CONNECT: lets go of the socket. @returns what the client already sent */
  detach(): Buffer {
    this.detached = true
    this.exchange = undefined
    this.forget()
    this.socket.pause()
    return this.reader.rest()
  }

  private readonly onData = (chunk: Buffer): void => this.take(chunk, { lent: false })

  private readonly onLent = (bytes: Buffer): void => this.take(bytes, { lent: true })

  private take(bytes: Buffer, how: { readonly lent: boolean }): void {
    if (this.lingering) return
    if (this.isNew) {
      this.isNew = false
      const { startTls } = this.options
      if (startTls && bytes[0] === TLS_HANDSHAKE) {
        this.detach()
        startTls(this.socket, Buffer.from(bytes))
        return
      }
    }
    this.reader.take(bytes, how)
    if (this.clientEnded) this.noMoreBytes()
  }

  private advance(): void {
    if (this.reader.advance() && this.clientEnded) this.noMoreBytes()
  }

  get isDeaf(): boolean {
    return this.lingering || this.detached
  }

  headBegan(): void {
    this.dueIn(this.options.timeouts.headMs)
  }

  headCame(head: RequestHead): void {
    this.dueMs = NEVER
    const exchange = new Exchange(this, head)
    this.exchange = exchange
    this.options.answer(exchange)
  }

  bodyBytesCame(): void {
    this.dueIn(this.options.timeouts.bodyIdleMs)
  }

  bodyEnded(exchange: Exchange): void {
    if (this.exchange === exchange) this.dueMs = NEVER
    exchange.bodyCame()
  }

  holdBack(): void {
    this.socket.pause()
  }

  failed(error: unknown): void {
    if (error instanceof MalformedMessage) this.refuse(error)
    else {
      this.options.failed(error)
      this.destroy()
    }
  }

  private readonly onEnd = (): void => {
    this.clientEnded = true
    this.noMoreBytes()
  }

  private noMoreBytes(): void {
    const { exchange } = this
    if (!exchange) this.linger()
    else if (!exchange.body.done && exchange.isReading) this.destroy()
    else this.dueIn(this.options.timeouts.halfClosedMs)
  }

  private refuse(fault: MalformedMessage): void {
    const { exchange } = this
    this.exchange = undefined
    const begun = exchange?.hasBegun === true
    exchange?.cut()
    if (begun) this.destroy()
    else this.linger({ last: plainResponse(fault.status, fault.message), discard: true })
  }

  /**
   * Shuts our side down, and reads and discards for a while after it: to close at once with bytes unread
   * resets the connection, and the client may never see the answer.
   *
   * @param options.last what is still to be said
   */
  private linger({ last, discard = false }: { last?: string; discard?: boolean } = {}): void {
    if (last === undefined) this.socket.end()
    else this.socket.end(last, 'latin1')
    this.lingering = true
    this.reader.discard()
    const ms = this.options.timeouts.lingerMs
    this.dueIn(discard ? ms : ms / 2)
    this.socket.resume()
  }

  private readonly onClose = (): void => {
    this.forget()
    const { exchange } = this
    this.exchange = undefined
    exchange?.cut()
  }

  private readonly onError = (): void => {
    // 'close' follows and tells all that there is to tell
  }

  private readonly onDrain = (): void => {
    const { exchange } = this
    if (!exchange) return
    if (exchange.body.done || !exchange.isReading) this.dueMs = NEVER
    exchange.drained?.()
  }

  private forget(): void {
    if (this.socket instanceof SharedReadSocket) this.socket.taker = undefined
    else this.socket.off('data', this.onData)
    this.socket.off('end', this.onEnd)
    this.socket.off('close', this.onClose)
    this.socket.off('drain', this.onDrain)
    if (this.detached) this.socket.off('error', this.onError)
    this.options.deadlines.unwatch(this)
    this.options.closed(this)
  }
}
