import type { Operation } from '../../operation.ts'
import type { Payload } from '../../protocols/protocol.ts'
import type { WireRequest } from '../../request.ts'
import type { ServiceDefinition } from '../../services.ts'
import { declaredPayloadHash } from '../check-signature.ts'
import type { SignatureClaim } from '../signature/claim.ts'
import { sha256Hex } from '../signature/signing-key.ts'
import type { VerifiedSignature } from '../signature/verify.ts'
import { openStreamedBody } from './streamed-body.ts'
import { readWholeBody } from './whole-body.ts'

const WHOLE_BODY_BYTES_MAX = 16 * 1024 * 1024

export interface ReceivedBody {
  /** What the signature says of the body. */
  readonly payloadHash: string
  /** Undefined where the body is still to come. */
  readonly payload: Payload | undefined
}

/** Takes a request's body as its service's signatures demand: whole, or by its declared hash alone. */
export async function receiveBody(
  request: WireRequest,
  options: { service: ServiceDefinition; claim: SignatureClaim; bytesMax: number | undefined },
): Promise<ReceivedBody> {
  const { service, claim, bytesMax = WHOLE_BODY_BYTES_MAX } = options
  if (service.streamsBodies) {
    return { payloadHash: declaredPayloadHash(request, claim), payload: undefined }
  }
  const { raw, payload } = await readWholeBody(request, bytesMax)
  // clients on TLS may sign that they do not hash the body
  const unsigned = request.header('x-amz-content-sha256') === 'UNSIGNED-PAYLOAD'
  return { payloadHash: unsigned ? 'UNSIGNED-PAYLOAD' : sha256Hex(raw), payload }
}

/** The body of an S3 request whose signature is right. */
export function openBody(
  request: WireRequest,
  options: {
    claim: SignatureClaim
    payloadHash: string
    verified: VerifiedSignature
    operation: Operation
  },
): Payload {
  const { claim, payloadHash, verified, operation } = options
  return openStreamedBody(request, {
    payloadHash,
    checksummed: operation.checksummed,
    signing: {
      key: verified.key,
      timestamp: claim.timestamp,
      scope: claim.scope,
      seed: claim.signature,
    },
  })
}
