import type { Socket } from 'node:net'
import type { Deadlines, Expiring } from './deadlines.ts'
import { Exchange } from './exchange.ts'
import { HeadBuffer } from './head-buffer.ts'
import { MalformedMessage } from './message-head.ts'
import { plainResponse } from './plain-response.ts'
import { HEAD_BYTES_MAX, parseRequestHead } from './request-parser.ts'

/** How long clients may take; milliseconds. */
export interface ClientTimeouts {
  /** Between two requests of a connection. */
  readonly idleMs: number
  /** From a head's first byte to its last. */
  readonly headMs: number
  /** Between two pieces of a body, and for a piece of an answer to be taken. */
  readonly bodyIdleMs: number
  /** A client that has shut its side down and gets nothing for so long is taken to be gone. */
  readonly halfClosedMs: number
  /** How long a connection that is being closed is still listened to, so that the answer arrives. */
  readonly lingerMs: number
}

export const CLIENT_TIMEOUTS: ClientTimeouts = {
  idleMs: 75_000,
  headMs: 20_000,
  bodyIdleMs: 60_000,
  halfClosedMs: 10_000,
  lingerMs: 10_000,
}

export interface ClientConnectionOptions {
  readonly answer: (exchange: Exchange) => void
  readonly deadlines: Deadlines
  readonly timeouts: ClientTimeouts
  /** True when the bytes come out of TLS. */
  readonly secure: boolean
  readonly closed: (connection: ClientConnection) => void
  /** Takes a socket over whose first byte begins a TLS handshake; absent where that is no request. */
  readonly startTls?: (socket: Socket, bytes: Buffer) => void
  /** Our own fault: the connection is cut, everything else goes on. */
  readonly failed: (error: unknown) => void
}

const BACKLOG_BYTES_MAX = 64 * 1024
const EMPTY = Buffer.alloc(0)
/** The content type of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16
const NEVER = Number.POSITIVE_INFINITY

/**
 * One client's connection: reads requests one after the other, however many are pipelined, and lets the
 * next begin when the one before is answered.
 */
export class ClientConnection implements Expiring {
  dueMs: number
  readonly secure: boolean
  readonly socket: Socket
  private readonly options: ClientConnectionOptions
  private readonly heads = new HeadBuffer(HEAD_BYTES_MAX)
  /** The request that is being answered. */
  private exchange: Exchange | undefined
  /** Bytes that came before somebody wanted them. */
  private backlog: Buffer = EMPTY
  private isNew = true
  private advancing = false
  private lingering = false
  private clientEnded = false
  private detached = false
  private draining = false

  constructor(socket: Socket, options: ClientConnectionOptions) {
    this.socket = socket
    this.options = options
    this.secure = options.secure
    this.dueMs = options.deadlines.nowMs + options.timeouts.headMs
    socket.on('data', this.onData)
    socket.on('end', this.onEnd)
    socket.on('close', this.onClose)
    socket.on('error', this.onError)
    socket.on('drain', this.onDrain)
    options.deadlines.watch(this)
  }

  /** True when this connection takes no further request. */
  get isDraining(): boolean {
    return this.draining || this.clientEnded
  }

  /** Closes when the present request, if there is one, is answered. */
  drain(): void {
    this.draining = true
    if (this.exchange || this.lingering || this.heads.begun) return
    this.socket.end()
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
    if (this.lingering) {
      this.destroy()
      return
    }
    if (exchange && !exchange.body.done && exchange.isReading) {
      this.refuse(new MalformedMessage(408, 'the body did not come in time'))
      return
    }
    if (exchange) {
      this.destroy()
      return
    }
    if (this.heads.begun) {
      this.refuse(new MalformedMessage(408, 'the head is incomplete'))
      return
    }
    this.socket.end()
    this.linger()
  }

  /** For the exchange: it wants its body's bytes from now on. */
  startReading(): void {
    this.dueMs = this.options.deadlines.nowMs + this.options.timeouts.bodyIdleMs
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
    const { deadlines, timeouts } = this.options
    if (!taken) this.dueMs = deadlines.nowMs + timeouts.bodyIdleMs
    else if (this.clientEnded) this.dueMs = deadlines.nowMs + timeouts.halfClosedMs
  }

  /** For the exchange: its answer is complete. */
  finished(close: boolean): void {
    const { exchange } = this
    this.exchange = undefined
    if (close || this.draining) {
      this.socket.end()
      this.linger(exchange !== undefined && !exchange.body.done)
      return
    }
    this.dueMs = this.options.deadlines.nowMs + this.options.timeouts.idleMs
    this.socket.resume()
    if (this.backlog.length > 0) this.advance()
  }

  /** For CONNECT: lets go of the socket. @returns what the client already sent */
  detach(): Buffer {
    this.detached = true
    this.exchange = undefined
    const rest = this.backlog
    this.forget()
    this.socket.pause()
    return rest
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.lingering) return
    if (this.isNew) {
      this.isNew = false
      const { startTls } = this.options
      if (startTls && chunk[0] === TLS_HANDSHAKE) {
        this.detach()
        startTls(this.socket, chunk)
        return
      }
    }
    this.backlog = this.backlog.length === 0 ? chunk : Buffer.concat([this.backlog, chunk])
    this.advance()
  }

  /** Gives the bytes that are there to whom they belong. */
  private advance(): void {
    if (this.advancing) return
    this.advancing = true
    try {
      while (this.backlog.length > 0 && !this.lingering && !this.detached) {
        const { exchange } = this
        if (!exchange) {
          if (!this.takeHead()) break
        } else if (!exchange.body.done && exchange.isReading) {
          this.takeBody(exchange)
        } else {
          if (this.backlog.length > BACKLOG_BYTES_MAX || !exchange.body.done) this.socket.pause()
          break
        }
      }
    } catch (error) {
      if (error instanceof MalformedMessage) this.refuse(error)
      else {
        this.options.failed(error)
        this.destroy()
      }
    } finally {
      this.advancing = false
    }
    if (this.clientEnded) this.noMoreBytes()
  }

  private takeHead(): boolean {
    const { deadlines, timeouts } = this.options
    const begun = this.heads.begun
    const bytes = this.backlog
    this.backlog = EMPTY
    const head = this.heads.take(bytes)
    if (!head) {
      if (!begun && this.heads.begun) this.dueMs = deadlines.nowMs + timeouts.headMs
      return false
    }
    this.backlog = head.rest
    this.dueMs = NEVER
    const exchange = new Exchange(this, parseRequestHead(head.text))
    this.exchange = exchange
    this.options.answer(exchange)
    return true
  }

  private takeBody(exchange: Exchange): void {
    const bytes = this.backlog
    this.backlog = EMPTY
    this.dueMs = this.options.deadlines.nowMs + this.options.timeouts.bodyIdleMs
    const taken = exchange.receive(bytes)
    if (taken < bytes.length) {
      const rest = bytes.subarray(taken)
      this.backlog = this.backlog.length === 0 ? rest : Buffer.concat([rest, this.backlog])
    }
    if (!exchange.body.done) return
    if (this.exchange === exchange) this.dueMs = NEVER
    exchange.bodyCame()
  }

  private readonly onEnd = (): void => {
    this.clientEnded = true
    this.noMoreBytes()
  }

  private noMoreBytes(): void {
    const { exchange } = this
    if (!exchange) {
      this.socket.end()
      this.linger()
      return
    }
    if (!exchange.body.done && exchange.isReading) {
      this.destroy()
      return
    }
    this.dueMs = this.options.deadlines.nowMs + this.options.timeouts.halfClosedMs
  }

  private refuse(fault: MalformedMessage): void {
    const { exchange } = this
    this.exchange = undefined
    const begun = exchange?.hasBegun === true
    exchange?.cut()
    if (begun) {
      this.destroy()
      return
    }
    this.socket.end(plainResponse(fault.status, fault.message), 'latin1')
    this.linger(true)
  }

  /**
   * Reads and discards for a while after our side is shut down: to close at once with bytes unread
   * resets the connection, and the client may never see the answer.
   */
  private linger(discard = false): void {
    this.lingering = true
    this.backlog = EMPTY
    const ms = this.options.timeouts.lingerMs
    this.dueMs = this.options.deadlines.nowMs + (discard ? ms : ms / 2)
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
    this.socket.off('data', this.onData)
    this.socket.off('end', this.onEnd)
    this.socket.off('close', this.onClose)
    this.socket.off('drain', this.onDrain)
    if (this.detached) this.socket.off('error', this.onError)
    this.options.deadlines.unwatch(this)
    this.options.closed(this)
  }
}
