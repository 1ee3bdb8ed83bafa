import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { newShortId } from '../../base/ids.ts'
import { startTransformer, type Transformer } from './transformer-fixture.ts'

let transformer: Transformer
let transformed: Transformer['transformed']

before(async () => {
  transformer = await startTransformer()
  transformed = transformer.transformed
})
after(() => transformer.close())

test('sub-folders, empty objects and objects without a final newline keep their places', async () => {
  const { job, outputs } = await transformed({
    'a.csv': '1,2\n3,4',
    'deep/er/b.csv': '5,6\n',
    'empty.csv': '',
  })

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.deepEqual(outputs, {
    'a.csv.out': '3\n7\n',
    'deep/er/b.csv.out': '11\n',
    'empty.csv.out': '',
  })
})

test('a mini-batch has lines of one object only, as many as fit the payload', async () => {
  const lines = (digit: string) => `${digit.repeat(250_000)}\n`.repeat(6)
  const { job, name } = await transformed(
    { 'a.txt': lines('1'), 'b.txt': lines('2') },
    { MaxPayloadInMB: 1, BatchStrategy: 'MultiRecord', input: { ContentType: 'text/plain' } },
  )

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  const payloads = await transformer.payloads(name)
  assert.deepEqual(
    payloads.map(({ bytes, body }) => [body[0], bytes]),
    [
      ['1', 1_000_003],
      ['1', 500_001],
      ['2', 1_000_003],
      ['2', 500_001],
    ],
  )
})

test('SingleRecord sends each line alone, MaxConcurrentTransforms of them at once, and keeps their order', async () => {
  const modelName = await transformer.createModel({ WORK_SECONDS: '0.05' })
  const rows = Array.from({ length: 24 }, (_, index) => String(index))
  const { outputs, name } = await transformed(
    { 'a.csv': rows.join('\n') },
    {
      modelName,
      BatchStrategy: 'SingleRecord',
      MaxConcurrentTransforms: 4,
      output: { Accept: 'text/csv' },
    },
  )

  assert.equal(outputs['a.csv.out'], `${rows.join('\n')}\n`)
  const payloads = await transformer.payloads(name)
  assert.equal(payloads.length, 24)
  assert.equal(Math.max(...payloads.map(({ busy }) => busy)), 4)
  assert.deepEqual([payloads[0]?.type, payloads[0]?.accept], ['text/csv', 'text/csv'])
})

test('AssembleWith None puts answers together as they are', async () => {
  const { outputs } = await transformed(
    { 'a.csv': '1\n2\n3' },
    { BatchStrategy: 'SingleRecord', output: { AssembleWith: 'None' } },
  )

  assert.deepEqual(outputs, { 'a.csv.out': '123' })
})

test('SplitType None sends an object whole, and MaxPayloadInMB 0 sends it in chunks', async () => {
  const input = { SplitType: 'None', ContentType: 'text/plain' } as const
  const whole = await transformed({ a: 'x'.repeat(2 ** 20) }, { input, MaxPayloadInMB: 1 })
  const larger = await transformed({ a: 'x'.repeat(2 ** 20 + 1) }, { input, MaxPayloadInMB: 1 })
  const streamed = await transformed({ a: 'x'.repeat(9 * 2 ** 20) }, { input, MaxPayloadInMB: 0 })

  assert.deepEqual(whole.outputs, { 'a.out': `${2 ** 20}\n` })
  assert.equal(larger.job.TransformJobStatus, 'Failed')
  assert.match(larger.job.FailureReason ?? '', /larger than the maximum payload/)
  // the container says by 8 bytes more that it came in chunks
  assert.deepEqual(streamed.outputs, { 'a.out': `${9 * 2 ** 20 + 8}\n` })
})

test('compressed objects are unpacked; what is not compressed fails', async () => {
  const { job, outputs } = await transformed(
    {
      'a.csv.gz': gzipSync('1,2\n3,4\n'),
      'cut.gz': gzipSync('1,2\n').subarray(0, 20),
      'plain.csv': '1,2\n',
    },
    { input: { CompressionType: 'Gzip' } },
  )

  assert.deepEqual(outputs, { 'a.csv.gz.out': '3\n7\n' })
  assert.match(
    job.FailureReason ?? '',
    /cut\.gz: The object is not whole gzip.*; 1 more object failed/,
  )
})

test('a manifest names the objects, and their keys below its prefix are kept', async () => {
  const place = newShortId(8)
  const { put, bucket } = transformer
  await put(`${place}/data/a.csv`, '1,2\n')
  await put(`${place}/data/sub/b.csv`, '3,4\n')
  await put(`${place}/data/not-this.csv`, 'bad\n')
  const prefix = `s3://${bucket}/${place}/data/`
  await put(`${place}/manifest.json`, JSON.stringify([{ prefix }, 'a.csv', 'sub/b.csv']))
  const S3Uri = `s3://${bucket}/${place}/manifest.json`

  const { outputs } = await transformed(
    {},
    { input: { DataSource: { S3DataSource: { S3DataType: 'ManifestFile', S3Uri } } } },
  )

  assert.deepEqual(outputs, { 'a.csv.out': '3\n', 'sub/b.csv.out': '7\n' })
})

test('DataProcessing filters what is sent, joins and filters what is stored', async () => {
  const csv = await transformed(
    { 'a.csv': '7,1,2\n"8, b",3,4\n' },
    { DataProcessing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0, -1]' } },
  )
  const json = await transformed(
    { 'a.jsonl': '{"id":7,"features":[1,2]}\n{"id":8,"features":[3,4]}\n' },
    {
      input: { ContentType: 'application/jsonlines' },
      DataProcessing: {
        InputFilter: '$.features',
        JoinSource: 'Input',
        OutputFilter: "$['id','SageMakerOutput']",
      },
    },
  )

  assert.deepEqual(csv.outputs, { 'a.csv.out': '7,3\n"8, b",7\n' })
  assert.deepEqual(json.outputs, {
    'a.jsonl.out': '{"id":7,"SageMakerOutput":{"sum":3}}\n{"id":8,"SageMakerOutput":{"sum":7}}\n',
  })
})

test('a JSON object that is not split is one record', async () => {
  const { outputs } = await transformed(
    { 'a.json': '{"id": 7,\n "features": [1, 2]}' },
    {
      input: { ContentType: 'application/json', SplitType: 'None' },
      output: { AssembleWith: 'None' },
      DataProcessing: { JoinSource: 'Input', OutputFilter: '$.SageMakerOutput' },
    },
  )

  assert.deepEqual(outputs, { 'a.json.out': '3' })
})
