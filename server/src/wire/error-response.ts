import { AwsError } from '../aws/errors.ts'
import type { WireAnswer, WireError } from './protocols/protocol.ts'
import type { WireRequest } from './request.ts'
import type { ServiceDefinition } from './services.ts'

/** A refusal as it goes out, and whether it is news for the log's reader. */
export interface ErrorResponse {
  readonly answer: WireAnswer
  readonly code: string
  /** Ours or the machine's fault: the log tells the cause, the answer does not. */
  readonly unexpected: boolean
}

/** The only place that knows which status an error has. */
export function errorResponse(
  error: unknown,
  { request, service }: { request: WireRequest; service: ServiceDefinition },
): ErrorResponse {
  const refusal = asAwsError(error, service)
  const modelled = service.model.error(refusal.code)
  const wire: WireError = {
    code: modelled?.name ?? refusal.code,
    queryCode: modelled?.queryCode,
    message: refusal.message,
    fault: refusal.fault,
    members: refusal.members,
    messageMember: modelled?.members.includes('Message') ? 'Message' : 'message',
    requestId: request.id,
    status:
      statusOf(refusal.code, service) ??
      modelled?.status ??
      (refusal.fault === 'client' ? 400 : 500),
  }
  const answer = service.protocol.writeError(wire, request)
  const bodiless = request.method === 'HEAD' || wire.status === 304
  return {
    answer: bodiless ? { status: wire.status, headers: validators(refusal) } : answer,
    code: refusal.code,
    unexpected: !(error instanceof AwsError),
  }
}

/** What a cache needs beside a bare status; RFC 9110 asks for them with 304. */
function validators({ members }: AwsError): Record<string, string> {
  const { ETag: etag, LastModified: modified } = members
  return {
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(modified instanceof Date ? { 'last-modified': modified.toUTCString() } : {}),
  }
}

function asAwsError(error: unknown, service: ServiceDefinition): AwsError {
  if (error instanceof AwsError) return error
  const s3 = service.dialect === 's3'
  if (isUnreachable(error)) {
    const message = 'The platform cannot reach its database at present. Please try again.'
    const code = service.dialect === 'json' ? 'ServiceUnavailableException' : 'ServiceUnavailable'
    return new AwsError(code, message, { fault: 'server' })
  }
  return s3
    ? new AwsError('InternalError', 'We encountered an internal error. Please try again.', {
        fault: 'server',
      })
    : new AwsError(
        'InternalFailure',
        'The request processing has failed because of an unknown error, exception or failure.',
        { fault: 'server' },
      )
}

const UNREACHABLE_ERRNO = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])
/** Postgres: connection exceptions, too many connections, shutting down, crashed, starting up. */
const UNREACHABLE_SQLSTATE = /^(?:08\d{3}|53300|57P0[123])$/

/** Whether `error` is the database's absence: asked again, the request may succeed. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (/^(?:Connection terminated|timeout exceeded when trying to connect)/.test(error.message)) {
    return true
  }
  if (error instanceof AggregateError) return error.errors.some(isUnreachable)
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) return UNREACHABLE_SQLSTATE.test(code)
  return UNREACHABLE_ERRNO.has(code) && ['connect', 'read', 'write'].includes(syscall)
}

function statusOf(code: string, service: ServiceDefinition): number | undefined {
  const own = service.dialect === 's3' ? S3_STATUS[code] : undefined
  if (own !== undefined) return own
  if (service.dialect === 'rest-json' && REST_JSON_FORBIDDEN.has(code)) return 403
  return STATUS[code]
}

/** REST-JSON services answer 403 where JSON services answer 400. */
const REST_JSON_FORBIDDEN = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
])

/** @source https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  ExpiredToken: 403,
  InvalidClientTokenId: 403,
  MissingAuthenticationToken: 403,
  SignatureDoesNotMatch: 403,
  RequestEntityTooLarge: 413,
  UnknownOperationException: 404,
  InternalFailure: 500,
  // clients retry 500, 502, 503 and 504; what is not built will not be built by asking again
  NotImplemented: 501,
  ServiceUnavailable: 503,
  ServiceUnavailableException: 503,
}

/** @source https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const S3_STATUS: Readonly<Record<string, number>> = {
  NotModified: 304,
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  InvalidObjectState: 403,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  '403': 403,
  '404': 404,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchCORSConfiguration: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchPublicAccessBlockConfiguration: 404,
  NoSuchTagSet: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NoSuchWebsiteConfiguration: 404,
  NotFound: 404,
  ObjectLockConfigurationNotFoundError: 404,
  OwnershipControlsNotFoundError: 404,
  ReplicationConfigurationNotFoundError: 404,
  ServerSideEncryptionConfigurationNotFoundError: 404,
  MethodNotAllowed: 405,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  InvalidBucketState: 409,
  OperationAborted: 409,
  MissingContentLength: 411,
  PreconditionFailed: 412,
  InvalidRange: 416,
  InvalidPartNumber: 416,
  // S3's own status for this one is 400: it tells the client to open another connection
  RequestTimeout: 400,
  ExpiredToken: 400,
  InternalError: 500,
  NotImplemented: 501,
  ServiceUnavailable: 503,
  SlowDown: 503,
  // a disk does not empty itself, and clients that repeat 500, 502, 503 and 504 do not repeat this
  InsufficientStorage: 507,
}
