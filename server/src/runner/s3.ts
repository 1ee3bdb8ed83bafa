import { createWriteStream } from 'node:fs'
import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PlatformClient, PlatformRequest, PlatformResponse } from './platform-client.ts'
import { encode } from './signature.ts'

export interface S3Object {
  readonly key: string
  readonly sizeBytes: number
}

/** S3 answered with a client's fault. */
export class S3Fault extends Error {
  override readonly name = 'S3Fault'
  /** S3's code, e.g. `NoSuchKey`, or the status when there is none. */
  readonly code: string

  constructor(response: PlatformResponse) {
    const code = element(response.text, 'Code') ?? String(response.status)
    super(element(response.text, 'Message') ?? `S3 answered ${response.status}`)
    this.code = code
  }
}

/** The objects of S3 whose keys begin with `prefix`, in key order. @throws S3Fault */
export async function* listObjects(
  client: PlatformClient,
  place: { bucket: string; prefix: string; signal?: AbortSignal },
): AsyncGenerator<S3Object> {
  let token: string | undefined
  do {
    const response = await client.send(
      {
        service: 's3',
        method: 'GET',
        path: `/${encode(place.bucket)}`,
        query: {
          'list-type': '2',
          // Keys may hold characters that XML cannot.
          'encoding-type': 'url',
          prefix: place.prefix,
          ...(token !== undefined && { 'continuation-token': token }),
        },
      },
      place.signal,
    )
    if (response.status !== 200) throw new S3Fault(response)
    for (const [, content = ''] of response.text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = decodeURIComponent((element(content, 'Key') ?? '').replaceAll('+', ' '))
      yield { key, sizeBytes: Number(element(content, 'Size')) }
    }
    token = element(response.text, 'NextContinuationToken')
  } while (token !== undefined)
}

/** Reads an object through `pass` into a file, or into `sink`; a broken connection begins anew. */
export async function getObject(
  client: PlatformClient,
  place: { bucket: string; key: string; signal?: AbortSignal },
  consume: (body: Readable) => Promise<void>,
): Promise<void> {
  let fault: unknown
  const response = await client.send(
    {
      service: 's3',
      method: 'GET',
      path: objectPath(place),
      receive: async (body) => {
        try {
          await consume(body)
        } catch (error) {
          // Only a lost connection is worth another attempt: what the bytes hold will not change.
          if (isConnectionLoss(error)) throw error
          fault = error
        }
      },
    },
    place.signal,
  )
  if (fault !== undefined) throw fault
  if (response.status >= 300) throw new S3Fault(response)
}

/** For `getObject`: writes to a file, through what is between. */
export function toFile(path: string, ...between: readonly Transform[]) {
  return (body: Readable) => pipeline([body, ...between, createWriteStream(path)])
}

/** @throws S3Fault */
export async function putObject(
  client: PlatformClient,
  place: { bucket: string; key: string; body: Buffer; headers?: Record<string, string> },
): Promise<void> {
  const response = await client.send({
    service: 's3',
    method: 'PUT',
    path: objectPath(place),
    body: place.body,
    ...(place.headers && { headers: place.headers }),
  })
  if (response.status >= 300) throw new S3Fault(response)
}

const PART_BYTES = 8 * 2 ** 20
const LARGE_PART_BYTES = 64 * 2 ** 20
/** Of S3's 10,000 parts these many are small; with the rest large an object can have 584 GB. */
const SMALL_PARTS_MAX = 1000
const PARTS_IN_FLIGHT = 3

/** Stores a stream of unknown length: at once when it is short, else in parts, a few in memory at a time. */
export async function uploadStream(
  client: PlatformClient,
  place: { bucket: string; key: string; headers?: Record<string, string> },
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const parts = inParts(source)
  const first = await parts.next()
  const second = first.done ? first : await parts.next()
  if (first.done || second.done) {
    return putObject(client, { ...place, body: first.done ? Buffer.alloc(0) : first.value })
  }
  const both = [first.value, second.value]
  await uploadParts(client, place, chained(both, parts))
}

/** Leaves nothing behind when it fails: parts of an upload that never completes would stay for ever. */
async function uploadParts(
  client: PlatformClient,
  place: { bucket: string; key: string; headers?: Record<string, string> },
  parts: AsyncIterable<Buffer>,
): Promise<void> {
  const path = objectPath(place)
  const s3 = async (request: Pick<PlatformRequest, 'method' | 'query' | 'body' | 'headers'>) => {
    const response = await client.send({ service: 's3', path, ...request })
    if (response.status >= 300) throw new S3Fault(response)
    return response
  }
  const headers = place.headers ?? {}
  const begun = await s3({ method: 'POST', query: { uploads: '' }, headers })
  const uploadId = element(begun.text, 'UploadId') ?? ''
  const tags: Promise<string>[] = []
  const put = async (body: Buffer, partNumber: number): Promise<string> => {
    const query = { partNumber: String(partNumber), uploadId }
    return String((await s3({ method: 'PUT', query, body })).headers.etag)
  }
  try {
    for await (const body of parts) {
      const tag = put(body, tags.length + 1)
      // Awaited below, maybe seconds from now: a refusal in between must not count as nobody's.
      tag.catch(() => undefined)
      tags.push(tag)
      await tags.at(-PARTS_IN_FLIGHT - 1)
    }
    const listed = (await Promise.all(tags)).map(
      (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
    )
    const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
    await s3({ method: 'POST', query: { uploadId }, body })
  } catch (error) {
    // When the answer to the first attempt was lost, the second finds the upload completed and gone.
    const isGone = error instanceof S3Fault && error.code === 'NoSuchUpload'
    if (isGone && (await hasObject(client, path))) return
    await Promise.allSettled(tags)
    await client.send({ service: 's3', method: 'DELETE', path, query: { uploadId } })
    throw error
  }
}

async function* chained(
  first: readonly Buffer[],
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  yield* first
  yield* rest
}

async function hasObject(client: PlatformClient, path: string): Promise<boolean> {
  return (await client.send({ service: 's3', method: 'HEAD', path })).status === 200
}

async function* inParts(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = []
  let bytes = 0
  let count = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes < (count < SMALL_PARTS_MAX ? PART_BYTES : LARGE_PART_BYTES)) continue
    yield Buffer.concat(chunks)
    count++
    chunks = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(chunks)
}

function objectPath({ bucket, key }: { bucket: string; key: string }): string {
  return `/${encode(bucket)}/${key.split('/').map(encode).join('/')}`
}

function isConnectionLoss(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ETIMEDOUT'].includes(code)
}

/** The text of the first such element. S3's documents nest no element within one of the same name that we read. */
function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1]
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
