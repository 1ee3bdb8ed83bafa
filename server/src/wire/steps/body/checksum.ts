import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc'

/** A checksum that grows with the bytes it is given. */
export interface Checksum {
  update(bytes: Uint8Array): void
  /** Base64, as S3's headers carry it. */
  digest(): Promise<string>
}

/** The algorithms whose `x-amz-checksum-…` headers are verified, by the last word of the header. */
export const CHECKSUMS: Readonly<Record<string, () => Checksum>> = {
  crc32: nodeCrc32,
  crc32c: () => fromSdk(new Crc32c()),
  crc64nvme: () => fromSdk(new Crc64Nvme()),
  sha1: () => fromNode('sha1'),
  sha256: () => fromNode('sha256'),
  sha512: () => fromNode('sha512'),
  md5: () => fromNode('md5'),
}

function nodeCrc32(): Checksum {
  let value = 0
  return {
    update: (bytes) => {
      value = crc32(bytes, value)
    },
    digest: async () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
}

function fromSdk(checksum: Crc32c | Crc64Nvme): Checksum {
  return {
    update: (bytes) => checksum.update(bytes),
    digest: async () => Buffer.from(await checksum.digest()).toString('base64'),
  }
}

function fromNode(algorithm: string): Checksum {
  const hash = createHash(algorithm)
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest('base64') }
}
