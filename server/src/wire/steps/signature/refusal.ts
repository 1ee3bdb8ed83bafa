import { AwsError } from '../../../aws/errors.ts'
import { formatTimestamp } from './claim.ts'
import type { SignatureFault, SignatureFaultReason } from './fault.ts'
import { SKEW_MS_MAX } from './verify.ts'

/**
 * Whose words a refusal is in. `json` and `rest-json`: SageMaker, CloudWatch Logs and their kind;
 * `query`: STS and IAM; `s3`.
 */
export type SignatureDialect = 'json' | 'rest-json' | 'query' | 's3'

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const MISMATCH_S3 =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.'

/** Says in the service's own code and text why a signature is not accepted. */
export function signatureRefusal(fault: SignatureFault, dialect: SignatureDialect): AwsError {
  if (dialect === 's3') return s3Refusal(fault.reason)
  return generalRefusal(fault.reason, dialect === 'query' ? QUERY_CODES : JSON_CODES)
}

interface Codes {
  readonly missing: string
  readonly incomplete: string
  readonly unknownKey: string
  readonly expiredToken: string
  readonly mismatch: string
}

/** @source https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const QUERY_CODES: Codes = {
  missing: 'MissingAuthenticationToken',
  incomplete: 'IncompleteSignature',
  unknownKey: 'InvalidClientTokenId',
  expiredToken: 'ExpiredToken',
  mismatch: 'SignatureDoesNotMatch',
}

/** @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const JSON_CODES: Codes = {
  missing: 'MissingAuthenticationTokenException',
  incomplete: 'IncompleteSignatureException',
  unknownKey: 'UnrecognizedClientException',
  expiredToken: 'ExpiredTokenException',
  mismatch: 'InvalidSignatureException',
}

function generalRefusal(reason: SignatureFaultReason, codes: Codes): AwsError {
  switch (reason.kind) {
    case 'missing':
      return new AwsError(codes.missing, 'Request is missing Authentication Token')
    case 'unsupported':
      return new AwsError(codes.incomplete, "'Authorization' must start with 'AWS4-HMAC-SHA256'.")
    case 'incomplete':
    case 'expiry':
      return new AwsError(codes.incomplete, reason.because)
    case 'unknown key':
    case 'invalid token':
      return new AwsError(
        codes.unknownKey,
        'The security token included in the request is invalid.',
      )
    case 'expired token':
      return new AwsError(
        codes.expiredToken,
        'The security token included in the request is expired',
      )
    case 'scope':
      return new AwsError(codes.mismatch, reason.because)
    case 'unsigned headers':
      return new AwsError(codes.mismatch, `${listed(reason.names)} must be a 'SignedHeader'.`)
    case 'mismatch':
      return new AwsError(codes.mismatch, MISMATCH)
    case 'skewed':
      return new AwsError(codes.mismatch, skewText(reason.timestamp, reason.now))
    case 'presigned expired':
      return new AwsError(codes.mismatch, skewText(formatTimestamp(reason.expiredAt), reason.now))
  }
}

function skewText(timestamp: string, now: Date): string {
  const minutes = SKEW_MS_MAX / 60_000
  const present = formatTimestamp(now)
  const earliest = formatTimestamp(new Date(now.getTime() - SKEW_MS_MAX))
  const latest = formatTimestamp(new Date(now.getTime() + SKEW_MS_MAX))
  return timestamp > present
    ? `Signature not yet current: ${timestamp} is still later than ${latest} (${present} + ${minutes} min.)`
    : `Signature expired: ${timestamp} is now earlier than ${earliest} (${present} - ${minutes} min.)`
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

/** @source https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function s3Refusal(reason: SignatureFaultReason): AwsError {
  switch (reason.kind) {
    case 'missing':
      return new AwsError('AccessDenied', 'Access Denied')
    case 'unsupported':
      return new AwsError(
        'InvalidRequest',
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      )
    case 'incomplete':
      return new AwsError(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; ${reason.because}`,
      )
    case 'expiry':
      return new AwsError('AuthorizationQueryParametersError', reason.because)
    case 'unknown key':
      return new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        { members: { AWSAccessKeyId: reason.accessKeyId } },
      )
    case 'invalid token':
      return new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.')
    case 'expired token':
      return new AwsError('ExpiredToken', 'The provided token has expired.')
    case 'scope':
      return new AwsError(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; ${reason.because}`,
      )
    case 'unsigned headers':
      return new AwsError(
        'AccessDenied',
        'There were headers present in the request which were not signed',
        { members: { HeadersNotSigned: reason.names.join(', ') } },
      )
    case 'mismatch':
      return new AwsError('SignatureDoesNotMatch', MISMATCH_S3, {
        members: mismatchMembers(reason),
      })
    case 'skewed':
      return new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          members: {
            RequestTime: reason.timestamp,
            ServerTime: seconds(reason.now),
            MaxAllowedSkewMilliseconds: String(SKEW_MS_MAX),
          },
        },
      )
    case 'presigned expired':
      return new AwsError('AccessDenied', 'Request has expired', {
        members: {
          ...(reason.expiresSeconds === undefined
            ? {}
            : { 'X-Amz-Expires': String(reason.expiresSeconds) }),
          Expires: seconds(reason.expiredAt),
          ServerTime: seconds(reason.now),
        },
      })
  }
}

/** What S3 gives back so that a client's author finds the difference; none of it is secret. */
function mismatchMembers(reason: SignatureFaultReason & { kind: 'mismatch' }) {
  return {
    AWSAccessKeyId: reason.accessKeyId,
    StringToSign: reason.stringToSign,
    SignatureProvided: reason.signature,
    StringToSignBytes: hexBytes(reason.stringToSign),
    ...(reason.canonicalRequest === undefined
      ? {}
      : {
          CanonicalRequest: reason.canonicalRequest,
          CanonicalRequestBytes: hexBytes(reason.canonicalRequest),
        }),
  }
}

function hexBytes(text: string): string {
  return (Buffer.from(text, 'latin1').toString('hex').match(/../g) ?? []).join(' ')
}

function seconds(instant: Date): string {
  return instant.toISOString().replace(/\.\d{3}/, '')
}
