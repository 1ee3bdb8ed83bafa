import { createHmac, hash } from 'node:crypto'
import type { SignatureClaim } from './claim.ts'

/** A derived key is used for a day's requests of one caller to one service; a few hundred suffice. */
const CACHED_KEYS_MAX = 1_000

const cache = new Map<string, { readonly secret: string; readonly key: SigningKey }>()

/**
 * A key for HMAC-SHA-256 in the form that RFC 2104 hashes it: with the inner and the outer pad, each at the
 * beginning of a buffer that has room for what is signed. Two hashes in one call each cost half of what Node's
 * `Hmac` does, whose object is made for one signature.
 */
export interface SigningKey {
  readonly inner: Buffer
  readonly outer: Buffer
}

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** Room for the text of a signature; longer ones are copied. */
const TEXT_BYTES = 512
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** The key that signs all requests of one secret on one day, to one region's service. */
export function signingKey(
  secret: string,
  claim: Pick<SignatureClaim, 'accessKeyId' | 'date' | 'region' | 'service' | 'scope'>,
): SigningKey {
  const name = `${claim.accessKeyId}/${claim.scope}`
  const cached = cache.get(name)
  // the secret behind a key may be another one after a reset
  if (cached?.secret === secret) return cached.key
  const key = derive(secret, [claim.date, claim.region, claim.service, 'aws4_request'])
  if (cache.size >= CACHED_KEYS_MAX) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest)
      break
    }
  }
  cache.set(name, { secret, key })
  return key
}

/** @param bytes the key itself */
export function signingKeyOf(bytes: Buffer): SigningKey {
  const block = bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes
  const inner = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES)
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const byte = block[index] ?? 0
    inner[index] = byte ^ INNER_PAD
    outer[index] = byte ^ OUTER_PAD
  }
  return { inner, outer }
}

/**
 * @param text whose characters are bytes
 * @returns 64 hexadecimal digits
 */
export function sign({ inner, outer }: SigningKey, text: string): string {
  if (text.length > TEXT_BYTES) {
    const long = Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text, 'latin1')])
    outer.write(hash('sha256', long, 'binary'), BLOCK_BYTES, 'latin1')
  } else {
    inner.write(text, BLOCK_BYTES, 'latin1')
    const signed = inner.subarray(0, BLOCK_BYTES + text.length)
    outer.write(hash('sha256', signed, 'binary'), BLOCK_BYTES, 'latin1')
  }
  return hash('sha256', outer, 'hex')
}

/** The SHA-256 of bytes, or of text whose characters are bytes, in hexadecimal. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', typeof data === 'string' ? Buffer.from(data, 'latin1') : data, 'hex')
}

function derive(secret: string, words: readonly string[]): SigningKey {
  let key: string | Buffer = `AWS4${secret}`
  for (const word of words) key = createHmac('sha256', key).update(word).digest()
  return signingKeyOf(key as Buffer)
}
