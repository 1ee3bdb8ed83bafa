import type { Readable } from 'node:stream'

/** One request on a connection and the way to answer it: all that the wire asks of an HTTP server. */
export interface HttpExchange {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  /** Lower case, in the order sent; a repeated one as often. */
  readonly headerNames: readonly string[]
  /** By its lower-case name; values of a repeated one joined with commas. */
  header(name: string): string | undefined
  readonly body: IncomingBody
  /** Aborts when the client has gone before it was answered. */
  readonly signal: AbortSignal
  /** Answers; to HEAD with the head alone. @throws Error for a header that cannot be sent */
  answer(head: AnswerHead, body?: Uint8Array): void
  /**
   * Answers with what `body` holds, chunked when the head does not say how much that is.
   *
   * @throws what `body` fails with, ClientGone; the connection is cut then, so that nobody believes the answer
   */
  answerWith(head: AnswerHead, body: Readable): Promise<void>
  /** Cuts the connection: the one way left to say that an answer which has begun is none. */
  breakOff(): void
}

export interface AnswerHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** A request's body, once. Taking it also asks for it, where the client waits for that. */
export interface IncomingBody {
  /** @returns undefined when there is more than `bytesMax`. @throws ClientGone */
  whole(bytesMax: number): Promise<Buffer | undefined>
  /**
   * The body as it comes. Ending the iteration early leaves the connection alone, so that a refusal can still be
   * sent on it.
   *
   * @throws ClientGone
   */
  pieces(): AsyncIterable<Buffer>
}

/** The client hung up before its request was answered; there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}
