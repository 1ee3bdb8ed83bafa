import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { startFront } from '../../../tests/support/front.ts'
import { sendSigned } from './raw-request.ts'

test('AWS JSON carries typed values both ways', async () => {
  const created = new Date('2025-03-01T10:20:30.456Z')
  await using front = await startFront({
    operations: {
      sagemaker: {
        CreateModel: async (input) => {
          assert.deepEqual(input, {
            ModelName: 'm',
            ExecutionRoleArn: ROLE,
            PrimaryContainer: { Image: 'i', Environment: { A: 'b' } },
          })
          return { ModelArn: 'arn:aws:sagemaker:eu-west-1:123456789012:model/m' }
        },
        DescribeModel: async (input) => ({
          ModelName: input.ModelName,
          CreationTime: created,
          ModelArn: 'arn',
          Undeclared: 'leak',
        }),
        DeleteModel: async () => ({}),
      },
    },
  })
  const answer = await front.sagemaker.createModel({
    ModelName: 'm',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'i', Environment: { A: 'b' } },
  })
  assert.equal(answer.ModelArn, 'arn:aws:sagemaker:eu-west-1:123456789012:model/m')
  assert.match(answer.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
  const described = await front.sagemaker.describeModel({ ModelName: 'm' })
  assert.deepEqual(described.CreationTime, created)
  assert.ok(!('Undeclared' in described))
  await front.sagemaker.deleteModel({ ModelName: 'm' })
})

const ROLE = 'arn:aws:iam::123456789012:role/r'

test('S3 streams objects both ways', async () => {
  let stored = Buffer.alloc(0)
  await using front = await startFront({
    operations: {
      s3: {
        PutObject: async (input) => {
          stored = await buffer(input.Body ?? Readable.from([]))
          assert.equal(input.Bucket, 'b')
          assert.equal(input.Key, 'a/ü b+c.txt')
          assert.equal(input.ContentLength, stored.length)
          assert.deepEqual(input.Metadata, { one: '1' })
          return { ETag: '"e"', ChecksumCRC32: input.ChecksumCRC32 }
        },
        GetObject: async () => ({
          Body: Readable.from([stored]),
          ContentLength: stored.length,
          LastModified: new Date('2025-03-01T10:20:30Z'),
          Metadata: { one: '1' },
          ContentType: 'text/plain',
        }),
        ListObjectsV2: async (input) => {
          assert.equal(input.MaxKeys, 3)
          return {
            Name: 'b',
            IsTruncated: false,
            KeyCount: 1,
            Contents: [{ Key: 'k<&', Size: 3, LastModified: new Date(0), ETag: '"e"' }],
          }
        },
        DeleteObjects: async (input) => ({
          Deleted: (input.Delete?.Objects ?? []).map(({ Key }) => ({ Key })),
        }),
        CreateBucket: async (input) => ({
          Location: `/${input.Bucket}/${input.CreateBucketConfiguration?.LocationConstraint}`,
        }),
        GetBucketLocation: async () => ({ LocationConstraint: 'eu-west-1' }),
      },
    },
  })
  const put = await front.s3.putObject({
    Bucket: 'b',
    Key: 'a/ü b+c.txt',
    Body: 'hello',
    Metadata: { one: '1' },
  })
  assert.equal(put.ChecksumCRC32, 'NhCmhg==')
  const got = await front.s3.getObject({ Bucket: 'b', Key: 'x' })
  assert.equal(await got.Body?.transformToString(), 'hello')
  assert.equal(got.LastModified?.toISOString(), '2025-03-01T10:20:30.000Z')
  assert.deepEqual(got.Metadata, { one: '1' })
  const listed = await front.s3.listObjectsV2({ Bucket: 'b', MaxKeys: 3 })
  assert.deepEqual(
    listed.Contents?.map(({ Key, Size }) => [Key, Size]),
    [['k<&', 3]],
  )
  const deleted = await front.s3.deleteObjects({
    Bucket: 'b',
    Delete: { Objects: [{ Key: 'one' }, { Key: 'two' }] },
  })
  assert.deepEqual(deleted.Deleted, [{ Key: 'one' }, { Key: 'two' }])
  const made = await front.s3.createBucket({
    Bucket: 'b',
    CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
  })
  assert.equal(made.Location, '/b/eu-west-1')
  assert.equal((await front.s3.getBucketLocation({ Bucket: 'b' })).LocationConstraint, 'eu-west-1')
})

test('Query carries forms in and XML out', async () => {
  await using front = await startFront({
    operations: {
      sts: {
        GetCallerIdentity: async (_input, scope) => ({
          Account: scope.caller.account,
          Arn: scope.caller.arn,
        }),
      },
      iam: {
        GetRole: async (input) => ({
          Role: {
            RoleName: input.RoleName,
            Path: '/',
            Arn: 'a',
            RoleId: 'i',
            CreateDate: new Date(0),
          },
        }),
        TagRole: async (input) => {
          assert.deepEqual(input, {
            RoleName: 'r',
            Tags: [
              { Key: 'a', Value: 'b c=d' },
              { Key: 'd', Value: '' },
            ],
          })
          return {}
        },
      },
    },
  })
  assert.equal((await front.sts.getCallerIdentity({})).Account, '123456789012')
  assert.equal((await front.iam.getRole({ RoleName: 'r' })).Role?.CreateDate?.getTime(), 0)
  await front.iam.tagRole({
    RoleName: 'r',
    Tags: [
      { Key: 'a', Value: 'b c=d' },
      { Key: 'd', Value: '' },
    ],
  })
})

test('S3 takes the bucket from the host too', async () => {
  await using front = await startFront({
    operations: {
      s3: { ListObjects: async (input) => ({ Name: input.Bucket, Prefix: input.Prefix }) },
    },
  })
  const host = `my.bucket.localhost:${front.port}`
  const answer = await sendSigned({
    port: front.port,
    service: 's3',
    method: 'GET',
    query: { prefix: 'a b+c' },
    headers: { host },
  })
  assert.match(answer.body, /<Name>my\.bucket<\/Name><Prefix>|<Prefix>a b\+c<\/Prefix>/)
  assert.match(
    answer.body,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<ListBucketResult xmlns="http:\/\/s3.amazonaws.com\/doc\/2006-03-01\/">/,
  )
})

test('S3 metadata outside of ASCII goes in as UTF-8 and out as RFC 2047 words', async () => {
  await using front = await startFront({
    operations: {
      s3: {
        PutObject: async (input) => {
          input.Body?.resume()
          assert.deepEqual(input.Metadata, { name: 'für' })
          return {}
        },
        HeadObject: async () => ({ Metadata: { name: 'für' } }),
      },
    },
  })
  const put = await sendSigned({
    port: front.port,
    service: 's3',
    method: 'PUT',
    path: '/b/k',
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    query: { 'x-amz-meta-name': 'für' },
  })
  assert.equal(put.status, 200, put.body)
  const head = await front.s3.headObject({ Bucket: 'b', Key: 'k' })
  assert.equal(head.Metadata?.name, `=?UTF-8?B?${Buffer.from('für').toString('base64')}?=`)
})

test('a part of an object is answered with 206', async () => {
  await using front = await startFront({
    operations: {
      s3: {
        GetObject: async () => ({
          Body: Readable.from(['hel']),
          ContentLength: 3,
          ContentRange: 'bytes 0-2/5',
        }),
      },
    },
  })
  const part = await front.s3.getObject({ Bucket: 'b', Key: 'k', Range: 'bytes=0-2' })
  assert.equal(part.$metadata.httpStatusCode, 206)
  assert.equal(part.ContentRange, 'bytes 0-2/5')
})
