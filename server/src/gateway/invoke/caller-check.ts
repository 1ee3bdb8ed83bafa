import { systemClock } from '../../base/clock.ts'
import type { Caller } from '../../platform/scope.ts'
import type { CredentialSource } from '../../wire/handler.ts'
import { readClaim, type SignedHead } from '../../wire/steps/signature/claim.ts'
import { SignatureFault } from '../../wire/steps/signature/fault.ts'
import { signatureRefusal } from '../../wire/steps/signature/refusal.ts'
import { sha256Hex } from '../../wire/steps/signature/signing-key.ts'
import { type PlatformClock, verifySignature } from '../../wire/steps/signature/verify.ts'
import type { Exchange } from '../http1/exchange.ts'
import { headerOf, type RequestHead } from '../http1/message-head.ts'

/** Who invokes, and in which region: both from the signature. */
export interface VerifiedInvoker {
  readonly caller: Caller
  readonly region: string
}

/** What clients sign as the payload's hash when they do not hash it; HTTPS clients of some SDKs do so. */
const UNSIGNED = 'UNSIGNED-PAYLOAD'
const NONE: readonly string[] = []
const SIGNING_NAME = 'sagemaker'

/** @throws AwsError when the signature is not one of a known key over this very request */
export function checkCaller(
  { head, target }: Exchange,
  {
    body,
    credentials,
    clock,
  }: {
    readonly body: Buffer
    readonly credentials: CredentialSource
    /** The platform's: programs under a faked clock may sign by it. */
    readonly clock: PlatformClock
  },
): VerifiedInvoker {
  const signed = new SignedRequest(head, target)
  try {
    const claim = readClaim(signed)
    if (claim.service !== SIGNING_NAME) {
      const because = `Credential should be scoped to correct service: '${SIGNING_NAME}'. `
      throw new SignatureFault({ kind: 'scope', because })
    }
    const isUnsigned = signed.header('x-amz-content-sha256') === UNSIGNED
    const { caller } = verifySignature(signed, {
      claim,
      payloadHash: isUnsigned ? UNSIGNED : sha256Hex(body),
      credentials,
      now: systemClock.now(),
      platformClock: clock,
      pathAsSent: false,
      mustBeSigned: NONE,
    })
    return { caller, region: claim.region }
  } catch (error) {
    throw error instanceof SignatureFault ? signatureRefusal(error, 'rest-json') : error
  }
}

class SignedRequest implements SignedHead {
  readonly method: string
  readonly rawPath: string
  readonly rawQuery: string
  private readonly head: RequestHead

  constructor(head: RequestHead, target: string) {
    const mark = target.indexOf('?')
    this.head = head
    this.method = head.method
    this.rawPath = mark < 0 ? target : target.slice(0, mark)
    this.rawQuery = mark < 0 ? '' : target.slice(mark + 1)
  }

  header(name: string): string | undefined {
    return headerOf(this.head, name)
  }
}
