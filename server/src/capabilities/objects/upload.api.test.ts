import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import type {
  CompletedPart,
  CreateMultipartUploadCommandInput,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { startServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { s3 } = server
const Bucket = `uploads-${newHexId(12)}`
await s3.createBucket({ Bucket })

const MIB = 1024 ** 2
const FIVE = randomBytes(5 * MIB)
const TAIL = randomBytes(1000)

async function givenUpload(more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const Key = `key-${newHexId(8)}`
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key, ...more })
  return { Bucket, Key, UploadId }
}

type Upload = Awaited<ReturnType<typeof givenUpload>>

async function givenParts(upload: Upload, bodies: readonly Buffer[]): Promise<CompletedPart[]> {
  const parts = []
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1
    const {
      $metadata: _,
      ServerSideEncryption: __,
      ...part
    } = await s3.uploadPart({
      ...{ ...upload, PartNumber, Body },
    })
    parts.push({ PartNumber, ...part })
  }
  return parts
}

function complete(upload: Upload, Parts: CompletedPart[], more: object = {}) {
  return s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts }, ...more })
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest()
}

async function read(Key: string, more: object = {}): Promise<Buffer> {
  const { Body } = await s3.getObject({ Bucket, Key, ...more })
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

test('a multipart object is its parts in order, with the ETag of their digests', async () => {
  const upload = await givenUpload({
    ContentType: 'text/csv',
    Metadata: { a: '1' },
    Tagging: 'a=1',
  })
  const parts = await givenParts(upload, [FIVE, TAIL])

  const done = await complete(upload, parts)

  const digest = createHash('md5')
    .update(Buffer.concat([md5(FIVE), md5(TAIL)]))
    .digest('hex')
  assert.equal(done.ETag, `"${digest}-2"`)
  assert.equal(done.Key, upload.Key)
  assert.deepEqual(await read(upload.Key), Buffer.concat([FIVE, TAIL]))
  const head = await s3.headObject({ Bucket, Key: upload.Key })
  assert.equal(head.ContentLength, 5 * MIB + 1000)
  assert.equal(head.ContentType, 'text/csv')
  assert.deepEqual(head.Metadata, { a: '1' })
  assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: upload.Key })).TagSet, [
    { Key: 'a', Value: '1' },
  ])
  const across = await read(upload.Key, { Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` })
  assert.deepEqual(across, Buffer.concat([FIVE.subarray(-2), TAIL.subarray(0, 2)]))
})

test('parts of a finished object are read by number', async () => {
  const upload = await givenUpload()
  await complete(upload, await givenParts(upload, [FIVE, TAIL]))
  const second = await s3.getObject({ Bucket, Key: upload.Key, PartNumber: 2 })
  assert.deepEqual(Buffer.from((await second.Body?.transformToByteArray()) ?? []), TAIL)
  assert.equal(second.PartsCount, 2)
  assert.equal(second.$metadata.httpStatusCode, 206)
  await assert.rejects(
    s3.getObject({ Bucket, Key: upload.Key, PartNumber: 3 }),
    (error: S3ServiceException) => {
      assert.equal(error.name, 'InvalidPartNumber')
      assert.equal(error.$metadata.httpStatusCode, 416)
      return true
    },
  )
  const at = { Bucket, Key: upload.Key }
  await assert.rejects(s3.getObject({ ...at, PartNumber: 1, Range: 'bytes=0-1' }), {
    name: 'InvalidRequest',
  })
})

test('completing twice answers the same; the upload is over for all else', async () => {
  const upload = await givenUpload()
  const parts = await givenParts(upload, [TAIL])
  const first = await complete(upload, parts)
  const second = await complete(upload, parts)
  assert.equal(second.ETag, first.ETag)
  await assert.rejects(s3.listParts(upload), { name: 'NoSuchUpload' })
  await assert.rejects(s3.uploadPart({ ...upload, PartNumber: 2, Body: 'x' }), {
    name: 'NoSuchUpload',
  })
  await assert.rejects(s3.abortMultipartUpload(upload), { name: 'NoSuchUpload' })
})

test('a part that is sent again replaces the one before', async () => {
  const upload = await givenUpload()
  const old = await givenParts(upload, [FIVE])
  const now = await givenParts(upload, [TAIL])
  await assert.rejects(complete(upload, old), { name: 'InvalidPart' })
  await complete(upload, now)
  assert.deepEqual(await read(upload.Key), TAIL)
})

test('CompleteMultipartUpload refuses wrong parts', async () => {
  const upload = await givenUpload()
  const [one = {}, two = {}] = await givenParts(upload, [TAIL, FIVE])
  await assert.rejects(complete(upload, []), { name: 'MalformedXML' })
  await assert.rejects(complete(upload, [one, two]), { name: 'EntityTooSmall' })
  await assert.rejects(complete(upload, [two, one]), { name: 'InvalidPartOrder' })
  await assert.rejects(complete(upload, [one, one]), { name: 'InvalidPartOrder' })
  const other = { ...one, ETag: '"0"' }
  await assert.rejects(complete(upload, [other]), { name: 'InvalidPart' })
  await assert.rejects(complete({ ...upload, UploadId: 'none' }, [one]), { name: 'NoSuchUpload' })
  await assert.rejects(complete({ ...upload, Key: 'other' }, [one]), { name: 'NoSuchUpload' })
  await assert.rejects(complete(upload, [one], { MpuObjectSize: 1 }), { name: 'InvalidRequest' })
  await complete(upload, [one], { MpuObjectSize: TAIL.length })
})

test('conditional completion guards the name', async () => {
  const upload = await givenUpload()
  const parts = await givenParts(upload, [TAIL])
  await s3.putObject({ Bucket, Key: upload.Key, Body: 'there' })
  await assert.rejects(complete(upload, parts, { IfNoneMatch: '*' }), {
    name: 'PreconditionFailed',
  })
  assert.equal((await read(upload.Key)).toString(), 'there')
  await complete(upload, parts)
})

test('checksums of multipart objects: composite of SHA-256, of the whole for CRC64NVME', async () => {
  const sha = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
  const upload = await givenUpload({ ChecksumAlgorithm: 'SHA256' })
  const parts = []
  for (const [index, Body] of [FIVE, TAIL].entries()) {
    const sent = { ...upload, PartNumber: index + 1, Body, ChecksumAlgorithm: 'SHA256' as const }
    const { ETag, ChecksumSHA256 } = await s3.uploadPart(sent)
    parts.push({ PartNumber: index + 1, ETag, ChecksumSHA256 })
  }
  const [one = {}] = parts
  await assert.rejects(complete(upload, [{ PartNumber: 1, ETag: one.ETag }]), {
    message: /must include the checksum for each part/,
  })
  await assert.rejects(
    s3.uploadPart({ ...upload, PartNumber: 3, Body: 'x', ChecksumAlgorithm: 'SHA1' }),
    { message: /Checksum Type mismatch occurred/ },
  )
  const done = await complete(upload, parts)
  const composite = createHash('sha256').update(Buffer.concat([sha(FIVE), sha(TAIL)]))
  assert.equal(done.ChecksumSHA256, `${composite.digest('base64')}-2`)
  assert.equal(done.ChecksumType, 'COMPOSITE')
  await read(upload.Key, { ChecksumMode: 'ENABLED' })
  const attributes = await s3.getObjectAttributes({
    ...{ Bucket, Key: upload.Key, ObjectAttributes: ['ObjectParts', 'Checksum'] },
  })
  assert.equal(attributes.ObjectParts?.TotalPartsCount, 2)
  assert.equal(attributes.ObjectParts?.Parts?.[1]?.Size, TAIL.length)

  const whole = await givenUpload({ ChecksumAlgorithm: 'CRC64NVME' })
  const sent = []
  for (const [index, Body] of [FIVE, TAIL].entries()) {
    const part = { ...whole, PartNumber: index + 1, Body, ChecksumAlgorithm: 'CRC64NVME' as const }
    sent.push({ PartNumber: index + 1, ETag: (await s3.uploadPart(part)).ETag })
  }
  const joined = await complete(whole, sent, { ChecksumType: 'FULL_OBJECT' })
  const plain = await s3.putObject({
    ...{ Bucket, Key: 'one-piece', Body: Buffer.concat([FIVE, TAIL]) },
    ChecksumAlgorithm: 'CRC64NVME',
  })
  assert.equal(joined.ChecksumCRC64NVME, plain.ChecksumCRC64NVME)
  assert.equal(joined.ChecksumType, 'FULL_OBJECT')
})

test('UploadPartCopy takes a source or a range of it', async () => {
  const source = `source-${newHexId(8)}`
  await s3.putObject({ Bucket, Key: source, Body: Buffer.concat([FIVE, TAIL]) })
  const upload = await givenUpload()
  const CopySource = `${Bucket}/${source}`
  const copied = []
  for (const [index, CopySourceRange] of [
    `bytes=0-${5 * MIB - 1}`,
    `bytes=${5 * MIB}-${5 * MIB + 999}`,
  ].entries()) {
    const PartNumber = index + 1
    const copy = await s3.uploadPartCopy({ ...upload, PartNumber, CopySource, CopySourceRange })
    copied.push({ PartNumber, ...copy.CopyPartResult })
  }
  await assert.rejects(
    s3.uploadPartCopy({
      ...upload,
      PartNumber: 3,
      CopySource,
      CopySourceRange: 'bytes=0-99999999',
    }),
    { name: 'InvalidArgument' },
  )
  await complete(upload, copied)
  assert.deepEqual(await read(upload.Key), Buffer.concat([FIVE, TAIL]))
})

test('a copy of a multipart object is whole: its ETag is the MD5', async () => {
  const upload = await givenUpload()
  await complete(upload, await givenParts(upload, [FIVE, TAIL]))
  const Key = `copy-${newHexId(8)}`
  const { CopyObjectResult } = await s3.copyObject({
    ...{ Bucket, Key, CopySource: `${Bucket}/${upload.Key}` },
  })
  const bytes = Buffer.concat([FIVE, TAIL])
  assert.equal(CopyObjectResult?.ETag, `"${md5(bytes).toString('hex')}"`)
  await s3.deleteObject({ Bucket, Key: upload.Key })
  assert.deepEqual(await read(Key), bytes)
  await s3.headObject({ Bucket, Key, PartNumber: 1 })
})

test('AbortMultipartUpload ends an upload', async () => {
  const upload = await givenUpload()
  await givenParts(upload, [TAIL])
  await s3.abortMultipartUpload(upload)
  await assert.rejects(s3.uploadPart({ ...upload, PartNumber: 1, Body: 'x' }), {
    name: 'NoSuchUpload',
  })
  await assert.rejects(s3.abortMultipartUpload(upload), { name: 'NoSuchUpload' })
})

test('UploadPart refuses a number outside 1 to 10,000', async () => {
  const upload = await givenUpload()
  for (const PartNumber of [0, 10_001]) {
    await assert.rejects(s3.uploadPart({ ...upload, PartNumber, Body: 'x' }), {
      name: 'InvalidArgument',
    })
  }
})

test('ListParts pages by part number', async () => {
  const upload = await givenUpload()
  await givenParts(upload, [TAIL, TAIL, TAIL])
  const first = await s3.listParts({ ...upload, MaxParts: 2 })
  assert.deepEqual(
    first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
    [
      [1, 1000],
      [2, 1000],
    ],
  )
  assert.equal(first.IsTruncated, true)
  const next = await s3.listParts({ ...upload, PartNumberMarker: first.NextPartNumberMarker ?? '' })
  assert.deepEqual(
    next.Parts?.map(({ PartNumber }) => PartNumber),
    [3],
  )
  assert.equal(next.IsTruncated, false)
})
