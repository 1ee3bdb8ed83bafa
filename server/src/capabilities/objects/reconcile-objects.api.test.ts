import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'
import { sweepObjects } from './reconcile-objects.ts'

const server = await startServer()
after(() => server.close())
const { s3, platform } = server
const BIG = Buffer.alloc(100_000, 1)

async function filesKept(): Promise<number> {
  const folder = join(server.config.dataDir, 'objects')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

async function sweep(): Promise<void> {
  await sweepObjects(platform, { graceSeconds: 0 })
}

async function givenBucket(): Promise<string> {
  const Bucket = `sweep-${newHexId(12)}`
  await s3.createBucket({ Bucket })
  return Bucket
}

test('the sweep removes the bytes of what was replaced, deleted or given up, and no others', async () => {
  const Bucket = await givenBucket()
  await s3.putObject({ Bucket, Key: 'kept', Body: BIG })
  await s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/kept` })
  await s3.putObject({ Bucket, Key: 'replaced', Body: BIG })
  await s3.putObject({ Bucket, Key: 'replaced', Body: 'small' })
  await s3.putObject({ Bucket, Key: 'deleted', Body: BIG })
  await s3.deleteObject({ Bucket, Key: 'deleted' })
  const given = { Bucket, Key: 'given-up' }
  const { UploadId } = await s3.createMultipartUpload(given)
  await s3.uploadPart({ ...given, UploadId, PartNumber: 1, Body: BIG })
  await s3.uploadPart({ ...given, UploadId, PartNumber: 1, Body: BIG })
  await s3.abortMultipartUpload({ ...given, UploadId })
  const done = { Bucket, Key: 'done' }
  const upload = await s3.createMultipartUpload(done)
  const part = { ...done, UploadId: upload.UploadId, PartNumber: 1 }
  const { ETag } = await s3.uploadPart({ ...part, Body: BIG })
  await s3.uploadPart({ ...part, PartNumber: 2, Body: BIG })
  await s3.completeMultipartUpload({
    ...{ ...done, UploadId: upload.UploadId },
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
  })

  await sweep()

  assert.equal(await filesKept(), 3)
  for (const Key of ['kept', 'copy', 'done']) {
    const { Body } = await s3.getObject({ Bucket, Key })
    assert.equal((await Body?.transformToByteArray())?.length, BIG.length, Key)
  }
  assert.deepEqual(await platform.database.query('select * from object_garbage'), [])
})

test('the sweep takes away the buckets of a realm that is over', async () => {
  const Bucket = await givenBucket()
  await s3.putObject({ Bucket, Key: 'k', Body: BIG })
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'u' })
  await s3.uploadPart({ Bucket, Key: 'u', UploadId, PartNumber: 1, Body: BIG })
  const [over] = await platform.database.query<{ realm: number }>(
    `insert into realm (account, began_at, ended_at) values ('1', now(), now()) returning realm`,
  )
  const before = await filesKept()
  await platform.database.query('update bucket set realm = $1 where name = $2', [
    over?.realm,
    Bucket,
  ])

  await sweep()

  assert.equal(await filesKept(), before - 2)
  assert.deepEqual(
    await platform.database.query('select 1 from bucket where name = $1', [Bucket]),
    [],
  )
})

test('a refused upload leaves no bytes behind', async () => {
  const Bucket = await givenBucket()
  const before = await filesKept()
  await s3.putObject({ Bucket, Key: 'k', Body: 'there' })
  await assert.rejects(s3.putObject({ Bucket, Key: 'k', Body: BIG, ChecksumCRC32: 'AAAAAA==' }), {
    name: 'BadDigest',
  })
  await assert.rejects(s3.putObject({ Bucket, Key: 'k', Body: BIG, IfMatch: '"0"' }), {
    name: 'PreconditionFailed',
  })
  assert.equal(await filesKept(), before)
})
