import type { RequestHead } from '../http1/message-head.ts'
import { headerOf } from '../http1/message-head.ts'

const MESSAGE = 'The service is starting again. Please retry.'

/**
 * A 503 in the form that the asked service has for it, so that SDKs see a fault of the server and retry:
 * they all go by the status, and show the code.
 */
export function unavailableResponse(
  head: RequestHead,
  answer: { readonly requestId: string; readonly connectionLine: string },
): { readonly head: string; readonly body: Buffer } {
  const { type, body } = bodyFor(head, answer.requestId)
  const bytes = Buffer.from(head.method === 'HEAD' ? '' : body)
  return {
    head:
      `HTTP/1.1 503 Service Unavailable\r\nx-amzn-RequestId: ${answer.requestId}\r\n` +
      `x-amzn-ErrorType: ServiceUnavailable\r\nRetry-After: 1\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${bytes.length}\r\n${answer.connectionLine}\r\n`,
    body: bytes,
  }
}

function bodyFor(head: RequestHead, requestId: string): { type: string; body: string } {
  const service = /\/([a-z0-9-]+)\/aws4_request/.exec(headerOf(head, 'authorization') ?? '')?.[1]
  const isJson = headerOf(head, 'x-amz-target') !== undefined || service === 'sagemaker'
  if (isJson) {
    const body = JSON.stringify({ __type: 'ServiceUnavailable', message: MESSAGE })
    return { type: 'application/x-amz-json-1.1', body }
  }
  const error = `<Code>ServiceUnavailable</Code><Message>${MESSAGE}</Message>`
  const form = headerOf(head, 'content-type')?.startsWith('application/x-www-form-urlencoded')
  const body = form
    ? `<ErrorResponse><Error><Type>Receiver</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
    : `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${error}<RequestId>${requestId}</RequestId></Error>`
  return { type: form ? 'text/xml' : 'application/xml', body }
}
