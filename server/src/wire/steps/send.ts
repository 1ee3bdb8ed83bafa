import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { WireAnswer } from '../protocols/protocol.ts'
import type { WireRequest } from '../request.ts'
import type { ServiceDefinition } from '../services.ts'

/** What is left of a refused body is read to here, so that the client sees the refusal; then cut off. */
const DRAIN_BYTES_MAX = 64 * 1024 * 1024
const DRAIN_MS_MAX = 10_000
/** Statuses whose answers have no body by definition, and so no length of one. */
const BODILESS = new Set([204, 304])

/** @throws when the answer's stream breaks off; the connection is closed then, so that nobody believes it */
export async function send(
  request: WireRequest,
  options: { response: ServerResponse; service: ServiceDefinition; answer: WireAnswer },
): Promise<void> {
  const { response, service, answer } = options
  const { body } = answer
  const headers: Record<string, string> = {
    ...requestIdHeaders(request, service),
    ...answer.headers,
  }
  if (typeof body === 'string' || body instanceof Uint8Array) {
    headers['content-length'] = String(Buffer.byteLength(body))
  } else if (body === undefined && request.method !== 'HEAD' && !BODILESS.has(answer.status)) {
    headers['content-length'] = '0'
  }
  if (!request.incoming.complete) drain(request)
  response.writeHead(answer.status, headers)
  if (body instanceof Readable) {
    if (request.method === 'HEAD') body.destroy()
    else return await pipeline(body, response)
  }
  response.end(request.method === 'HEAD' || body instanceof Readable ? undefined : body)
}

/** Whether sending failed because nobody listens any more. */
export function isHangUp(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE'
}

function requestIdHeaders(
  request: WireRequest,
  service: ServiceDefinition,
): Record<string, string> {
  return service.dialect === 's3'
    ? { 'x-amz-request-id': request.id, 'x-amz-id-2': request.id }
    : { 'x-amzn-requestid': request.id }
}

function drain({ incoming }: WireRequest): void {
  let drained = 0
  const timeout = setTimeout(() => incoming.destroy(), DRAIN_MS_MAX)
  timeout.unref()
  incoming.on('data', (chunk: Buffer) => {
    drained += chunk.length
    if (drained > DRAIN_BYTES_MAX) incoming.destroy()
  })
  incoming.once('close', () => clearTimeout(timeout))
  incoming.resume()
}
