import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Seals small values with the installation's secret, so that tokens need no row: what was sealed under a
 * purpose opens only under that purpose and only unchanged. AES-256-GCM with a random 96-bit nonce.
 */
export interface Secrets {
  seal(purpose: string, value: unknown): string
  /** @returns undefined when the text was not sealed here for this purpose, or was altered */
  open<T>(purpose: string, sealed: string): T | undefined
  /** A key derived for `purpose`, for keys that must be the same in every process. */
  derive(purpose: string, input: string): Buffer
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @param root at least 32 random bytes, kept 0600 in the data directory */
export function createSecrets(root: Buffer): Secrets {
  const keys = new Map<string, Buffer>()
  const keyFor = (purpose: string): Buffer => {
    let key = keys.get(purpose)
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', root, '', purpose, 32))
      keys.set(purpose, key)
    }
    return key
  }
  return {
    seal: (purpose, value) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyFor(purpose), nonce)
      const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open: <T>(purpose: string, sealed: string): T | undefined => {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined
      const decipher = createDecipheriv(
        'aes-256-gcm',
        keyFor(purpose),
        bytes.subarray(0, NONCE_BYTES),
      )
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      try {
        const body = bytes.subarray(NONCE_BYTES + TAG_BYTES)
        const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
        return JSON.parse(text) as T
      } catch {
        return undefined
      }
    },
    derive: (purpose, input) => createHmac('sha256', keyFor(purpose)).update(input).digest(),
  }
}
