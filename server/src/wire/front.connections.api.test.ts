import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { eventually } from '../../../tests/support/eventually.ts'
import { startFront } from '../../../tests/support/front.ts'
import { AwsError } from '../aws/errors.ts'
import { sendSigned } from './raw-request.ts'

test('a client that hangs up within its upload leaves nothing behind', async () => {
  let hasBegun = false
  const failures: unknown[] = []
  await using front = await startFront({
    operations: {
      s3: {
        PutObject: async (input) => {
          hasBegun = true
          await buffer(input.Body ?? Readable.from([])).catch((error) => {
            failures.push(error)
            throw error
          })
          return assert.fail('half a body was taken for a whole one')
        },
      },
    },
  })
  const hungUp = sendSigned({
    port: front.port,
    service: 's3',
    method: 'PUT',
    path: '/bucket/key',
    body: 'hello',
    changed: { 'content-length': '50' },
  }).catch(() => 'gone')
  await eventually(async () => hasBegun)
  front.closeConnections()
  assert.equal(await hungUp, 'gone')
  await eventually(async () => failures.length === 1)
  await eventually(async () => front.logged.some((line) => line.includes('the client went away')))
})

test('a body of 200 MB passes in flat memory', async () => {
  let received = 0
  await using front = await startFront({
    operations: {
      s3: {
        PutObject: async (input) => {
          for await (const chunk of input.Body ?? []) received += (chunk as Buffer).length
          return {}
        },
        GetObject: async () => ({
          Body: Readable.from(zeros(200)),
          ContentLength: 200 * 1024 * 1024,
        }),
      },
    },
  })
  const { s3 } = front.clients({ requestChecksumCalculation: 'WHEN_REQUIRED' })
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  await s3.putObject({
    Bucket: 'b',
    Key: 'k',
    Body: Readable.from(zeros(200)),
    ContentLength: 200 * 1024 * 1024,
  })
  assert.equal(received, 200 * 1024 * 1024)
  const got = await s3.getObject({ Bucket: 'b', Key: 'k' })
  let read = 0
  for await (const chunk of got.Body as Readable) read += (chunk as Buffer).length
  assert.equal(read, 200 * 1024 * 1024)
  assert.ok(process.memoryUsage().rss - before < 120 * 1024 * 1024, 'the body was held in memory')
})

function* zeros(megabytes: number): Generator<Buffer> {
  for (let megabyte = 0; megabyte < megabytes; megabyte += 1) yield Buffer.alloc(1024 * 1024)
}

test('an answer that breaks off is not taken for a whole one', async () => {
  await using front = await startFront({
    operations: {
      s3: {
        GetObject: async () => ({
          Body: Readable.from(
            (function* () {
              yield Buffer.from('half')
              throw new Error('the disk is gone')
            })(),
          ),
          ContentLength: 8,
        }),
      },
    },
  })
  const got = await front.s3.getObject({ Bucket: 'b', Key: 'k' })
  await assert.rejects(got.Body?.transformToString() ?? Promise.resolve())
  await eventually(async () => front.logged.some((line) => line.includes('the disk is gone')))
})

test('HEAD is answered without a body, and the connection stays good', async () => {
  await using front = await startFront({
    operations: {
      s3: {
        HeadObject: async () => ({ ContentLength: 7, ETag: '"e"' }),
        HeadBucket: async () => Promise.reject(new AwsError('404', 'Not Found')),
      },
    },
  })
  assert.equal((await front.s3.headObject({ Bucket: 'b', Key: 'k' })).ContentLength, 7)
  await assert.rejects(front.s3.headBucket({ Bucket: 'b' }), { name: 'NotFound' })
  assert.equal((await front.s3.headObject({ Bucket: 'b', Key: 'k' })).ETag, '"e"')
})
