import { BodyDecoder } from './body-decoder.ts'
import type { ClientConnection } from './client-connection.ts'
import type { RequestHead } from './message-head.ts'
import { plainResponse } from './plain-response.ts'
import { writeMessage } from './whole-message.ts'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const EMPTY = Buffer.alloc(0)

/** Whoever takes a request's body as it comes. */
export interface BodySink {
  data(piece: Buffer): void
  /** @param trailers lines, each with its line end; mostly empty */
  end(trailers: string): void
}

/** One request and its answer on a client's connection. */
export class Exchange {
  readonly head: RequestHead
  readonly body: BodyDecoder
  readonly connection: ClientConnection
  /** The target to be served, in origin form when the client is no user of a proxy. */
  target: string
  /** The authority of a target in absolute form: it goes before the Host header. */
  authority: string | undefined
  /** Called once when the client has gone before it was answered. */
  gone: (() => void) | undefined
  /** Called when the client has taken what was written. */
  drained: (() => void) | undefined
  /** True when somebody takes the body. */
  isReading = false
  /** True when a part of the answer is written. */
  hasBegun = false
  private over = false
  private closes: boolean | undefined
  private sink: BodySink | undefined
  private readonly take = (piece: Buffer): void =>
    this.sink?.data(this.connection.lends ? Buffer.from(piece) : piece)

  constructor(connection: ClientConnection, head: RequestHead) {
    this.connection = connection
    this.head = head
    this.target = head.target
    this.body = new BodyDecoder(head.framing)
  }

  /** True when it is answered, or the client has gone: nothing can be written any more. */
  get isOver(): boolean {
    return this.over
  }

  /**
   * Collects the whole body. The client is told to go on when it waits for that.
   *
   * @param complete gets undefined when the body is larger than `bytesMax`
   */
  collect(bytesMax: number, complete: (body: Buffer | undefined) => void): void {
    const { framing } = this.head
    if (framing.kind === 'none' || (framing.kind === 'length' && framing.bytes > bytesMax)) {
      complete(framing.kind === 'none' ? EMPTY : undefined)
      return
    }
    if (this.head.expectsContinue) this.connection.socket.write(CONTINUE, 'latin1')
    const pieces: Buffer[] = []
    let length = 0
    this.stream({
      data: (piece) => {
        length += piece.length
        if (length > bytesMax) {
          this.sink = undefined
          pieces.length = 0
          complete(undefined)
        } else pieces.push(piece)
      },
      end: () => complete(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, length)),
    })
  }

  /** Gives the body's pieces to `sink` as they come. */
  stream(sink: BodySink): void {
    this.sink = sink
    if (this.body.done) sink.end('')
    else {
      this.isReading = true
      this.connection.startReading()
    }
  }

  pauseBody(): void {
    if (!this.over && !this.body.done) this.connection.stopReading()
  }

  resumeBody(): void {
    if (!this.over && !this.body.done) this.connection.startReading()
  }

  /** For the connection. @returns how many of `bytes` are the body's */
  receive(bytes: Buffer): number {
    return this.body.push(bytes, this.take)
  }

  /** For the connection: the body is complete. */
  bodyCame(): void {
    this.isReading = false
    const { sink } = this
    this.sink = undefined
    sink?.end(this.body.trailers)
  }

  /** For the connection: there is nobody to answer. */
  cut(): void {
    if (this.over) return
    this.over = true
    this.sink = undefined
    this.gone?.()
  }

  /**
   * The `Connection` line of the answer, empty when there is nothing to say. Decides whether the
   * connection lives on: not when a part of the request is still to come.
   */
  connectionLine(): string {
    this.closes = !this.head.keepAlive || !this.body.done || this.connection.isDraining
    if (this.closes) return 'Connection: close\r\n'
    return this.head.minorVersion === 0 ? 'Connection: keep-alive\r\n' : ''
  }

  /** Makes the end of the connection the end of the answer, for HTTP/1.0 clients. */
  closeAfterwards(): void {
    this.closes = true
  }

  /** Writes a part of the answer. @returns false while the client should be waited for */
  write(part: Buffer | string): boolean {
    if (this.over) return true
    this.hasBegun = true
    const taken =
      typeof part === 'string'
        ? this.connection.socket.write(part, 'latin1')
        : this.connection.socket.write(part)
    this.connection.wrote(taken)
    return taken
  }

  /** Writes the answer's head with the first part of its body. @returns false while the client should be waited for */
  writeTogether(head: string, part: Buffer): boolean {
    if (this.over) return true
    this.hasBegun = true
    const taken = writeMessage(this.connection.socket, head, part)
    this.connection.wrote(taken)
    return taken
  }

  /** Writes a part of the answer as one chunk. @returns false while the client should be waited for */
  writeChunk(part: Buffer): boolean {
    if (this.over || part.length === 0) return true
    const { socket } = this.connection
    socket.cork()
    this.write(`${part.length.toString(16)}\r\n`)
    this.write(part)
    const taken = this.write('\r\n')
    socket.uncork()
    return taken
  }

  /** Writes the whole answer. */
  respond(head: string, body: Buffer): void {
    if (this.over) return
    this.hasBegun = true
    this.connection.wrote(writeMessage(this.connection.socket, head, body))
    this.finish()
  }

  /** Answers with one line of text and ends the connection. */
  refuse(answer: { readonly status: number; readonly message: string }): void {
    this.closes = true
    this.write(plainResponse(answer.status, answer.message))
    this.finish()
  }

  /** The answer is complete. */
  finish(): void {
    if (this.over) return
    this.over = true
    this.sink = undefined
    this.connection.finished(this.closes ?? true)
  }

  /** Takes the socket out of HTTP, after CONNECT. @returns what the client has already sent beyond */
  detach(): Buffer {
    this.over = true
    return this.connection.detach()
  }

  /** Ends in the middle of an answer, in the one way that the client can tell from a complete one. */
  abort(): void {
    if (this.over) return
    this.over = true
    this.connection.destroy()
  }
}
