import { Readable } from 'node:stream'
import { ClientGone, type HttpExchange } from '../http-exchange.ts'
import type { WireAnswer } from '../protocols/protocol.ts'
import type { WireRequest } from '../request.ts'
import type { ServiceDefinition } from '../services.ts'

/** Statuses whose answers have no body by definition, and so no length of one. */
const BODILESS = new Set([204, 304])

/** @throws when the answer's stream breaks off; the connection is cut then, so that nobody believes it */
export async function send(
  http: HttpExchange,
  options: { request: WireRequest; service: ServiceDefinition; answer: WireAnswer },
): Promise<void> {
  const { request, service, answer } = options
  const { status } = answer
  const headers: Record<string, string> = {
    ...requestIdHeaders(request, service),
    ...answer.headers,
  }
  if (answer.body instanceof Readable) {
    if (request.method !== 'HEAD') return await http.answerWith({ status, headers }, answer.body)
    answer.body.destroy()
    http.answer({ status, headers })
    return
  }
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  if (body !== undefined) headers['content-length'] = String(body.byteLength)
  else if (request.method !== 'HEAD' && !BODILESS.has(status)) headers['content-length'] = '0'
  http.answer({ status, headers }, body)
}

/** Whether sending failed because nobody listens any more. */
export function isHangUp(error: unknown): boolean {
  return error instanceof ClientGone
}

function requestIdHeaders(
  request: WireRequest,
  service: ServiceDefinition,
): Record<string, string> {
  return service.dialect === 's3'
    ? { 'x-amz-request-id': request.id, 'x-amz-id-2': request.id }
    : { 'x-amzn-requestid': request.id }
}
