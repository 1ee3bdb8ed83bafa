import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { crc32c, crc64nvme, type Halves } from './crc.ts'

/** A checksum that grows with the bytes it is given. */
export interface Checksum {
  update(bytes: Uint8Array): void
  /** Base64, as S3's headers carry it. */
  digest(): string
}

/** The algorithms whose `x-amz-checksum-…` headers are verified, by the last word of the header. */
export const CHECKSUMS: Readonly<Record<string, () => Checksum>> = {
  crc32: () => {
    let value = 0
    return {
      update: (bytes) => {
        value = crc32(bytes, value)
      },
      digest: () => base64Of([value]),
    }
  },
  crc32c: () => {
    let value = 0
    return {
      update: (bytes) => {
        value = crc32c(bytes, value)
      },
      digest: () => base64Of([value]),
    }
  },
  crc64nvme: () => {
    let value: Halves = { high: 0, low: 0 }
    return {
      update: (bytes) => {
        value = crc64nvme(bytes, value)
      },
      digest: () => base64Of([value.high, value.low]),
    }
  },
  sha1: () => hashing('sha1'),
  sha256: () => hashing('sha256'),
  sha512: () => hashing('sha512'),
  md5: () => hashing('md5'),
}

export function hashing(algorithm: string): Checksum {
  const hash = createHash(algorithm)
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('base64') }
}

function base64Of(words: readonly number[]): string {
  const bytes = Buffer.alloc(words.length * 4)
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word, index * 4)
  return bytes.toString('base64')
}
