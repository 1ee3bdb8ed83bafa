import type { PlatformClient } from '../platform-client.ts'
import { S3Fault } from '../s3.ts'
import { encode } from '../signature.ts'

/** Of the first piece, and of those after it: larger ones take the platform half as long per byte. */
const FIRST_BYTES = 4 * 2 ** 20
const PIECE_BYTES = 16 * 2 ** 20

export interface ObjectPlace {
  readonly bucket: string
  readonly key: string
  readonly signal: AbortSignal
}

interface Piece {
  readonly bytes: Buffer
  readonly etag: string
  readonly totalBytes: number
}

/**
 * An object's bytes, in pieces that are asked for one ahead: a reader that waits for its model holds no
 * connection, and the platform may restart between two pieces.
 *
 * @throws S3Fault, also when the object changes while it is read
 */
export async function* readObject(
  client: PlatformClient,
  place: ObjectPlace,
): AsyncGenerator<Buffer> {
  const first = await readPiece(client, place, { from: 0 })
  let end = first.bytes.length
  let next: Promise<Piece> | undefined
  const ask = () => {
    next =
      end < first.totalBytes ? readPiece(client, place, { from: end, etag: first.etag }) : undefined
    // awaited when the reader comes for it, or never when the reader has gone
    next?.catch(() => undefined)
  }
  ask()
  if (end > 0) yield first.bytes
  while (next) {
    const { bytes } = await next
    end += bytes.length
    ask()
    yield bytes
  }
}

async function readPiece(
  client: PlatformClient,
  place: ObjectPlace,
  { from, etag }: { readonly from: number; readonly etag?: string },
): Promise<Piece> {
  const chunks: Buffer[] = []
  const response = await client.send(
    {
      service: 's3',
      method: 'GET',
      path: `/${encode(place.bucket)}/${place.key.split('/').map(encode).join('/')}`,
      headers: {
        range: `bytes=${from}-${from + (from === 0 ? FIRST_BYTES : PIECE_BYTES) - 1}`,
        ...(etag !== undefined && { 'if-match': etag }),
      },
      receive: async (body) => {
        chunks.length = 0
        for await (const chunk of body) chunks.push(chunk)
      },
    },
    place.signal,
  )
  // an empty object has no first byte
  if (response.status === 416 && from === 0) {
    return { bytes: Buffer.alloc(0), etag: '', totalBytes: 0 }
  }
  if (response.status >= 300) throw new S3Fault(response)
  const range = /\/(\d+)$/.exec(String(response.headers['content-range'] ?? ''))
  const bytes = Buffer.concat(chunks)
  return {
    bytes,
    etag: String(response.headers.etag ?? ''),
    totalBytes: range ? Number(range[1]) : bytes.length,
  }
}
