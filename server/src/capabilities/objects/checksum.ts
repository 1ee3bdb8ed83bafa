import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc'
import type { ChecksumAlgorithm, ChecksumType } from '@aws-sdk/client-s3'
import { invalidRequest } from '../../aws/s3-errors.ts'

/** A checksum in the making. */
export interface Hasher {
  update(chunk: Uint8Array): void
  /** Big-endian bytes, as S3 encodes them. */
  digest(): Promise<Uint8Array>
}

/** S3's algorithms, but for the XXHASH family, whose values the wire cannot verify. */
export type ChecksumName = Exclude<ChecksumAlgorithm, `XXHASH${string}`>

interface ChecksumMaker {
  readonly create: () => Hasher
  /** The kinds that a multipart object may have; the first is the default. */
  readonly types: readonly ChecksumType[]
}

/** @source Amazon S3 User Guide, "Checking object integrity": algorithms and their checksum types */
const MAKERS: Readonly<Record<ChecksumName, ChecksumMaker>> = {
  CRC32: { create: crc32Hasher, types: ['COMPOSITE', 'FULL_OBJECT'] },
  CRC32C: { create: () => new Crc32c(), types: ['COMPOSITE', 'FULL_OBJECT'] },
  CRC64NVME: { create: () => new Crc64Nvme(), types: ['FULL_OBJECT'] },
  SHA1: { create: () => cryptoHasher('sha1'), types: ['COMPOSITE'] },
  SHA256: { create: () => cryptoHasher('sha256'), types: ['COMPOSITE'] },
  SHA512: { create: () => cryptoHasher('sha512'), types: ['COMPOSITE'] },
  MD5: { create: () => cryptoHasher('md5'), types: ['COMPOSITE'] },
}

const NAMES = Object.keys(MAKERS) as ChecksumName[]

/** What S3 computes when the client asks for no other. */
export const CHECKSUM_DEFAULT: ChecksumName = 'CRC64NVME'

/** `ChecksumCRC32`, `ChecksumSHA256`, …: the members that carry values in requests and answers. */
export type ChecksumMembers = {
  readonly [A in ChecksumName as `Checksum${A}`]?: string | undefined
}

/** What is kept of an object's checksum. `value` is base64, with `-N` for a composite of N parts. */
export interface ObjectChecksum {
  readonly algorithm: ChecksumName
  readonly type: ChecksumType
  readonly value: string
}

/** A request's wish: an algorithm, and its value when the client told it ahead of the body. */
export interface AskedChecksum {
  readonly algorithm: ChecksumName
  readonly value?: string
}

export function createHasher(algorithm: ChecksumName): Hasher {
  return MAKERS[algorithm].create()
}

export function encodeDigest(digest: Uint8Array): string {
  return Buffer.from(digest).toString('base64')
}

/**
 * The checksum that a request names by a value, or by `ChecksumAlgorithm` alone when the value is in the trailer
 * or the server is to make it. The wire fails a body that a value, before or behind it, does not match.
 *
 * @throws InvalidRequest
 */
export function askedChecksum(
  input: ChecksumMembers & { readonly ChecksumAlgorithm?: ChecksumAlgorithm | undefined },
): AskedChecksum | undefined {
  const given = NAMES.filter((name) => input[`Checksum${name}`] !== undefined)
  if (given.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  }
  const named = input.ChecksumAlgorithm && parseAlgorithm(input.ChecksumAlgorithm)
  const [algorithm] = given
  if (!algorithm) return named && { algorithm: named }
  if (named && named !== algorithm) {
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.')
  }
  return { algorithm, value: input[`Checksum${algorithm}`] ?? '' }
}

/** @throws InvalidRequest for an algorithm that is not known here */
export function parseAlgorithm(name: string): ChecksumName {
  const found = NAMES.find((known) => known === name.toUpperCase())
  if (found) return found
  throw invalidRequest(
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types:' +
      ` [${NAMES.join(', ')}]`,
  )
}

/** The type of a multipart upload's checksum. @throws InvalidRequest when the algorithm has no such type */
export function multipartChecksumType(
  algorithm: ChecksumName,
  asked: ChecksumType | undefined,
): ChecksumType {
  const { types } = MAKERS[algorithm]
  const type = types.find((one) => asked === undefined || one === asked)
  if (!type) {
    throw invalidRequest(
      `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    )
  }
  return type
}

/** The members of an answer that carry `checksum`. */
export function checksumMembers(checksum: ObjectChecksum): Record<string, string> {
  return {
    [`Checksum${checksum.algorithm}`]: checksum.value,
    ChecksumType: checksum.type,
  }
}

/** The checksum of the parts' checksums, marked with their number. */
export async function compositeChecksum(
  algorithm: ChecksumName,
  partValues: readonly string[],
): Promise<string> {
  const hasher = createHasher(algorithm)
  for (const value of partValues) hasher.update(Buffer.from(value, 'base64'))
  return `${encodeDigest(await hasher.digest())}-${partValues.length}`
}

function crc32Hasher(): Hasher {
  let sum = 0
  return {
    update: (chunk) => {
      sum = crc32(chunk, sum)
    },
    digest: async () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(sum)
      return bytes
    },
  }
}

function cryptoHasher(name: string): Hasher {
  const hash = createHash(name)
  return {
    update: (chunk) => {
      hash.update(chunk)
    },
    digest: async () => hash.digest(),
  }
}
