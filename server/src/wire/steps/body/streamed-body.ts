import { Readable } from 'node:stream'
import { AwsError, notImplemented } from '../../../aws/errors.ts'
import type { Payload } from '../../protocols/protocol.ts'
import type { WireRequest } from '../../request.ts'
import { type ChunkSigning, decodeAwsChunked } from './aws-chunked.ts'
import { CHECKSUMS, type Checksum } from './checksum.ts'
import { collect } from './whole-body.ts'

/** The most that one PUT may carry; larger objects come in parts. */
export const UPLOAD_BYTES_MAX = 5 * 1024 ** 3

export interface StreamedBodyOptions {
  /** What `x-amz-content-sha256` says. */
  readonly payloadHash: string
  readonly signing: ChunkSigning
  /** Whether checksum headers speak of this body. */
  readonly checksummed: boolean
}

/**
 * An S3 request's body, unread until somebody reads it: a refusal costs no transfer. What was signed, the
 * checksums, the length and the MD5 are verified as the bytes pass, and fail the stream at its end, so that
 * whoever stores it commits nothing.
 */
export function openStreamedBody(request: WireRequest, options: StreamedBodyOptions): Payload {
  const chunked = options.payloadHash.startsWith('STREAMING-')
  const sizeBytes = sizeOf(request, chunked)
  const trailerNames = chunked ? announcedTrailers(request) : []
  const expected = expectedDigests(request, options)
  const given = new Map<string, string>()
  let received: ((checksums: ReadonlyMap<string, string>) => void) | undefined

  async function* decoded(): AsyncGenerator<Buffer> {
    const source = request.body.pieces()
    if (!chunked) return yield* source
    yield* decodeAwsChunked(source, {
      signing: options.payloadHash.startsWith('STREAMING-AWS4') ? options.signing : undefined,
      decodedBytes: sizeBytes ?? 0,
      trailerNames,
      onTrailers: (trailers) => {
        for (const [name, value] of trailers) {
          expected.push(...checksumDigest(name, value))
          given.set(name, value)
        }
      },
    })
  }
  async function* verified(): AsyncGenerator<Buffer> {
    const running = runningDigests(expected, trailerNames)
    for await (const bytes of decoded()) {
      for (const checksum of running.values()) checksum.update(bytes)
      yield bytes
    }
    const digests = new Map<string, string>()
    for (const [name, checksum] of running) digests.set(name, await checksum.digest())
    for (const { name, value, refuse } of expected) {
      const computed = digests.get(name) ?? ''
      if (computed !== value) throw refuse(computed)
    }
    received?.(given)
  }
  return {
    sizeBytes,
    bytes: (sizeBytesMax) => collect(verified(), sizeBytesMax),
    stream: () => Readable.from(verified(), { objectMode: false }),
    onChecksums: (callback) => {
      received = callback
    },
  }
}

interface ExpectedDigest {
  /** The key into the running digests. */
  readonly name: string
  readonly value: string
  readonly refuse: (computed: string) => AwsError
}

const PREFIX = 'x-amz-checksum-'
const DIGEST_BYTES: Readonly<Record<string, number>> = {
  ...{ crc32: 4, crc32c: 4, crc64nvme: 8 },
  ...{ md5: 16, sha1: 20, sha256: 32, sha512: 64 },
}

function expectedDigests(request: WireRequest, options: StreamedBodyOptions): ExpectedDigest[] {
  const expected: ExpectedDigest[] = []
  if (/^[0-9a-f]{64}$/.test(options.payloadHash)) expected.push(signedHash(options.payloadHash))
  const md5 = request.header('content-md5')
  if (md5 !== undefined) expected.push(contentMd5(md5))
  if (!options.checksummed) return expected
  for (const name of new Set(request.headerNames)) {
    if (name.startsWith(PREFIX)) {
      expected.push(...checksumDigest(name, request.header(name) ?? ''))
    }
  }
  return expected
}

function signedHash(payloadHash: string): ExpectedDigest {
  return {
    name: 'sha256',
    value: Buffer.from(payloadHash, 'hex').toString('base64'),
    refuse: (computed) =>
      new AwsError(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        {
          members: {
            ClientComputedContentSHA256: payloadHash,
            S3ComputedContentSHA256: Buffer.from(computed, 'base64').toString('hex'),
          },
        },
      ),
  }
}

function contentMd5(value: string): ExpectedDigest {
  if (Buffer.from(value, 'base64').length !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.', {
      members: { 'Content-MD5': value },
    })
  }
  return {
    name: 'md5',
    value,
    refuse: (computed) =>
      new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
        members: { ExpectedDigest: value, CalculatedDigest: computed },
      }),
  }
}

function checksumDigest(header: string, value: string): ExpectedDigest[] {
  const name = header.slice(PREFIX.length)
  if (name === 'type' || name === 'algorithm' || name === 'mode') return []
  const bytes = DIGEST_BYTES[name]
  if (bytes === undefined) throw notImplemented(`Checksums by ${name} are not computed here.`)
  if (Buffer.from(value, 'base64').length !== bytes) {
    throw new AwsError('InvalidRequest', `Value for ${header} header is invalid.`)
  }
  const refuse = () =>
    new AwsError(
      'BadDigest',
      `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
    )
  return [{ name, value, refuse }]
}

function runningDigests(
  expected: readonly ExpectedDigest[],
  trailerNames: readonly string[],
): ReadonlyMap<string, Checksum> {
  const names = new Set(expected.map(({ name }) => name))
  for (const name of trailerNames) {
    if (name.startsWith(PREFIX)) names.add(name.slice(PREFIX.length))
  }
  return new Map(
    [...names].flatMap((name): [string, Checksum][] => {
      const checksum = CHECKSUMS[name]?.()
      return checksum ? [[name, checksum]] : []
    }),
  )
}

function announcedTrailers(request: WireRequest): string[] {
  const names = (request.header('x-amz-trailer') ?? '').toLowerCase().split(',')
  const announced = names.map((name) => name.trim()).filter((name) => name !== '')
  for (const name of announced) {
    if (name.startsWith(PREFIX) && !CHECKSUMS[name.slice(PREFIX.length)]) {
      throw notImplemented(`Checksums by ${name.slice(PREFIX.length)} are not computed here.`)
    }
  }
  return announced
}

/** The length of what is stored. @throws AwsError when it is missing or too large */
function sizeOf(request: WireRequest, chunked: boolean): number | undefined {
  const text = request.header(chunked ? 'x-amz-decoded-content-length' : 'content-length')
  const size = text === undefined ? undefined : Number(text)
  if (size === undefined ? chunked : !Number.isInteger(size) || size < 0) {
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  if (size !== undefined && size > UPLOAD_BYTES_MAX) {
    throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      members: { ProposedSize: String(size), MaxSizeAllowed: String(UPLOAD_BYTES_MAX) },
    })
  }
  return size
}
