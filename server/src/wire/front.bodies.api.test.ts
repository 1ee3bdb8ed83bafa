import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { crc32, gzipSync } from 'node:zlib'
import { type FrontFixture, startFront } from '../../../tests/support/front.ts'
import { AwsError } from '../aws/errors.ts'
import { type RawAnswer, type RawRequest, sendSigned } from './raw-request.ts'

interface Stored {
  bytes: Buffer | undefined
  input: Record<string, unknown> | undefined
}

/** A front whose PutObject stores what it is sent, and nothing when the body fails. */
async function startStore(): Promise<{ front: FrontFixture; stored: Stored }> {
  const stored: Stored = { bytes: undefined, input: undefined }
  const front = await startFront({
    operations: {
      s3: {
        PutObject: async (input) => {
          if (input.Bucket === 'missing')
            throw new AwsError('NoSuchBucket', 'The specified bucket does not exist')
          const bytes = await buffer(input.Body ?? Readable.from([]))
          stored.bytes = bytes
          stored.input = { ...input }
          return {}
        },
        UploadPart: async (input) => {
          stored.bytes = await buffer(input.Body ?? Readable.from([]))
          return { ETag: `"${input.PartNumber}"` }
        },
        CompleteMultipartUpload: async (input) => ({
          Key: input.ChecksumCRC32,
          ETag: String(input.MultipartUpload?.Parts?.length),
        }),
        DeleteObjects: async () => ({}),
      },
    },
  })
  return { front, stored }
}

const put = (front: FrontFixture, request: Partial<RawRequest>): Promise<RawAnswer> =>
  sendSigned({
    port: front.port,
    service: 's3',
    method: 'PUT',
    path: '/bucket/key',
    body: 'hello',
    ...request,
  })

const codeOf = ({ body }: RawAnswer) => /<Code>(.*?)<\/Code>/.exec(body)?.[1]
const base64Of = (algorithm: string, data: string) =>
  createHash(algorithm).update(data).digest('base64')

const CRC32_OF_HELLO = (() => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32('hello'))
  return bytes.toString('base64')
})()

const WRONG: readonly { name: string; request: Partial<RawRequest>; code: string }[] = [
  {
    name: 'another body than was signed',
    request: { sent: 'hellO' },
    code: 'XAmzContentSHA256Mismatch',
  },
  {
    name: 'a wrong Content-MD5',
    request: { headers: { 'content-md5': base64Of('md5', 'other') } },
    code: 'BadDigest',
  },
  {
    name: 'a Content-MD5 that is none',
    request: { headers: { 'content-md5': 'bm9uZQ==' } },
    code: 'InvalidDigest',
  },
  {
    name: 'a wrong CRC32',
    request: { headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } },
    code: 'BadDigest',
  },
  {
    name: 'a wrong SHA256',
    request: { headers: { 'x-amz-checksum-sha256': base64Of('sha256', 'other') } },
    code: 'BadDigest',
  },
  {
    name: 'a checksum of the wrong length',
    request: { headers: { 'x-amz-checksum-crc32': 'AAAA' } },
    code: 'InvalidRequest',
  },
  {
    name: 'a checksum that is not computed here',
    request: { headers: { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' } },
    code: 'NotImplemented',
  },
  {
    name: 'a hash that is none',
    request: { headers: { 'x-amz-content-sha256': 'nonsense' } },
    code: 'InvalidArgument',
  },
  {
    name: 'more than one PUT may carry',
    request: {
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': String(5 * 1024 ** 3 + 1),
      },
    },
    code: 'EntityTooLarge',
  },
  {
    name: 'chunks without their decoded length',
    request: { headers: { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' } },
    code: 'MissingContentLength',
  },
  {
    name: 'no length at all',
    request: {
      headers: { 'transfer-encoding': 'chunked', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    },
    code: 'MissingContentLength',
  },
]

for (const { name, request, code } of WRONG) {
  test(`PutObject refuses ${name} and stores nothing`, async () => {
    const { front, stored } = await startStore()
    await using _ = front
    const answer = await put(front, request)
    assert.equal(codeOf(answer), code, answer.body)
    assert.equal(stored.bytes, undefined)
    // the connection's state is sound: the next request is answered
    assert.equal((await put(front, {})).status, 200)
  })
}

test('PutObject accepts what its digests say', async () => {
  const { front, stored } = await startStore()
  await using _ = front
  const answer = await put(front, {
    headers: {
      'content-md5': base64Of('md5', 'hello'),
      'x-amz-checksum-crc32': CRC32_OF_HELLO,
      'x-amz-checksum-sha1': base64Of('sha1', 'hello'),
    },
  })
  assert.equal(answer.status, 200, answer.body)
  assert.equal(stored.bytes?.toString(), 'hello')
  assert.equal(stored.input?.ChecksumCRC32, CRC32_OF_HELLO)
})

test('PutObject decodes chunks and hands over the checksum that follows them', async () => {
  const { front, stored } = await startStore()
  await using _ = front
  const chunked = (checksum: string) =>
    put(front, {
      headers: {
        'content-encoding': 'aws-chunked,gzip',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
      body: `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`,
    })
  const answer = await chunked(CRC32_OF_HELLO)
  assert.equal(answer.status, 200, answer.body)
  assert.equal(stored.bytes?.toString(), 'hello')
  assert.equal(stored.input?.ContentLength, 5)
  assert.equal(stored.input?.ContentEncoding, 'gzip')
  assert.equal(stored.input?.ChecksumCRC32, CRC32_OF_HELLO)
  stored.bytes = undefined
  assert.equal(codeOf(await chunked('AAAAAA==')), 'BadDigest')
  assert.equal(stored.bytes, undefined)
})

test('the SDK’s streaming upload over any transport form arrives whole', async () => {
  const { front, stored } = await startStore()
  await using _ = front
  const bytes = randomBytes(3_000_000)
  await front.s3.putObject({
    Bucket: 'b',
    Key: 'k',
    Body: Readable.from([bytes.subarray(0, 1_000), bytes.subarray(1_000)]),
    ContentLength: bytes.length,
  })
  assert.ok(stored.bytes?.equals(bytes))
  for (const ChecksumAlgorithm of ['CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    stored.bytes = undefined
    await front.s3.putObject({ Bucket: 'b', Key: 'k', Body: bytes, ChecksumAlgorithm })
    assert.ok(stored.bytes)
  }
})

test('checksums of an upload in parts are of its object, not of the request that completes it', async () => {
  const { front } = await startStore()
  await using _ = front
  const done = await front.s3.completeMultipartUpload({
    Bucket: 'b',
    Key: 'k',
    UploadId: 'u',
    ChecksumCRC32: CRC32_OF_HELLO,
    MultipartUpload: {
      Parts: [
        { PartNumber: 1, ETag: '"1"' },
        { PartNumber: 2, ETag: '"2"' },
      ],
    },
  })
  assert.deepEqual([done.Key, done.ETag], [CRC32_OF_HELLO, '2'])
  assert.equal(
    (await front.s3.uploadPart({ Bucket: 'b', Key: 'k', UploadId: 'u', PartNumber: 7, Body: 'x' }))
      .ETag,
    '"7"',
  )
})

test('XML that is none is malformed', async () => {
  const { front } = await startStore()
  await using _ = front
  const ask = (body: string) =>
    put(front, { method: 'POST', path: '/bucket', query: { delete: '' }, body })
  assert.equal(codeOf(await ask('<Delete><Object>')), 'MalformedXML')
  assert.equal(codeOf(await ask('')), 'MalformedXML')
})

test('a client that waits to be asked sends its body only when its request is good so far', async () => {
  const { front, stored } = await startStore()
  await using _ = front
  const expect = { expect: '100-continue', 'content-length': '5' }
  const good = await put(front, { changed: expect })
  assert.deepEqual([good.status, good.continued], [200, true])
  assert.equal(stored.bytes?.toString(), 'hello')
  const unsigned = await put(front, { changed: { ...expect, authorization: undefined } })
  assert.deepEqual([unsigned.status, unsigned.continued], [403, false])
  const missing = await put(front, { path: '/missing/key', changed: expect })
  assert.deepEqual([missing.status, missing.continued], [404, false])
})

test('a refused upload is answered although its sender goes on', async () => {
  const { front } = await startStore()
  await using _ = front
  const body = randomBytes(8_000_000)
  const answer = await put(front, { path: '/missing/key', body })
  assert.equal(codeOf(answer), 'NoSuchBucket')
})

test('bodies of AWS protocols may be gzipped, and are bounded either way', async () => {
  await using front = await startFront({
    bodyBytesMax: 10_000,
    operations: {
      sagemaker: { ListModels: async (input) => ({ Models: [], NextToken: input.NameContains }) },
    },
  })
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'SageMaker.ListModels',
  }
  const ask = (body: Buffer, more = {}) =>
    sendSigned({ port: front.port, headers: { ...headers, ...more }, body })
  const gzip = { 'content-encoding': 'gzip' }
  const zipped = await ask(gzipSync('{"NameContains":"zipped"}'), gzip)
  assert.deepEqual(JSON.parse(zipped.body), { Models: [], NextToken: 'zipped' })
  assert.equal(zipped.headers['content-type'], 'application/x-amz-json-1.0')
  assert.equal((await ask(Buffer.from('not gzip'), gzip)).status, 400)
  assert.equal((await ask(gzipSync(Buffer.alloc(1_000_000)), gzip)).status, 413)
  assert.equal((await ask(Buffer.alloc(10_001))).status, 413)
  const chunked = { ...headers, 'transfer-encoding': 'chunked' }
  assert.equal(
    (await sendSigned({ port: front.port, headers: chunked, body: Buffer.alloc(10_001) })).status,
    413,
  )
})

test('what is not HTTP closes its connection alone', async () => {
  const { front } = await startStore()
  await using _ = front
  const socket = connect(front.port, '127.0.0.1')
  socket.end('nonsense\r\n\r\n')
  assert.match((await buffer(socket)).toString(), /^HTTP\/1\.1 400/)
  assert.equal((await put(front, {})).status, 200)
})
