import { createHash, type Hash } from 'node:crypto'
import { AwsError } from '../../../aws/errors.ts'
import { type SigningKey, sha256Hex, sign } from '../signature/signing-key.ts'
import { sameText } from '../signature/verify.ts'
import { type ByteReader, createByteReader } from './byte-reader.ts'

/** How the chunks of a body are signed, each on from the one before. */
export interface ChunkSigning {
  readonly key: SigningKey
  /** `YYYYMMDDTHHMMSSZ` and credential scope of the request. */
  readonly timestamp: string
  readonly scope: string
  /** The request's own signature: the first link. */
  readonly seed: string
}

export interface AwsChunkedOptions {
  /** Undefined for `STREAMING-UNSIGNED-PAYLOAD-TRAILER`. */
  readonly signing: ChunkSigning | undefined
  readonly decodedBytes: number
  /** Lower-case names that `x-amz-trailer` announced. */
  readonly trailerNames: readonly string[]
  readonly onTrailers: (trailers: ReadonlyMap<string, string>) => void
}

const HEADER_BYTES_MAX = 1_024
const TRAILERS_BYTES_MAX = 8_192
const SHA256_OF_NOTHING = sha256Hex('')

/**
 * Decodes an `aws-chunked` body. Bytes pass on before their chunk's signature is known, so memory stays flat
 * whatever a chunk's size; a wrong one fails the stream before its end.
 *
 * @throws AwsError
 * @source https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  options: AwsChunkedOptions,
): AsyncGenerator<Buffer> {
  const reader = createByteReader(source)
  const chain = options.signing && createChain(options.signing)
  let decoded = 0
  for (;;) {
    const header = readChunkHeader(await reader.line(HEADER_BYTES_MAX))
    const hash = chain && createHash('sha256')
    decoded += header.size
    if (decoded > options.decodedBytes) throw incompleteBody()
    yield* readChunk(reader, { size: header.size, hash })
    if (chain && hash) chain.checkChunk(hash.digest('hex'), header.signature)
    if (header.size === 0) break
    if ((await reader.line(HEADER_BYTES_MAX)) !== '') throw incompleteBody()
  }
  if (decoded !== options.decodedBytes) throw incompleteBody()
  await readTrailers(reader, { chain, options })
}

async function* readChunk(
  reader: ByteReader,
  { size, hash }: { size: number; hash: Hash | undefined },
): AsyncGenerator<Buffer> {
  for (let remaining = size; remaining > 0; ) {
    const bytes = await reader.some(remaining)
    if (bytes === undefined) throw incompleteBody()
    remaining -= bytes.length
    hash?.update(bytes)
    yield bytes
  }
}

function readChunkHeader(line: string | undefined): {
  size: number
  signature: string | undefined
} {
  const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line ?? '')
  if (!match) throw incompleteBody()
  return { size: Number.parseInt(match[1] ?? '', 16), signature: match[2] }
}

async function readTrailers(
  reader: ByteReader,
  { chain, options }: { chain: Chain | undefined; options: AwsChunkedOptions },
): Promise<void> {
  const trailers = new Map<string, string>()
  let signed = ''
  let signature: string | undefined
  for (;;) {
    const line = await reader.line(TRAILERS_BYTES_MAX)
    if (line === undefined || line === '') break
    const colon = line.indexOf(':')
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
    if (colon < 0) throw malformedTrailer()
    if (name === 'x-amz-trailer-signature') signature = value
    else {
      if (!options.trailerNames.includes(name)) throw malformedTrailer()
      trailers.set(name, value)
      signed += `${name}:${value}\n`
    }
  }
  if (options.trailerNames.some((name) => !trailers.has(name))) throw malformedTrailer()
  if (chain && options.trailerNames.length > 0) chain.checkTrailers(sha256Hex(signed), signature)
  options.onTrailers(trailers)
}

interface Chain {
  checkChunk(hash: string, signature: string | undefined): void
  checkTrailers(hash: string, signature: string | undefined): void
}

function createChain({ key, timestamp, scope, seed }: ChunkSigning): Chain {
  let previous = seed
  const check = (text: string, signature: string | undefined): void => {
    const expected = sign(key, text)
    if (signature === undefined || !sameText(expected, signature)) {
      throw new AwsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        { members: { StringToSign: text, SignatureProvided: signature ?? '' } },
      )
    }
    previous = expected
  }
  const head = (kind: string) => `AWS4-HMAC-SHA256-${kind}\n${timestamp}\n${scope}\n${previous}`
  return {
    checkChunk: (hash, signature) =>
      check(`${head('PAYLOAD')}\n${SHA256_OF_NOTHING}\n${hash}`, signature),
    checkTrailers: (hash, signature) => check(`${head('TRAILER')}\n${hash}`, signature),
  }
}

function incompleteBody(): AwsError {
  return new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header.',
  )
}

function malformedTrailer(): AwsError {
  return new AwsError(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  )
}
