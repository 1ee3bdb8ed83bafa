import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { newShortId } from '../../base/ids.ts'
import { type Change, startTransformer, type Transformer } from './transformer-fixture.ts'

let transformer: Transformer
let model: string

before(async () => {
  transformer = await startTransformer()
  model = await transformer.createModel()
})
after(() => transformer.close())

/** A job over these objects in a prefix of its own. */
async function transformed(
  objects: Readonly<Record<string, string | Buffer>>,
  { modelName, ...change }: Change & { readonly modelName?: string } = {},
) {
  const place = newShortId(8)
  for (const [key, content] of Object.entries(objects)) {
    await transformer.put(`${place}/in/${key}`, content)
  }
  const s3 = `s3://${transformer.bucket}/${place}`
  const job = await transformer.run(modelName ?? model, {
    ...change,
    input: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `${s3}/in/` } },
      ...change.input,
    },
    output: { S3OutputPath: `${s3}/out/`, ...change.output },
  })
  const outputs: Record<string, string> = {}
  for (const key of await transformer.keys(`${place}/out/`)) {
    outputs[key.slice(`${place}/out/`.length)] = await transformer.get(key)
  }
  return { job, outputs, place, name: job.TransformJobName ?? '' }
}

async function payloadsOf(name: string) {
  const lines = await transformer.payloads(name)
  return lines.map((line) => JSON.parse(line) as Payload)
}

interface Payload {
  readonly body: string
  readonly bytes: number
  readonly busy: number
  readonly type: string | null
  readonly accept: string | null
}

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
  const payloads = await payloadsOf(name)
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
  const payloads = await payloadsOf(name)
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

test('a bad record fails its object only, and the reason names it and the data log', async () => {
  const { job, outputs, name, place } = await transformed(
    { 'a.csv': '1,2\n', 'b.csv': '1\nbad\n2\n', 'c.csv': '3,4\n' },
    { MaxConcurrentTransforms: 2, BatchStrategy: 'SingleRecord' },
  )

  assert.equal(job.TransformJobStatus, 'Failed')
  assert.match(
    job.FailureReason ?? '',
    /^ClientError: See job logs for more information\. s3:\/\/\S+b\.csv: Bad HTTP status received from algorithm: 400\. See log group \/aws\/sagemaker\/TransformJobs, stream \S+\/data-log\.$/,
  )
  assert.deepEqual(outputs, { 'a.csv.out': '3\n', 'c.csv.out': '7\n' })
  assert.deepEqual((await transformer.logOf(name, 'data')).slice(1), [
    `[sagemaker logs]: ${transformer.bucket}/${place}/in/b.csv: Bad HTTP status received from algorithm: 400`,
    `[sagemaker logs]: ${transformer.bucket}/${place}/in/b.csv: `,
    `[sagemaker logs]: ${transformer.bucket}/${place}/in/b.csv: Message:`,
    `[sagemaker logs]: ${transformer.bucket}/${place}/in/b.csv: this record is bad`,
  ])
})

test("a container's fault, and no answer in time, are tried again as often as ModelClientConfig says", async () => {
  const flaky = await transformed(
    { 'a.csv': 'flaky,1\nslow,2\n' },
    {
      BatchStrategy: 'SingleRecord',
      ModelClientConfig: { InvocationsMaxRetries: 1, InvocationsTimeoutInSeconds: 1 },
    },
  )
  const broken = await transformed(
    { 'a.csv': 'crash\n' },
    { ModelClientConfig: { InvocationsMaxRetries: 2 } },
  )

  assert.deepEqual(flaky.outputs, { 'a.csv.out': '1\n2\n' })
  assert.equal((await payloadsOf(broken.name)).length, 3)
  assert.match(broken.job.FailureReason ?? '', /Bad HTTP status received from algorithm: 500/)
})

test('a container that dies fails the job with its exit code', async () => {
  const { job, outputs } = await transformed({ 'a.csv': '1\n', 'b.csv': 'die\n', 'c.csv': '2\n' })

  assert.match(job.FailureReason ?? '', /^AlgorithmError: .*exit code: 3\. See log group/)
  assert.deepEqual(outputs, { 'a.csv.out': '1\n' })
})

test('the container is asked for its execution parameters, and the request goes first', async () => {
  const modelName = await transformer.createModel({
    PARAMETERS:
      '{"MaxConcurrentTransforms": 3, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2}',
  })
  const asked = await transformed({ 'a.csv': '1\n2\n' }, { modelName })
  const told = await transformed(
    { 'a.csv': '1\n2\n' },
    { modelName, MaxPayloadInMB: 5, BatchStrategy: 'MultiRecord' },
  )

  const firstLine = async (name: string) => (await transformer.logOf(name, 'data'))[0]
  assert.equal(
    await firstLine(asked.name),
    '[sagemaker logs]: MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD',
  )
  assert.equal(
    await firstLine(told.name),
    '[sagemaker logs]: MaxConcurrentTransforms=3, MaxPayloadInMB=5, BatchStrategy=MULTI_RECORD',
  )
  const [environment = ''] = await transformer.logOf(told.name, 'container')
  assert.deepEqual(JSON.parse(environment.replace('environment ', '')), {
    SAGEMAKER_BATCH: 'true',
    SAGEMAKER_BATCH_STRATEGY: 'MULTI_RECORD',
    SAGEMAKER_MAX_PAYLOAD_IN_MB: '5',
  })
})

test('several instances share the objects out, each once', async () => {
  const objects = Object.fromEntries(
    Array.from({ length: 7 }, (_, index) => [`${index}.csv`, `${index},1\n`]),
  )
  const { job, outputs, name } = await transformed(objects, {
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 3 },
  })

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.deepEqual(
    outputs,
    Object.fromEntries(Object.keys(objects).map((key, index) => [`${key}.out`, `${index + 1}\n`])),
  )
  const { logStreams = [] } = await transformer.server.logs.describeLogStreams({
    logGroupName: '/aws/sagemaker/TransformJobs',
    logStreamNamePrefix: `${name}/`,
  })
  assert.equal(logStreams.length, 6)
  assert.equal((await payloadsOf(name)).length, 7)
})

test('DataCaptureConfig stores manifests, and inference ids are appended', async () => {
  const place = `capture-${newShortId(6)}`
  const DestinationS3Uri = `s3://${transformer.bucket}/${place}`
  const {
    job,
    outputs,
    place: own,
  } = await transformed(
    { 'a.csv': '1,2\n3,4\n', 'b.csv': '5,6\n' },
    { DataCaptureConfig: { DestinationS3Uri, GenerateInferenceId: true } },
  )

  const started = job.CreationTime?.toISOString() ?? ''
  const hour = started.slice(0, 13).replace(/[-T]/g, '/')
  const [input = '', output = ''] = await transformer.keys(`${place}/`)
  assert.ok(input.startsWith(`${place}/input/${hour}/`), input)
  assert.ok(output.startsWith(`${place}/output/${hour}/`), output)
  const s3 = `s3://${transformer.bucket}/${own}`
  assert.deepEqual(JSON.parse(await transformer.get(input)), [
    { prefix: `${s3}/in/` },
    'a.csv',
    'b.csv',
  ])
  assert.deepEqual(JSON.parse(await transformer.get(output)), [
    { prefix: `${s3}/out/` },
    'a.csv.out',
    'b.csv.out',
  ])
  const rows = (outputs['a.csv.out'] ?? '')
    .trim()
    .split('\n')
    .map((row) => row.split(','))
  assert.deepEqual(
    rows.map(([answer, , time]) => [answer, time]),
    [
      ['3', `${started.slice(0, 19)}Z`],
      ['7', `${started.slice(0, 19)}Z`],
    ],
  )
  assert.match(rows[0]?.[1] ?? '', /^[0-9a-f-]{36}$/)
  assert.notEqual(rows[0]?.[1], rows[1]?.[1])
})
