import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'

const server = await startServer()
after(() => server.close())
const { s3 } = server
const account = server.config.account
const stranger = '999999999999'

function newBucketName(): string {
  return `bucket-${newHexId(12)}`
}

async function givenBucket(): Promise<string> {
  const Bucket = newBucketName()
  await s3.createBucket({ Bucket })
  return Bucket
}

test('CreateBucket makes a bucket in the region that the client signs for', async () => {
  const Bucket = newBucketName()

  const created = await s3.createBucket({ Bucket })

  assert.equal(created.Location, `/${Bucket}`)
  const head = await s3.headBucket({ Bucket, ExpectedBucketOwner: account })
  assert.equal(head.BucketRegion, 'us-east-1')
  assert.equal((await s3.getBucketLocation({ Bucket })).LocationConstraint, undefined)
})

test('CreateBucket elsewhere wants the location constraint, and keeps it', async () => {
  const { s3: frankfurt } = server.clients({ region: 'eu-central-1' })
  const Bucket = newBucketName()
  // the SDK fills the constraint in for regional clients unless one is given
  await assert.rejects(
    frankfurt.createBucket({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: 'us-west-2' },
    }),
    { name: 'IllegalLocationConstraintException' },
  )

  await frankfurt.createBucket({
    Bucket,
    CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
  })

  assert.equal((await s3.getBucketLocation({ Bucket })).LocationConstraint, 'eu-central-1')
  assert.equal((await s3.headBucket({ Bucket })).BucketRegion, 'eu-central-1')
})

test('CreateBucket refuses a bad name, a bad constraint, a taken name and public access', async () => {
  const taken = await givenBucket()
  await assert.rejects(s3.createBucket({ Bucket: 'Not_A_Name' }), { name: 'InvalidBucketName' })
  await assert.rejects(
    s3.createBucket({
      Bucket: newBucketName(),
      CreateBucketConfiguration: { LocationConstraint: 'nowhere' as 'EU' },
    }),
    { name: 'InvalidLocationConstraint' },
  )
  await assert.rejects(s3.createBucket({ Bucket: taken }), { name: 'BucketAlreadyOwnedByYou' })
  await assert.rejects(s3.createBucket({ Bucket: newBucketName(), ACL: 'public-read' }), {
    name: 'InvalidBucketAclWithObjectOwnership',
  })
})

test('HeadBucket of a missing bucket is 404, of somebody else is 403', async () => {
  const Bucket = await givenBucket()
  await assert.rejects(s3.headBucket({ Bucket: newBucketName() }), (error: Error) => {
    assert.equal(error.name, 'NotFound')
    assert.equal(
      (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode,
      404,
    )
    return true
  })
  await assert.rejects(
    s3.headBucket({ Bucket, ExpectedBucketOwner: stranger }),
    (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
      error.$metadata?.httpStatusCode === 403,
  )
})

test('ExpectedBucketOwner guards every operation in a bucket', async () => {
  const Bucket = await givenBucket()
  await s3.putObject({ Bucket, Key: 'k', Body: 'v' })
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'k' })
  const at = { Bucket, Key: 'k', ExpectedBucketOwner: stranger }
  const part = { ...at, UploadId, PartNumber: 1 }
  const CopySource = `${Bucket}/k`
  const refused = [
    () => s3.getBucketLocation(at),
    () => s3.deleteBucket(at),
    () => s3.putObject({ ...at, Body: 'w' }),
    () => s3.getObject(at),
    () => s3.getObjectAttributes({ ...at, ObjectAttributes: ['ETag'] }),
    () => s3.deleteObject(at),
    () => s3.deleteObjects({ ...at, Delete: { Objects: [{ Key: 'k' }] } }),
    () => s3.copyObject({ ...at, CopySource }),
    () => s3.copyObject({ Bucket, Key: 'copy', CopySource, ExpectedSourceBucketOwner: stranger }),
    () => s3.listObjects(at),
    () => s3.listObjectsV2(at),
    () => s3.listObjectVersions(at),
    () => s3.getObjectTagging(at),
    () => s3.putObjectTagging({ ...at, Tagging: { TagSet: [] } }),
    () => s3.deleteObjectTagging(at),
    () => s3.createMultipartUpload(at),
    () => s3.uploadPart({ ...part, Body: 'p' }),
    () => s3.uploadPartCopy({ ...part, CopySource }),
    () => s3.completeMultipartUpload({ ...part, MultipartUpload: { Parts: [] } }),
    () => s3.abortMultipartUpload(part),
    () => s3.listParts(part),
    () => s3.listMultipartUploads(at),
  ]
  for (const call of refused) await assert.rejects(call, { name: 'AccessDenied' }, String(call))
})

test('every operation in a missing bucket is NoSuchBucket', async () => {
  const at = { Bucket: newBucketName(), Key: 'k' }
  const refused = [
    () => s3.getBucketLocation(at),
    () => s3.deleteBucket(at),
    () => s3.putObject({ ...at, Body: 'w' }),
    () => s3.getObject(at),
    () => s3.deleteObject(at),
    () => s3.listObjectsV2(at),
    () => s3.createMultipartUpload(at),
    () => s3.listMultipartUploads(at),
  ]
  for (const call of refused) await assert.rejects(call, { name: 'NoSuchBucket' }, String(call))
})

test('DeleteBucket refuses while objects are in it, and takes unfinished uploads along', async () => {
  const Bucket = await givenBucket()
  await s3.putObject({ Bucket, Key: 'k', Body: 'v' })
  await s3.createMultipartUpload({ Bucket, Key: 'unfinished' })
  await assert.rejects(s3.deleteBucket({ Bucket }), { name: 'BucketNotEmpty' })

  await s3.deleteObject({ Bucket, Key: 'k' })
  await s3.deleteBucket({ Bucket })

  await assert.rejects(s3.headBucket({ Bucket }), { name: 'NotFound' })
})

test('ListBuckets lists by name, by prefix and region, page by page', async () => {
  const prefix = `list-${newHexId(8)}-`
  const names = ['c', 'a', 'b'].map((letter) => prefix + letter)
  for (const Bucket of names) await s3.createBucket({ Bucket })

  const all = await s3.listBuckets({})
  const listed = all.Buckets?.map(({ Name = '' }) => Name) ?? []
  assert.deepEqual(
    listed.filter((name) => name.startsWith(prefix)),
    names.toSorted(),
  )
  assert.match(all.Owner?.ID ?? '', /^[0-9a-f]{64}$/)

  const first = await s3.listBuckets({ Prefix: prefix, MaxBuckets: 2, BucketRegion: 'us-east-1' })
  const second = await s3.listBuckets({
    Prefix: prefix,
    ContinuationToken: first.ContinuationToken ?? '',
  })
  assert.deepEqual(
    [...(first.Buckets ?? []), ...(second.Buckets ?? [])].map(({ Name }) => Name),
    names.toSorted(),
  )
  assert.equal(second.ContinuationToken, undefined)
  const elsewhere = await s3.listBuckets({ Prefix: prefix, BucketRegion: 'eu-west-1' })
  assert.deepEqual(elsewhere.Buckets ?? [], [])
})
