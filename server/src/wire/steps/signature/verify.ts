import { timingSafeEqual } from 'node:crypto'
import type { SteerableClock } from '../../../base/steerable-clock.ts'
import type { Caller } from '../../../platform/scope.ts'
import type { CredentialSource } from '../../handler.ts'
import { canonicalRequest } from './canonical-request.ts'
import { ALGORITHM, parseTimestamp, type SignatureClaim, type SignedHead } from './claim.ts'
import { SignatureFault } from './fault.ts'
import { type SigningKey, sha256Hex, sign, signingKey } from './signing-key.ts'

export interface VerifyOptions {
  readonly claim: SignatureClaim
  /** What the signature says of the body: its SHA-256 in hexadecimal, or one of S3's words for none. */
  readonly payloadHash: string
  readonly credentials: CredentialSource
  /** The wall's time: clients sign by it. */
  readonly now: Date
  /** The platform's clock, which a user may move; without one it is the wall's. */
  readonly platformClock?: PlatformClock | undefined
  /** S3 signs the path as it is sent; all others normalise it and encode it once more. */
  readonly pathAsSent: boolean
  /** Headers that may not be there without being signed, beside the host and the date. */
  readonly mustBeSigned: readonly string[]
}

/** What signatures have to do with the platform's clock: see `base/steerable-clock.ts`. */
export type PlatformClock = Pick<SteerableClock, 'now' | 'readingAt'>

export interface VerifiedSignature {
  readonly caller: Caller
  readonly key: SigningKey
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
  checkTime(claim, options)
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

function checkTime(claim: SignatureClaim, { now, platformClock }: VerifyOptions): void {
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
  if (expiresSeconds === undefined) {
    if (isNear(now, signedAt) || (platformClock && isNear(platformClock.now(), signedAt))) return
    throw new SignatureFault({ kind: 'skewed', timestamp, now })
  }
  const reading = platformReading(signedAt, { now, platformClock })
  const ageMs = reading.now.getTime() - reading.signedAt.getTime()
  if (ageMs < -SKEW_MS_MAX) throw new SignatureFault({ kind: 'skewed', timestamp, now })
  if (ageMs > expiresSeconds * 1_000) {
    const expiredAt = new Date(reading.signedAt.getTime() + expiresSeconds * 1_000)
    const expiry = { expiresSeconds, expiredAt, now: reading.now }
    throw new SignatureFault({ kind: 'presigned expired', ...expiry })
  }
}

function isNear(now: Date, signedAt: Date): boolean {
  return Math.abs(now.getTime() - signedAt.getTime()) <= SKEW_MS_MAX
}

/**
 * A presigned URL ages on the platform's clock. A date that the wall's can have shown is the wall's, and
 * counts as what the platform's read then: so one made before the clock was put ahead is that much older, and
 * one made after it is new. A date beyond is one of a client that keeps the platform's time.
 */
function platformReading(
  signedAt: Date,
  { now, platformClock }: Pick<VerifyOptions, 'now' | 'platformClock'>,
): { readonly now: Date; readonly signedAt: Date } {
  if (!platformClock) return { now, signedAt }
  const aheadMs = signedAt.getTime() - now.getTime()
  const platformNow = platformClock.now()
  if (aheadMs > SKEW_MS_MAX) return { now: platformNow, signedAt }
  // dates are cut to the second: one of the second in which the clock was moved may be of after the move
  const signedBy = new Date(Math.min(now.getTime(), signedAt.getTime() + DATE_MS - 1))
  const readMs = platformClock.readingAt(signedBy).getTime()
  // a client whose clock is ahead is so whatever the platform's speed
  const offMs = signedBy.getTime() - signedAt.getTime()
  return { now: platformNow, signedAt: new Date(readMs - offMs) }
}

const DATE_MS = 1_000

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
