import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import { newHexId } from '../../base/ids.ts'
import { failsWith, md5, startObjects } from './object-fixture.ts'

const { server, s3, Bucket, givenObject, read } = await startObjects()
after(() => server.close())

test('PutObject then GetObject gives back bytes, headers and metadata', async () => {
  for (const sizeBytes of [0, 1, 16 * 1024, 16 * 1024 + 1, 3_000_000]) {
    const bytes = randomBytes(sizeBytes)
    const { at, put } = await givenObject(bytes, {
      ContentType: 'text/csv; charset=utf-8',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="a.csv"',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
      Expires: new Date('2030-01-01T00:00:00Z'),
      WebsiteRedirectLocation: '/elsewhere',
      Metadata: { Purpose: 'test', other: 'value with spaces' },
    })
    assert.equal(put.ETag, md5(bytes))

    const got = await s3.getObject(at)

    assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes)
    assert.equal(got.ETag, md5(bytes))
    assert.equal(got.ContentLength, sizeBytes)
    assert.equal(got.AcceptRanges, 'bytes')
    assert.equal(got.ContentType, 'text/csv; charset=utf-8')
    assert.equal(got.CacheControl, 'no-cache')
    assert.equal(got.ContentDisposition, 'attachment; filename="a.csv"')
    assert.equal(got.ContentEncoding, 'identity')
    assert.equal(got.ContentLanguage, 'de')
    assert.equal(got.ExpiresString, 'Tue, 01 Jan 2030 00:00:00 GMT')
    assert.equal(got.WebsiteRedirectLocation, '/elsewhere')
    assert.deepEqual(got.Metadata, { purpose: 'test', other: 'value with spaces' })
    const { Body, ...headers } = got
    const { $metadata: _, ...head } = await s3.headObject({ ...at, ChecksumMode: 'ENABLED' })
    const { $metadata: __, ...rest } = headers
    assert.deepEqual(head, rest)
  }
})

test('PutObject replaces the object and all that was said of it', async () => {
  const { at } = await givenObject('old', { Metadata: { a: '1' }, Tagging: 'a=1' })
  await s3.putObject({ ...at, Body: randomBytes(50_000) })
  await s3.putObject({ ...at, Body: 'new' })
  const got = await s3.getObject(at)
  assert.equal(await got.Body?.transformToString(), 'new')
  assert.deepEqual(got.Metadata, {})
  assert.equal(got.TagCount, undefined)
})

test('conditional writes: If-None-Match guards a name, If-Match a version', async () => {
  const { at, ETag } = await givenObject('first')
  await assert.rejects(
    s3.putObject({ ...at, Body: 'second', IfNoneMatch: '*' }),
    failsWith(412, 'PreconditionFailed'),
  )
  await assert.rejects(
    s3.putObject({ ...at, Body: 'second', IfMatch: md5('other') }),
    failsWith(412, 'PreconditionFailed'),
  )
  await assert.rejects(
    s3.putObject({ ...at, Body: 'second', IfNoneMatch: ETag }),
    failsWith(501, 'NotImplemented'),
  )
  assert.equal((await read(at)).toString(), 'first')
  await s3.putObject({ ...at, Body: 'second', IfMatch: ETag })
  assert.equal((await read(at)).toString(), 'second')
  await assert.rejects(
    s3.putObject({ Bucket, Key: `none-${newHexId(8)}`, Body: 'x', IfMatch: ETag }),
    failsWith(404, 'NoSuchKey'),
  )
})

test('of many writers with If-None-Match exactly one wins', async () => {
  const at = { Bucket, Key: `race-${newHexId(8)}` }
  const writes = Array.from({ length: 8 }, (_, n) =>
    s3.putObject({ ...at, Body: `writer ${n}`, IfNoneMatch: '*' }),
  )
  const outcomes = await Promise.allSettled(writes)
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('every checksum algorithm is kept and told in checksum mode', async () => {
  const bytes = randomBytes(40_000)
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    const { at, put } = await givenObject(bytes, { ChecksumAlgorithm: algorithm })
    const member = `Checksum${algorithm}` as const
    assert.ok(put[member], algorithm)
    assert.equal(put.ChecksumType, 'FULL_OBJECT')

    const head = await s3.headObject({ ...at, ChecksumMode: 'ENABLED' })
    assert.equal(head[member], put[member])
    // the SDK verifies the body against it
    await read({ ...at, ChecksumMode: 'ENABLED' })
    assert.equal((await s3.headObject(at))[member], undefined)
    const ranged = await s3.getObject({ ...at, ChecksumMode: 'ENABLED', Range: 'bytes=0-9' })
    assert.equal(ranged[member], undefined)
    await ranged.Body?.transformToByteArray()
  }
})

test('without a checksum of the client the object has S3s default, CRC64NVME', async () => {
  const { s3: plain } = server.clients({ requestChecksumCalculation: 'WHEN_REQUIRED' })
  const Key = `plain-${newHexId(8)}`
  // source: the catalogue's check value of CRC-64/NVME
  const put = await plain.putObject({ Bucket, Key, Body: '123456789' })
  assert.equal(put.ChecksumCRC64NVME, Buffer.from('ae8b14860a799888', 'hex').toString('base64'))
})

test('a body that is not what its digest says is refused and leaves the object as it was', async () => {
  for (const [old, body] of [
    ['old', 'new'],
    [randomBytes(40_000), randomBytes(40_000)],
  ] as const) {
    const { at, ETag } = await givenObject(old)
    const wrong = createHash('sha256').update('other').digest('base64')
    await assert.rejects(s3.putObject({ ...at, Body: body, ChecksumSHA256: wrong }), {
      name: 'BadDigest',
    })
    const ContentMD5 = createHash('md5').update('other').digest('base64')
    await assert.rejects(s3.putObject({ ...at, Body: body, ContentMD5 }), { name: 'BadDigest' })
    await assert.rejects(s3.putObject({ ...at, Body: body, ContentMD5: 'short' }), {
      name: 'InvalidDigest',
    })
    assert.equal((await s3.headObject(at)).ETag, ETag)
  }
})

test('encryption headers are kept and told', async () => {
  const plain = await givenObject('v')
  assert.equal(plain.put.ServerSideEncryption, 'AES256')
  const { at, put } = await givenObject('v', { ServerSideEncryption: 'aws:kms' })
  assert.equal(put.ServerSideEncryption, 'aws:kms')
  assert.match(put.SSEKMSKeyId ?? '', /^arn:aws:kms:us-east-1:\d{12}:key\/[0-9a-f-]{36}$/)
  const head = await s3.headObject(at)
  assert.equal(head.ServerSideEncryption, 'aws:kms')
  assert.equal(head.SSEKMSKeyId, put.SSEKMSKeyId)
  const own = await givenObject('v', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/mine' })
  assert.match(own.put.SSEKMSKeyId ?? '', /:alias\/mine$/)
})

test('PutObject refuses what would not be honoured', async () => {
  const at = { Bucket, Key: 'refused', Body: 'v' }
  const cases: [Partial<PutObjectCommandInput>, number, string][] = [
    [{ ACL: 'public-read' }, 400, 'AccessControlListNotSupported'],
    [{ GrantRead: 'id=abc' }, 400, 'AccessControlListNotSupported'],
    [{ StorageClass: 'DEEP_ARCHIVE' }, 400, 'InvalidStorageClass'],
    [{ ObjectLockLegalHoldStatus: 'ON' }, 400, 'InvalidRequest'],
    [{ Metadata: { big: 'x'.repeat(2048) } }, 400, 'MetadataTooLarge'],
    [{ Key: 'k'.repeat(1025) }, 400, 'KeyTooLongError'],
    [{ Tagging: 'a=1&a=2' }, 400, 'InvalidTag'],
    [{ SSEKMSKeyId: 'x' }, 400, 'InvalidArgument'],
  ]
  for (const [more, status, name] of cases) {
    await assert.rejects(s3.putObject({ ...at, ...more }), failsWith(status, name))
  }
  await s3.putObject({ ...at, ACL: 'bucket-owner-full-control', Key: 'k'.repeat(1024) })
})

test('DeleteObject removes, and succeeds when there is nothing', async () => {
  const { at, ETag } = await givenObject('v')
  await assert.rejects(
    s3.deleteObject({ ...at, IfMatch: md5('other') }),
    failsWith(412, 'PreconditionFailed'),
  )
  const deleted = await s3.deleteObject({ ...at, IfMatch: ETag })
  assert.equal(deleted.$metadata.httpStatusCode, 204)
  await assert.rejects(s3.getObject(at), { name: 'NoSuchKey' })
  await s3.deleteObject(at)
})

test('DeleteObjects tells of each key, or of failures only when quiet', async () => {
  const [one, two, kept] = [await givenObject('1'), await givenObject('2'), await givenObject('3')]
  const missing = `missing-${newHexId(8)}`
  const first = await s3.deleteObjects({
    Bucket,
    Delete: {
      Objects: [
        { Key: one.at.Key },
        { Key: missing },
        { Key: kept.at.Key, ETag: md5('other') },
        { Key: 'k', VersionId: 'unknown' },
      ],
    },
  })
  assert.deepEqual(
    first.Deleted?.map(({ Key }) => Key),
    [one.at.Key, missing],
  )
  assert.deepEqual(
    first.Errors?.map(({ Key, Code }) => [Key, Code]),
    [
      [kept.at.Key, 'PreconditionFailed'],
      ['k', 'InvalidArgument'],
    ],
  )
  const quiet = await s3.deleteObjects({
    Bucket,
    Delete: { Quiet: true, Objects: [{ Key: two.at.Key, VersionId: 'null' }] },
  })
  assert.equal(quiet.Deleted, undefined)
  await assert.rejects(s3.getObject(two.at), { name: 'NoSuchKey' })
  const many = Array.from({ length: 1001 }, (_, n) => ({ Key: `k${n}` }))
  await assert.rejects(s3.deleteObjects({ Bucket, Delete: { Objects: many } }), {
    name: 'MalformedXML',
  })
})

test('tags are put, read, counted and deleted', async () => {
  const { at } = await givenObject('v', { Tagging: 'project=blue&empty=' })
  assert.deepEqual((await s3.getObjectTagging(at)).TagSet, [
    { Key: 'project', Value: 'blue' },
    { Key: 'empty', Value: '' },
  ])
  assert.equal((await s3.getObject(at)).TagCount, 2)
  await s3.putObjectTagging({ ...at, Tagging: { TagSet: [{ Key: 'stage', Value: 'test' }] } })
  assert.deepEqual((await s3.getObjectTagging(at)).TagSet, [{ Key: 'stage', Value: 'test' }])
  await s3.deleteObjectTagging(at)
  assert.deepEqual((await s3.getObjectTagging(at)).TagSet ?? [], [])
})
