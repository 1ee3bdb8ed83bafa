import type { Readable } from 'node:stream'
import { systemClock } from '../../base/clock.ts'
import { STATUS_CODES } from '../../base/http.ts'
import {
  type AnswerHead,
  ClientGone,
  type HttpExchange,
  type IncomingBody,
} from '../../wire/http-exchange.ts'
import type { Exchange } from '../http1/exchange.ts'
import { isToken } from '../http1/head-fields.ts'
import { headerOf } from '../http1/message-head.ts'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const EMPTY = Buffer.alloc(0)
/** Of a body that comes faster than it is taken, this much waits here. */
const WAITING_BYTES_MAX = 256 * 1024
/** What no header may carry: it would end the line, or is no octet. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/
/** For bodies that nobody wants. */
const DISCARD = { data: (): void => undefined, end: (): void => undefined }

/** A request that control answers itself, as the wire sees it. */
export class ServedExchange implements HttpExchange {
  readonly body: IncomingBody
  private readonly exchange: Exchange
  private readonly gone = new AbortController()
  /** Tells whoever waits for the client that it has gone. */
  private wake: () => void = () => undefined
  private isInvited = false

  constructor(exchange: Exchange) {
    this.exchange = exchange
    exchange.gone = () => {
      this.gone.abort()
      this.wake()
    }
    this.body = {
      whole: (bytesMax) => this.wholeBody(bytesMax),
      pieces: () => this.bodyPieces(),
    }
  }

  get method(): string {
    return this.exchange.head.method
  }

  get target(): string {
    return this.exchange.target
  }

  get headerNames(): readonly string[] {
    return this.exchange.head.names
  }

  get signal(): AbortSignal {
    return this.gone.signal
  }

  header(name: string): string | undefined {
    return headerOf(this.exchange.head, name)
  }

  answer(head: AnswerHead, body: Uint8Array = EMPTY): void {
    const { exchange } = this
    if (exchange.isOver) return
    const text = this.headText(head)
    const { buffer, byteOffset, byteLength } = body
    const isBodiless = this.method === 'HEAD'
    exchange.respond(text, isBodiless ? EMPTY : Buffer.from(buffer, byteOffset, byteLength))
  }

  async answerWith(head: AnswerHead, body: Readable): Promise<void> {
    const { exchange } = this
    const announced = head.headers['content-length']
    try {
      // written with the first piece: one write is one packet, and one wake-up of the reader
      let begin = this.headText(
        head,
        announced === undefined ? 'Transfer-Encoding: chunked\r\n' : '',
      )
      let bytes = 0
      for await (const piece of body as AsyncIterable<Buffer>) {
        bytes += piece.length
        const taken = this.writePiece(begin, { piece, isChunk: announced === undefined })
        begin = ''
        if (!taken) await this.drained()
        if (exchange.isOver) throw new ClientGone('the client closed the connection')
      }
      if (begin !== '') exchange.write(begin)
      if (announced === undefined) exchange.write('0\r\n\r\n')
      else if (bytes !== Number(announced)) {
        throw new Error(`the answer has ${bytes} bytes, and announced ${announced}`)
      }
      exchange.finish()
    } catch (error) {
      body.destroy()
      exchange.abort()
      throw error
    }
  }

  breakOff(): void {
    this.exchange.abort()
  }

  private writePiece(
    begin: string,
    { piece, isChunk }: { piece: Buffer; isChunk: boolean },
  ): boolean {
    const { exchange } = this
    if (!isChunk) return begin === '' ? exchange.write(piece) : exchange.writeTogether(begin, piece)
    if (begin !== '') exchange.write(begin)
    return exchange.writeChunk(piece)
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
      this.exchange.drained = resolve
    })
  }

  /** @throws Error for a header that cannot be sent */
  private headText({ status, headers }: AnswerHead, framing = ''): string {
    this.takeWhatCame()
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (const name of Object.keys(headers)) {
      const value = headers[name] ?? ''
      if (!isToken(name) || UNSENDABLE.test(value)) {
        throw new Error(`the header ${JSON.stringify(name)} cannot be sent`)
      }
      text += `${name}: ${value}\r\n`
    }
    return `${text}Date: ${httpDate()}\r\n${this.exchange.connectionLine()}${framing}\r\n`
  }

  /** A refused body that is here already is let go, so that the connection can serve on. */
  private takeWhatCame(): void {
    const { body, head } = this.exchange
    if (!body.done && (this.isInvited || !head.expectsContinue)) this.exchange.stream(DISCARD)
  }

  private wholeBody(bytesMax: number): Promise<Buffer | undefined> {
    const { exchange } = this
    this.isInvited = true
    return new Promise((resolve, reject) => {
      this.wake = () => reject(gone())
      if (exchange.isOver) this.wake()
      else exchange.collect(bytesMax, resolve)
    })
  }

  private async *bodyPieces(): AsyncGenerator<Buffer> {
    const { exchange } = this
    const waiting: Buffer[] = []
    let waitingBytes = 0
    let hasEnded = false
    if (exchange.head.expectsContinue && !this.isInvited) exchange.write(CONTINUE)
    this.isInvited = true
    exchange.stream({
      data: (piece) => {
        waiting.push(piece)
        waitingBytes += piece.length
        if (waitingBytes > WAITING_BYTES_MAX) exchange.pauseBody()
        this.wake()
      },
      end: () => {
        hasEnded = true
        this.wake()
      },
    })
    try {
      for (;;) {
        const piece = waiting.shift()
        if (piece) {
          const wasFull = waitingBytes > WAITING_BYTES_MAX
          waitingBytes -= piece.length
          if (wasFull && waitingBytes <= WAITING_BYTES_MAX) exchange.resumeBody()
          yield piece
        } else if (hasEnded) return
        else if (exchange.isOver) throw gone()
        else {
          await new Promise<void>((resolve) => {
            this.wake = resolve
          })
        }
      }
    } finally {
      exchange.pauseBody()
    }
  }
}

function gone(): ClientGone {
  return new ClientGone('the client closed the connection within its request')
}

let latest = { second: Number.NaN, text: '' }

/** The present second as the `Date` header has it. */
function httpDate(): string {
  const now = systemClock.now()
  const second = Math.floor(now.getTime() / 1_000)
  if (second !== latest.second) latest = { second, text: now.toUTCString() }
  return latest.text
}
