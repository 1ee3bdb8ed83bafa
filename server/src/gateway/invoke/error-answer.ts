import { AwsError } from '../../aws/errors.ts'
import { STATUS_CODES } from '../../base/http.ts'
import type { Exchange } from '../http1/exchange.ts'

const STATUS: Readonly<Record<string, number>> = {
  ValidationError: 400,
  ModelError: 424,
  ModelNotReadyException: 429,
  ThrottlingException: 429,
  ServiceUnavailable: 503,
  InternalFailure: 500,
}
/** All other refusals that an invocation meets are the signature's. */
const STATUS_OF_REFUSAL = 403

/** @returns the status that it was answered with */
export function answerError(
  exchange: Exchange,
  { error, requestId }: { readonly error: AwsError; readonly requestId: string },
): number {
  const status = STATUS[error.code] ?? STATUS_OF_REFUSAL
  const body = JSON.stringify({ Message: error.message, ...error.members })
  answerJson(exchange, { status, requestId, body, type: error.code })
  return status
}

/** AWS's front refuses too large a body before any service sees it, without a code. */
export function answerTooLarge(
  exchange: Exchange,
  { bytesMax, requestId }: { readonly bytesMax: number; readonly requestId: string },
): void {
  const body = JSON.stringify({ message: `HTTP content length exceeded ${bytesMax} bytes.` })
  answerJson(exchange, { status: 413, requestId, body })
}

function answerJson(
  exchange: Exchange,
  answer: { status: number; requestId: string; body: string; type?: string },
): void {
  const bytes = Buffer.from(answer.body)
  const type = answer.type === undefined ? '' : `x-amzn-ErrorType: ${answer.type}\r\n`
  exchange.respond(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Error'}\r\n` +
      `x-amzn-RequestId: ${answer.requestId}\r\n${type}Content-Type: application/json\r\n` +
      `Content-Length: ${bytes.length}\r\n${exchange.connectionLine()}\r\n`,
    bytes,
  )
}

/** What a thrown thing is to the caller: an AWS error as it is, anything else our own fault. */
export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error
  return new AwsError('InternalFailure', 'An internal failure occurred. It is in the log.', {
    fault: 'server',
  })
}
