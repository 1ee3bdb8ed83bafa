import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { newHexId } from '../../base/ids.ts'
import { failsWith, startObjects } from './object-fixture.ts'

const { server, s3, Bucket, givenObject, read } = await startObjects()
after(() => server.close())

test('a missing object is NoSuchKey, and 404 on HEAD', async () => {
  const at = { Bucket, Key: `missing-${newHexId(8)}` }
  await assert.rejects(s3.getObject(at), failsWith(404, 'NoSuchKey'))
  await assert.rejects(s3.headObject(at), failsWith(404, 'NotFound'))
  await assert.rejects(s3.getObjectTagging(at), failsWith(404, 'NoSuchKey'))
  await assert.rejects(
    s3.getObjectAttributes({ ...at, ObjectAttributes: ['ETag'] }),
    failsWith(404, 'NoSuchKey'),
  )
})

test('GetObject answers ranges with 206 and refuses those outside with 416', async () => {
  for (const bytes of [randomBytes(1000), randomBytes(100_000)]) {
    const { at } = await givenObject(bytes)
    const size = bytes.length
    const cases = [
      { Range: 'bytes=0-9', part: bytes.subarray(0, 10), shown: `bytes 0-9/${size}` },
      {
        Range: 'bytes=-7',
        part: bytes.subarray(-7),
        shown: `bytes ${size - 7}-${size - 1}/${size}`,
      },
      { Range: 'bytes=990-', part: bytes.subarray(990), shown: `bytes 990-${size - 1}/${size}` },
    ]
    for (const { Range, part, shown } of cases) {
      const got = await s3.getObject({ ...at, Range })
      assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), part)
      assert.equal(got.ContentRange, shown)
      assert.equal(got.ContentLength, part.length)
      assert.equal(got.$metadata.httpStatusCode, 206)
      const head = await s3.headObject({ ...at, Range })
      assert.equal(head.ContentLength, part.length)
    }
    await assert.rejects(
      s3.getObject({ ...at, Range: `bytes=${size}-` }),
      failsWith(416, 'InvalidRange'),
    )
    assert.deepEqual(await read({ ...at, Range: 'bytes=5-1' }), bytes)
  }
})

test('conditional reads are answered with 200, 304 or 412', async () => {
  const { at, ETag } = await givenObject('value')
  const past = new Date('2020-01-01T00:00:00Z')
  const { LastModified = past } = await s3.headObject(at)
  const other = '"00000000000000000000000000000000"'
  for (const call of [s3.getObject.bind(s3), s3.headObject.bind(s3)]) {
    await call({ ...at, IfMatch: ETag, IfUnmodifiedSince: past })
    await call({ ...at, IfNoneMatch: other, IfModifiedSince: LastModified })
    await call({ ...at, IfModifiedSince: past })
    await assert.rejects(call({ ...at, IfNoneMatch: ETag }), failsWith(304))
    await assert.rejects(call({ ...at, IfModifiedSince: LastModified }), failsWith(304))
    await assert.rejects(call({ ...at, IfMatch: other }), failsWith(412))
    await assert.rejects(call({ ...at, IfUnmodifiedSince: past }), failsWith(412))
  }
  await assert.rejects(s3.getObject({ ...at, IfMatch: other }), { name: 'PreconditionFailed' })
})

test('response parameters replace headers of one answer', async () => {
  const { at } = await givenObject('value', { ContentType: 'text/plain' })
  const got = await s3.getObject({
    ...at,
    ResponseContentType: 'application/json',
    ResponseContentDisposition: 'inline',
    ResponseCacheControl: 'max-age=1',
  })
  assert.equal(got.ContentType, 'application/json')
  assert.equal(got.ContentDisposition, 'inline')
  assert.equal(got.CacheControl, 'max-age=1')
  assert.equal((await s3.headObject(at)).ContentType, 'text/plain')
})

test('GetObjectAttributes answers what is asked', async () => {
  const { at, ETag, put } = await givenObject('value')
  const attributes = await s3.getObjectAttributes({
    ...at,
    ObjectAttributes: ['ETag', 'Checksum', 'ObjectSize', 'StorageClass', 'ObjectParts'],
  })
  assert.equal(`"${attributes.ETag}"`, ETag)
  assert.equal(attributes.Checksum?.ChecksumCRC32, put.ChecksumCRC32)
  assert.equal(attributes.ObjectSize, 5)
  assert.equal(attributes.StorageClass, 'STANDARD')
  assert.equal(attributes.ObjectParts, undefined)
})

test('a reader that has begun finishes with the old bytes while they are replaced', async () => {
  const old = randomBytes(4_000_000)
  const { at } = await givenObject(old)
  const got = await s3.getObject(at)
  await s3.putObject({ ...at, Body: 'new' })
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), old)
  assert.equal((await read(at)).toString(), 'new')
})
