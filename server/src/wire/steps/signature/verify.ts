import { type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../../platform/scope.ts'
import type { CredentialSource } from '../../handler.ts'
import { canonicalRequest } from './canonical-request.ts'
import { ALGORITHM, parseTimestamp, type SignatureClaim, type SignedHead } from './claim.ts'
import { SignatureFault } from './fault.ts'
import { sha256Hex, sign, signingKey } from './signing-key.ts'

export interface VerifyOptions {
  readonly claim: SignatureClaim
  /** What the signature says of the body: its SHA-256 in hexadecimal, or one of S3's words for none. */
  readonly payloadHash: string
  readonly credentials: CredentialSource
  /** The wall's time, since clients sign by it; not the platform's, which a user may move. */
  readonly now: Date
  /** S3 signs the path as it is sent; all others normalise it and encode it once more. */
  readonly pathAsSent: boolean
  /** Headers that may not be there without being signed, beside the host and the date. */
  readonly mustBeSigned: readonly string[]
}

export interface VerifiedSignature {
  readonly caller: Caller
  readonly key: KeyObject
}

/** How far a client's clock may be off. */
export const SKEW_MS_MAX = 15 * 60_000

/**
 * Verifies a version 4 signature. Knows no HTTP implementation and does not wait: gateways verify with it
 * on their hot path.
 *
 * @throws SignatureFault
 */
export function verifySignature(head: SignedHead, options: VerifyOptions): VerifiedSignature {
  const { claim, payloadHash, credentials } = options
  const found = credentials.find(claim.accessKeyId, claim.sessionToken)
  if (!found.known) {
    throw new SignatureFault(
      found.because === 'unknown key'
        ? { kind: 'unknown key', accessKeyId: claim.accessKeyId }
        : { kind: found.because, token: claim.sessionToken },
    )
  }
  checkTime(claim, options.now)
  checkSignedHeaders(head, options)
  const key = signingKey(found.secretAccessKey, claim)
  const canonical = canonicalRequest(head, { claim, payloadHash, pathAsSent: options.pathAsSent })
  const stringToSign = `${ALGORITHM}\n${claim.timestamp}\n${claim.scope}\n${sha256Hex(canonical)}`
  if (!sameText(sign(key, stringToSign), claim.signature)) {
    const { accessKeyId, signature } = claim
    throw new SignatureFault({
      kind: 'mismatch',
      accessKeyId,
      signature,
      stringToSign,
      canonicalRequest: canonical,
    })
  }
  return { caller: found.caller, key }
}

/** Compares without telling by the time taken how much is right. */
export function sameText(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  if (one.length !== SIGNATURE_BYTES) return timingSafeEqual(Buffer.from(one), Buffer.from(other))
  // the two are filled anew each time: comparing is synchronous, and a request's memory stays its own
  left.write(one, 'latin1')
  right.write(other, 'latin1')
  return timingSafeEqual(left, right)
}

const SIGNATURE_BYTES = 64
const left = Buffer.alloc(SIGNATURE_BYTES)
const right = Buffer.alloc(SIGNATURE_BYTES)

function checkTime(claim: SignatureClaim, now: Date): void {
  const { timestamp, date, expiresSeconds } = claim
  const signedAt = parseTimestamp(timestamp)
  if (signedAt === undefined) {
    const because = `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`
    throw new SignatureFault({ kind: 'incomplete', because })
  }
  if (!timestamp.startsWith(date)) {
    const because = `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`
    throw new SignatureFault({ kind: 'scope', because })
  }
  const ageMs = now.getTime() - signedAt.getTime()
  if (ageMs < -SKEW_MS_MAX) throw new SignatureFault({ kind: 'skewed', timestamp, now })
  if (expiresSeconds === undefined) {
    if (ageMs > SKEW_MS_MAX) throw new SignatureFault({ kind: 'skewed', timestamp, now })
  } else if (ageMs > expiresSeconds * 1_000) {
    const expiredAt = new Date(signedAt.getTime() + expiresSeconds * 1_000)
    throw new SignatureFault({ kind: 'presigned expired', expiresSeconds, expiredAt, now })
  }
}

function checkSignedHeaders(head: SignedHead, options: VerifyOptions): void {
  const { claim, mustBeSigned } = options
  const { signedHeaders } = claim
  const date = head.header('x-amz-date') === undefined ? 'date' : 'x-amz-date'
  const isDated = claim.place !== 'header' || signedHeaders.includes(date)
  if (signedHeaders.includes('host') && isDated && mustBeSigned.length === 0) return
  const names = ['host', ...(claim.place === 'header' ? [date] : []), ...mustBeSigned]
  const unsigned = names.filter((name) => !signedHeaders.includes(name))
  if (unsigned.length > 0) throw new SignatureFault({ kind: 'unsigned headers', names: unsigned })
}
