import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startTransformer, type Transformer } from './transformer-fixture.ts'

const MIB = 2 ** 20
/** Above what one part of an upload has, and one piece of a download. */
const LINES = Array.from(
  { length: 240_000 },
  (_, index) => `${index},${'x'.repeat(50 + (index % 40))}`,
)
const CONTENT = `${LINES.join('\n')}\n`

let transformer: Transformer
let echo: string
/** Answers four times what it was sent, so that an upload begins long before it ends. */
let growing: string

before(async () => {
  transformer = await startTransformer()
  echo = await transformer.createModel({ ECHO: '1', WORK_SECONDS: '0.1' })
  growing = await transformer.createModel({ ECHO: '4', WORK_SECONDS: '0.1' })
  await transformer.put('in/large.csv', CONTENT)
})
after(() => transformer.close())

const LARGE = {
  MaxPayloadInMB: 1,
  MaxConcurrentTransforms: 1,
  BatchStrategy: 'MultiRecord',
} as const

async function uploads(): Promise<number> {
  const { server, bucket } = transformer
  const { Uploads = [] } = await server.s3.listMultipartUploads({ Bucket: bucket })
  return Uploads.length
}

function uploadBegins(): Promise<unknown> {
  return eventually(async () => (await uploads()) > 0, { what: 'an upload' })
}

function outputOf(folder: string) {
  return { S3OutputPath: `s3://${transformer.bucket}/${folder}` }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

test('a large object comes out whole and in order, however many payloads are under way', async () => {
  assert.ok(CONTENT.length > 15 * MIB)
  const job = await transformer.run(echo, {
    ...LARGE,
    MaxConcurrentTransforms: 8,
    output: outputOf('many'),
  })

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.equal(digest(await transformer.get('many/large.csv.out')), digest(CONTENT))
})

test('a job that is stopped in the middle of an upload leaves none behind', async () => {
  const name = await transformer.start(growing, { ...LARGE, output: outputOf('stopped') })
  await uploadBegins()

  await transformer.server.sagemaker.stopTransformJob({ TransformJobName: name })

  assert.equal((await transformer.ended(name)).TransformJobStatus, 'Stopped')
  assert.equal(await uploads(), 0)
  assert.deepEqual(await transformer.keys('stopped/'), [])
})

test('a runner that is killed in the middle of an upload is begun again, and its upload given up', async () => {
  const { server, start, ended, keys, get } = transformer
  const name = await start(growing, { ...LARGE, output: outputOf('killed') })
  await uploadBegins()
  const tasks = await server.platform.engine.list()
  const runnerPid = tasks.find((task) => task.name === name)?.runnerPid
  assert.ok(runnerPid)
  assert.deepEqual(await keys('killed/'), [])

  process.kill(runnerPid, 'SIGKILL')

  const job = await ended(name)
  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  const output = await get('killed/large.csv.out')
  assert.equal(output.length, 4 * CONTENT.length)
  assert.ok(
    output.startsWith(CONTENT.slice(0, MIB / 2)) && output.endsWith(CONTENT.slice(-MIB / 2)),
  )
  assert.equal(await uploads(), 0)
})

test('RecordIO records are sent with their frames, one by one or together', async () => {
  const frame = (content: string) => {
    const bytes = Buffer.alloc(8 + Math.ceil(content.length / 4) * 4)
    bytes.writeUInt32LE(0xced7230a, 0)
    bytes.writeUInt32LE(content.length, 4)
    bytes.write(content, 8)
    return bytes
  }
  const lengths = await transformer.createModel()
  await transformer.put('recordio/a', Buffer.concat(['one', 'three', 'eleven'].map(frame)))
  const S3Uri = `s3://${transformer.bucket}/recordio/`
  const input = {
    SplitType: 'RecordIO',
    ContentType: 'application/x-recordio-protobuf',
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } },
  } as const

  await transformer.run(lengths, {
    input,
    output: outputOf('single'),
    BatchStrategy: 'SingleRecord',
  })
  await transformer.run(lengths, { input, output: outputOf('multi') })

  assert.equal(await transformer.get('single/a.out'), '12\n16\n16\n')
  assert.equal(await transformer.get('multi/a.out'), '44\n')
})
