import { AwsError } from '../../aws/errors.ts'
import type { CredentialSource } from '../handler.ts'
import { pathWithBucket } from '../protocols/s3-address.ts'
import type { WireRequest } from '../request.ts'
import type { ServiceDefinition } from '../services.ts'
import type { SignatureClaim } from './signature/claim.ts'
import { SignatureFault } from './signature/fault.ts'
import { signatureRefusal } from './signature/refusal.ts'
import { type PlatformClock, type VerifiedSignature, verifySignature } from './signature/verify.ts'
import { verifyVersion2 } from './signature/version-2.ts'

/** @throws AwsError in the service's own words */
export function checkSignature(
  request: WireRequest,
  options: {
    service: ServiceDefinition
    claim: SignatureClaim
    payloadHash: string
    credentials: CredentialSource
    now: Date
    platformClock: PlatformClock | undefined
  },
): VerifiedSignature {
  const { service, claim } = options
  const s3 = service.dialect === 's3'
  try {
    if (claim.version === 2) {
      const { query } = request
      const path = pathWithBucket(request)
      const headerNames = [...new Set(request.headerNames)]
      return verifyVersion2(request, { ...options, query, headerNames, pathWithBucket: path })
    }
    return verifySignature(request, {
      ...options,
      pathAsSent: s3,
      // an S3 header that is not signed could have been added by anyone on the way
      mustBeSigned: s3 ? request.headerNames.filter(mustBeSigned) : [],
    })
  } catch (error) {
    if (error instanceof SignatureFault) throw signatureRefusal(error, service.dialect)
    throw error
  }
}

/** The payload's hash is covered by the signature already, as the last line of what is signed. */
function mustBeSigned(name: string): boolean {
  return name.startsWith('x-amz-') && name !== 'x-amz-content-sha256'
}

const PAYLOAD_FORMS =
  /^(?:UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER|STREAMING-AWS4-HMAC-SHA256-PAYLOAD(?:-TRAILER)?|[0-9a-f]{64})$/

/** What an S3 request says of its body. @throws AwsError */
export function declaredPayloadHash(request: WireRequest, claim: SignatureClaim): string {
  const header = request.header('x-amz-content-sha256')
  const declared =
    claim.place === 'header'
      ? header
      : (header ?? request.query.get('X-Amz-Content-Sha256')?.[0] ?? 'UNSIGNED-PAYLOAD')
  if (declared === undefined) {
    throw new AwsError(
      'InvalidRequest',
      'Missing required header for this request: x-amz-content-sha256',
    )
  }
  if (!PAYLOAD_FORMS.test(declared)) {
    throw new AwsError(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      { members: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: declared } },
    )
  }
  return declared
}
