import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { SignatureClaim } from './claim.ts'

/** A derived key is used for a day's requests of one caller to one service; a few hundred suffice. */
const CACHED_KEYS_MAX = 1_000

const cache = new Map<string, { readonly secret: string; readonly key: KeyObject }>()

/** The key that signs all requests of one secret on one day, to one region's service. */
export function signingKey(
  secret: string,
  claim: Pick<SignatureClaim, 'accessKeyId' | 'date' | 'region' | 'service' | 'scope'>,
): KeyObject {
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

/** @returns 64 hexadecimal digits */
export function sign(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text, 'latin1').digest('hex')
}

/** The SHA-256 of bytes, or of text whose characters are bytes, in hexadecimal. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', typeof data === 'string' ? Buffer.from(data, 'latin1') : data, 'hex')
}

function derive(secret: string, words: readonly string[]): KeyObject {
  let key: string | Buffer = `AWS4${secret}`
  for (const word of words) key = createHmac('sha256', key).update(word).digest()
  return createSecretKey(key as Buffer)
}
