import { newUuid } from '../../base/ids.ts'
import type { Exchange } from '../http1/exchange.ts'
import type { ResponseHead } from '../http1/message-head.ts'
import type {
  UpstreamConnection,
  UpstreamExchange,
  UpstreamFailure,
} from '../http1/upstream-connection.ts'
import { forwardedInterim, forwardedRequestHead, forwardedResponseHead } from './forwarded-head.ts'
import { isSafeToReplay } from './replay-safety.ts'
import type { ServerLink, Waiter } from './server-link.ts'
import { unavailableResponse } from './unavailable.ts'

/** Bodies up to this are collected before they go on, so that the request can be sent again. */
const COLLECTED_BYTES_MAX = 64 * 1024
const EMPTY = Buffer.alloc(0)
const NO_TIMEOUT = Number.POSITIVE_INFINITY

/**
 * One request on its way to a server behind the gateway and its answer on the way back. Bodies stream
 * with back-pressure in both directions; a small request body is collected first.
 *
 * A request that did not reach the server waits for it. One that did, and got no answer, is sent again
 * once when it only reads; else the client hears 503 and decides.
 */
export class RelayedRequest implements UpstreamExchange, Waiter {
  readonly method: string
  private readonly exchange: Exchange
  private readonly link: ServerLink
  private readonly collects: boolean
  private body: Buffer = EMPTY
  private connection: UpstreamConnection | undefined
  private untilMs = 0
  private streaming = false
  private sentAgain = false
  private fresh = false
  private chunked = false
  private answering = false
  /** The answer's head while the first part of its body is about to follow. */
  private heldHead = ''

  constructor(exchange: Exchange, link: ServerLink) {
    const { head } = exchange
    this.method = head.method
    this.exchange = exchange
    this.link = link
    this.collects =
      head.framing.kind === 'none' ||
      (head.framing.kind === 'length' && head.framing.bytes <= COLLECTED_BYTES_MAX)
  }

  start(): void {
    this.untilMs = this.link.waitUntilMs()
    this.exchange.gone = this.onGone
    if (!this.collects) this.send()
    else {
      this.exchange.collect(COLLECTED_BYTES_MAX, (body) => {
        this.body = body ?? EMPTY
        this.send()
      })
    }
  }

  retry(): void {
    this.send()
  }

  gaveUp(): void {
    this.refuse()
  }

  private send(): void {
    const { link } = this
    if (this.exchange.isOver) return
    const connection = link.take(this.fresh)
    if (!connection) {
      link.wait(this, this.untilMs)
      return
    }
    this.connection = connection
    connection.begin(this, NO_TIMEOUT)
    const head = forwardedRequestHead({
      head: this.exchange.head,
      target: this.exchange.target,
      host: this.exchange.authority,
      framing: this.collects ? 'collected' : 'same',
      collectedBytes: this.body.length,
    })
    if (this.collects) connection.writeAll(head, this.body)
    else connection.write(head)
    if (connection.isConnected) this.streamBody()
  }

  connected(): void {
    this.link.isUp()
    this.streamBody()
  }

  /** Reads a large body only when the server is there, so that none of it is lost to one that is not. */
  private streamBody(): void {
    if (this.collects || this.streaming) return
    this.streaming = true
    const isChunked = this.exchange.head.framing.kind === 'chunked'
    this.exchange.stream({
      data: (piece) => {
        const { connection } = this
        if (!connection) return
        const taken = isChunked ? connection.writeChunk(piece) : connection.write(piece)
        if (!taken) this.exchange.pauseBody()
      },
      end: (trailers) => {
        if (isChunked) this.connection?.write(`0\r\n${trailers}\r\n`)
        this.connection?.sent()
      },
    })
  }

  drained(): void {
    this.exchange.resumeBody()
  }

  interim(head: ResponseHead): void {
    if (this.collects || this.exchange.head.minorVersion === 0) return
    this.exchange.write(forwardedInterim(head))
  }

  responded(head: ResponseHead, more: boolean): void {
    const { exchange } = this
    this.answering = true
    const unframed = head.framing.kind === 'chunked' || head.framing.kind === 'until-close'
    this.chunked = unframed && exchange.head.minorVersion === 1
    const connection = exchange.connectionLine()
    if (unframed && !this.chunked) exchange.closeAfterwards()
    const line = this.chunked
      ? `Transfer-Encoding: chunked\r\n${connection}`
      : unframed
        ? 'Connection: close\r\n'
        : connection
    exchange.drained = () => this.connection?.resume()
    const forwarded = forwardedResponseHead(head, { line, keepsLength: !unframed })
    // one write is one packet, and one wake-up of the client
    if (more && !this.chunked) this.heldHead = forwarded
    else exchange.write(forwarded)
  }

  data(piece: Buffer): void {
    const taken = this.chunked ? this.exchange.writeChunk(piece) : this.writeOn(piece)
    if (!taken) this.connection?.pause()
  }

  private writeOn(piece: Buffer): boolean {
    const head = this.heldHead
    this.heldHead = ''
    return head === '' ? this.exchange.write(piece) : this.exchange.writeTogether(head, piece)
  }

  ended(trailers: string): void {
    this.connection = undefined
    if (this.heldHead !== '') this.writeOn(EMPTY)
    if (this.chunked) this.exchange.write(`0\r\n${trailers}\r\n`)
    this.exchange.finish()
  }

  failed(failure: UpstreamFailure): void {
    this.connection = undefined
    if (this.answering) {
      this.exchange.abort()
      return
    }
    if (this.exchange.isOver) return
    const { link } = this
    if (failure.kind === 'connect') {
      link.wait(this, this.untilMs)
    } else if (this.maySendAgain(failure)) {
      this.sentAgain = true
      this.fresh = true
      this.send()
    } else this.refuse()
  }

  private maySendAgain(failure: UpstreamFailure): boolean {
    if (!this.collects || failure.answered || failure.kind !== 'closed' || this.sentAgain)
      return false
    return isSafeToReplay(this.exchange.head, this.body)
  }

  private refuse(): void {
    const { exchange } = this
    if (exchange.isOver) return
    const answer = unavailableResponse(exchange.head, {
      requestId: newUuid(),
      connectionLine: exchange.connectionLine(),
    })
    exchange.respond(answer.head, answer.body)
  }

  private readonly onGone = (): void => {
    this.link.leave(this)
    this.connection?.destroy()
    this.connection = undefined
  }
}
