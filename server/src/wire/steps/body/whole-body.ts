import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { AwsError } from '../../../aws/errors.ts'
import type { Payload } from '../../protocols/protocol.ts'
import type { WireRequest } from '../../request.ts'

export interface WholeBody {
  /** As sent, before any decoding: what the signature covers. */
  readonly raw: Buffer
  readonly payload: Payload
}

const unzip = promisify(gunzip)

/**
 * Reads a body into memory. All protocols but S3's sign the hash of the body without sending it, so that
 * nothing can be checked before it is read; hence the bound.
 */
export async function readWholeBody(request: WireRequest, bytesMax: number): Promise<WholeBody> {
  const announced = Number(request.header('content-length') ?? 0)
  if (announced > bytesMax) throw tooLarge(bytesMax)
  const raw = await request.body.whole(bytesMax)
  if (raw === undefined) throw tooLarge(bytesMax)
  const encoding = request.header('content-encoding')?.toLowerCase()
  return { raw, payload: payloadOf(encoding === 'gzip' ? await inflate(raw, bytesMax) : raw) }
}

/** @throws AwsError when there is more than `bytesMax` */
export async function collect(source: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (size > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

async function inflate(raw: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await unzip(raw, { maxOutputLength: bytesMax })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax)
    throw new AwsError('SerializationException', 'The gzip encoding of the body is broken')
  }
}

function payloadOf(bytes: Buffer): Payload {
  return {
    sizeBytes: bytes.length,
    bytes: async (sizeBytesMax) => {
      if (bytes.length > sizeBytesMax) throw tooLarge(sizeBytesMax)
      return bytes
    },
    stream: () => Readable.from([bytes], { objectMode: false }),
    onChecksums: () => undefined,
  }
}

function tooLarge(bytesMax: number): AwsError {
  return new AwsError('RequestEntityTooLarge', `The request is larger than ${bytesMax} bytes.`)
}
