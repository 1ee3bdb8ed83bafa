import type { Readable } from 'node:stream'
import type { Operation } from '../operation.ts'
import type { WireRequest } from '../request.ts'

/** An operation's input or output by modelled member names. */
export type Shape = Record<string, unknown>

/** The body of a request, verified: what is read from it is what was signed. */
export interface Payload {
  /** Decoded size, where the client said it. */
  readonly sizeBytes: number | undefined
  /** The whole body, once. @throws AwsError when it is larger, or not what was signed */
  bytes(sizeBytesMax: number): Promise<Buffer>
  /** The body as it arrives, once; it fails at its end when it was not what was signed. */
  stream(): Readable
  /** Calls back before the end of the stream with checksums by header name, base64. */
  onChecksums(received: (checksums: ReadonlyMap<string, string>) => void): void
}

/** What is sent back, apart from the headers that every answer carries. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable | undefined
}

/** A refusal with everything decided but its form. */
export interface WireError {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly fault: 'client' | 'server'
  readonly members: Readonly<Record<string, unknown>>
  /** How the model spells the message's member. */
  readonly messageMember: 'message' | 'Message'
  /** What older protocols call `code`, where that differs. */
  readonly queryCode: string | undefined
  readonly requestId: string
}

export interface NamedOperation {
  readonly name: string
  /** Where REST puts input members into the path. */
  readonly labels: Readonly<Record<string, string>>
}

/** All of a request, once it is known what it asks for. */
export interface Received {
  readonly request: WireRequest
  readonly payload: Payload
  readonly labels: Readonly<Record<string, string>>
}

/** One AWS protocol: bytes to typed values and back. Knows no service's meaning. */
export interface Protocol {
  /** The operation that a request asks for; undefined when it names none. S3's has no payload yet. */
  nameOperation(
    request: WireRequest,
    payload: Payload | undefined,
  ): Promise<NamedOperation | undefined>
  /** @throws AwsError when the request's form is wrong */
  read(operation: Operation, received: Received): Promise<Shape>
  write(operation: Operation, output: Shape, request: WireRequest): WireAnswer
  writeError(error: WireError, request: WireRequest): WireAnswer
}
