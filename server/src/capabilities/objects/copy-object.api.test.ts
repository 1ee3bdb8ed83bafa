import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { s3 } = server
const Bucket = `copies-${newHexId(12)}`
await s3.createBucket({ Bucket })
const sizes = [100, 100_000]

async function givenSource(bytes: Buffer) {
  const Key = `source ${newHexId(8)}/ü+key`
  const { ETag = '' } = await s3.putObject({
    ...{ Bucket, Key, Body: bytes, ContentType: 'text/csv', CacheControl: 'no-cache' },
    ...{ Metadata: { a: '1' }, Tagging: 'a=1', StorageClass: 'STANDARD_IA' },
  })
  return { Key, ETag, CopySource: `/${Bucket}/${encodeURIComponent(Key)}` }
}

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.getObject({ Bucket, Key })
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

test('CopyObject keeps bytes, metadata and tags, and outlives its source', async () => {
  for (const size of sizes) {
    const bytes = randomBytes(size)
    const source = await givenSource(bytes)
    const Key = `copy-${newHexId(8)}`

    const { CopyObjectResult: result } = await s3.copyObject({
      ...{ Bucket, Key, CopySource: source.CopySource },
    })

    assert.equal(result?.ETag, source.ETag)
    assert.ok(result?.LastModified)
    await s3.deleteObject({ Bucket, Key: source.Key })
    assert.deepEqual(await read(Key), bytes)
    const head = await s3.headObject({ Bucket, Key })
    assert.equal(head.ContentType, 'text/csv')
    assert.equal(head.CacheControl, 'no-cache')
    assert.deepEqual(head.Metadata, { a: '1' })
    assert.equal(head.StorageClass, undefined, 'the class is the request’s own')
    assert.deepEqual((await s3.getObjectTagging({ Bucket, Key })).TagSet, [
      { Key: 'a', Value: '1' },
    ])
  }
})

test('CopyObject replaces metadata and tags when the directives say so', async () => {
  const { CopySource } = await givenSource(Buffer.from('v'))
  const Key = `copy-${newHexId(8)}`
  await s3.copyObject({
    ...{ Bucket, Key, CopySource, ContentType: 'text/plain', Metadata: { b: '2' } },
    ...{ MetadataDirective: 'REPLACE', TaggingDirective: 'REPLACE', Tagging: 'b=2' },
    ServerSideEncryption: 'aws:kms',
  })
  const head = await s3.headObject({ Bucket, Key })
  assert.equal(head.ContentType, 'text/plain')
  assert.equal(head.CacheControl, undefined)
  assert.equal(head.ServerSideEncryption, 'aws:kms')
  assert.deepEqual(head.Metadata, { b: '2' })
  assert.deepEqual((await s3.getObjectTagging({ Bucket, Key })).TagSet, [{ Key: 'b', Value: '2' }])
})

test('CopyObject onto itself must change something', async () => {
  for (const size of sizes) {
    const bytes = randomBytes(size)
    const { Key, CopySource } = await givenSource(bytes)
    await assert.rejects(s3.copyObject({ Bucket, Key, CopySource }), {
      name: 'InvalidRequest',
      message: /copy an object to itself/,
    })
    await s3.copyObject({
      Bucket,
      Key,
      CopySource,
      MetadataDirective: 'REPLACE',
      Metadata: { n: '1' },
    })
    assert.deepEqual((await s3.headObject({ Bucket, Key })).Metadata, { n: '1' })
    assert.deepEqual(await read(Key), bytes)
  }
})

test('CopyObject obeys the conditions on source and target', async () => {
  const { CopySource, ETag } = await givenSource(Buffer.from('v'))
  const Key = `copy-${newHexId(8)}`
  const past = new Date('2020-01-01T00:00:00Z')
  const other = `"${createHash('md5').update('other').digest('hex')}"`
  const at = { Bucket, Key, CopySource }
  for (const conditions of [
    { CopySourceIfMatch: other },
    { CopySourceIfNoneMatch: ETag },
    { CopySourceIfUnmodifiedSince: past },
    { CopySourceIfNoneMatch: ETag, CopySourceIfModifiedSince: past },
  ]) {
    await assert.rejects(s3.copyObject({ ...at, ...conditions }), { name: 'PreconditionFailed' })
  }
  await s3.copyObject({ ...at, CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: past })
  await assert.rejects(s3.copyObject({ ...at, IfNoneMatch: '*' }), { name: 'PreconditionFailed' })
})

test('CopyObject refuses a missing or malformed source', async () => {
  const at = { Bucket, Key: 'never' }
  await assert.rejects(s3.copyObject({ ...at, CopySource: `${Bucket}/missing` }), {
    name: 'NoSuchKey',
  })
  await assert.rejects(s3.copyObject({ ...at, CopySource: `none-${newHexId(8)}/k` }), {
    name: 'NoSuchBucket',
  })
  await assert.rejects(s3.copyObject({ ...at, CopySource: 'bucket-only' }), {
    name: 'InvalidArgument',
  })
})

test('CopyObject computes another checksum when one is asked for', async () => {
  for (const size of sizes) {
    const bytes = randomBytes(size)
    const { CopySource } = await givenSource(bytes)
    const Key = `copy-${newHexId(8)}`
    const { CopyObjectResult } = await s3.copyObject({
      ...{ Bucket, Key, CopySource, ChecksumAlgorithm: 'SHA256' },
    })
    const expected = createHash('sha256').update(bytes).digest('base64')
    assert.equal(CopyObjectResult?.ChecksumSHA256, expected)
  }
})
