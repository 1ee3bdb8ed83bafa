import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newShortId } from '../../base/ids.ts'
import { startTransformer, type Transformer } from './transformer-fixture.ts'

let transformer: Transformer
let transformed: Transformer['transformed']

before(async () => {
  transformer = await startTransformer()
  transformed = transformer.transformed
})
after(() => transformer.close())

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
  assert.equal((await transformer.payloads(broken.name)).length, 3)
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
  assert.equal((await transformer.payloads(name)).length, 7)
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
