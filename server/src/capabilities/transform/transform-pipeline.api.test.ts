import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startTransformer, type Transformer } from './transformer-fixture.ts'

let transformer: Transformer

before(async () => {
  transformer = await startTransformer()
})
after(() => transformer.close())

/** A container with what its environment says, under a name of its own unless there is none. */
type Given = readonly [name: string | undefined, environment: Record<string, string>]

async function givenPipeline(
  containers: readonly Given[],
  more: Partial<CreateModelCommandInput> = {},
): Promise<string> {
  const { server, newName, image } = transformer
  const ModelName = newName()
  await server.sagemaker.createModel({
    ModelName,
    ExecutionRoleArn: server.roleArn,
    Containers: containers.map(
      ([name, Environment]): ContainerDefinition => ({
        Image: image,
        Environment,
        ...(name !== undefined && { ContainerHostname: name }),
      }),
    ),
    ...more,
  })
  return ModelName
}

async function streamsOf(name: string): Promise<readonly string[]> {
  const { logStreams = [] } = await transformer.server.logs.describeLogStreams({
    logGroupName: '/aws/sagemaker/TransformJobs',
    logStreamNamePrefix: `${name}/`,
  })
  return logStreams.map(({ logStreamName = '' }) => logStreamName.slice(name.length + 1))
}

test('records go through the containers in order, under the type of each answer; each logs to its own stream', async () => {
  const { transformed, payloads } = transformer
  const modelName = await givenPipeline([
    ['sums', { PARAMETERS: '{"MaxConcurrentTransforms": 2}', WHO: 'model' }],
    ['twice', { ECHO: '2', PARAMETERS: '{"MaxConcurrentTransforms": 9}' }],
    ['last', { ECHO: '1' }],
  ])

  const { job, name, outputs } = await transformed(
    { 'a.csv': '1,2\n3,4\n' },
    { modelName, Environment: { WHO: 'job' }, output: { Accept: 'text/plain' } },
  )

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.deepEqual(outputs, { 'a.csv.out': '3\n7\n3\n7\n' })
  const seen = (await payloads(name)).map(
    ({ body, type, accept }) => `${JSON.stringify(body)} ${type} ${accept}`,
  )
  assert.deepEqual(seen.toSorted(), [
    String.raw`"1,2\n3,4" text/csv null`,
    String.raw`"3\n7" text/csv null`,
    String.raw`"3\n7\n3\n7" text/csv text/plain`,
  ])
  assert.deepEqual(
    (await streamsOf(name)).map((stream) => stream.replace(/^i-\w+-\d+/, 'instance')).toSorted(),
    ['instance/data-log', 'instance/last', 'instance/sums', 'instance/twice'],
  )
  assert.match((await transformer.logOf(name, 'data'))[0] ?? '', /MaxConcurrentTransforms=2,/)
})

test('an object that a container refuses fails alone, and the reason names the container', async () => {
  const modelName = await givenPipeline([
    [undefined, { ECHO: '1', DEAF: 'true' }],
    [undefined, {}],
  ])

  const objects = { 'bad.csv': 'bad\n', 'good.csv': '1,2\n' }
  const { job, name, outputs } = await transformer.transformed(objects, { modelName })

  assert.equal(job.TransformJobStatus, 'Failed')
  assert.match(
    job.FailureReason ?? '',
    /bad\.csv: Bad HTTP status received from algorithm: 400 \(container 'container-2'\)/,
  )
  assert.deepEqual(Object.keys(outputs), ['good.csv.out'])
  const said = (await transformer.logOf(name, 'data')).join('\n')
  assert.match(said, /bad\.csv: this record is bad/)
})

test('a container that ends fails the job by its name, and no task is left', async () => {
  const { transformed, server } = transformer
  const modelName = await givenPipeline([
    ['first', { ECHO: '1', DEAF: 'true' }],
    ['second', {}],
  ])

  const { job, name: jobName } = await transformed({ 'a.csv': 'die\n' }, { modelName })

  assert.equal(job.TransformJobStatus, 'Failed')
  assert.match(
    job.FailureReason ?? '',
    /^AlgorithmError: The model's container 'second' ended while it was in use, exit code: 3\. .*\/second\.$/,
  )
  await eventually(
    async () => {
      const tasks = await server.platform.engine.list()
      return tasks.every(({ name }) => name !== jobName)
    },
    { what: 'the tasks to be gone' },
  )
})

test('a container whose runner is killed takes its instance with it, which starts anew and does all objects', async () => {
  const { given, start, ended, keys, get, payloads, server } = transformer
  const model = await givenPipeline([
    ['first', { ECHO: '1' }],
    ['second', { WORK_SECONDS: '0.2' }],
  ])
  const objects = { 'a.csv': '1,2\n', 'b.csv': '1\n'.repeat(10), 'c.csv': '3\n' }
  const { change, place } = await given(objects)
  const name = await start(model, { ...change, BatchStrategy: 'SingleRecord' })
  await eventually(async () => (await payloads(name)).length > 4, { what: 'the job to work' })

  const tasks = await server.platform.engine.list()
  const second = tasks.find((task) => task.name === name && task.taskId.endsWith('-1-1-2'))
  assert.ok(second?.runnerPid)
  process.kill(second.runnerPid, 'SIGKILL')

  const job = await ended(name)
  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  const names = ['a', 'b', 'c'].map((object) => `${place}/out/${object}.csv.out`)
  assert.deepEqual(await keys(`${place}/out/`), names)
  assert.equal(await get(names[1] ?? ''), '1\n'.repeat(10))
  const attempts = new Set((await streamsOf(name)).map((stream) => stream.split('/')[0]))
  assert.equal(attempts.size, 2)
})

test('captured data name what went into the first container and came out of the last', async () => {
  const { transformed, keys, get, bucket } = transformer
  const modelName = await givenPipeline([
    ['first', {}],
    ['second', { ECHO: '1' }],
  ])
  const captured = transformer.newName()

  const { job, outputs } = await transformed(
    { 'a.csv': '1,2\n' },
    {
      modelName,
      DataCaptureConfig: { DestinationS3Uri: `s3://${bucket}/${captured}` },
      DataProcessing: { JoinSource: 'Input' },
    },
  )

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.deepEqual(outputs, { 'a.csv.out': '1,2,3\n' })
  const [input = '', output = '', ...others] = await keys(`${captured}/`)
  assert.deepEqual(others, [])
  assert.match(await get(input), /"a\.csv"\]$/)
  assert.match(await get(output), /"a\.csv\.out"\]$/)
})

test('all containers share the time that one has alone', async () => {
  const slow = { ECHO: '1', WORK_SECONDS: '0.7' }
  const modelName = await givenPipeline([
    ['first', slow],
    ['second', slow],
  ])

  const { job } = await transformer.transformed(
    { 'a.csv': '1\n' },
    {
      modelName,
      ModelClientConfig: { InvocationsTimeoutInSeconds: 1, InvocationsMaxRetries: 0 },
    },
  )

  assert.match(job.FailureReason ?? '', /no answer within 1 seconds \(container 'second'\)/)
})

test('a model of a container that cannot be had fails the job, and the reason names the container', async () => {
  const { server, image, newName, put, bucket, transformed } = transformer
  await put('models/broken.tar.gz', 'no archive')
  const ModelName = newName()
  const ModelDataUrl = `s3://${bucket}/models/broken.tar.gz`
  await server.sagemaker.createModel({
    ModelName,
    ExecutionRoleArn: server.roleArn,
    Containers: [{ Image: image }, { Image: image, ModelDataUrl }],
  })

  const { job } = await transformed({ 'a.csv': '1\n' }, { modelName: ModelName })

  assert.match(
    job.FailureReason ?? '',
    /^ClientError: Cannot stage input model of container container-2 from .*\/container-2\.$/,
  )
})

test('objects that are empty, compressed or larger than any payload go through as through one container', async () => {
  const modelName = await givenPipeline([
    ['first', { ECHO: '1', DEAF: 'true' }],
    ['second', { ECHO: '2', DEAF: 'true' }],
  ])
  const { transformed } = transformer
  const gzipped = { 'a.csv.gz': gzipSync('1,2\n3\n'), 'sub/b.csv.gz': gzipSync('') }
  const large = Buffer.alloc(8 * 2 ** 20, 'x')

  const unpacked = await transformed(gzipped, { modelName, input: { CompressionType: 'Gzip' } })
  const whole = await transformed(
    { 'a.bin': large, 'b.bin': '' },
    {
      modelName,
      MaxPayloadInMB: 0,
      input: { SplitType: 'None' },
      output: { AssembleWith: 'None' },
    },
  )

  assert.deepEqual(unpacked.outputs, {
    'a.csv.gz.out': '1,2\n3\n1,2\n3\n',
    'sub/b.csv.gz.out': '',
  })
  assert.equal(whole.job.TransformJobStatus, 'Completed', whole.job.FailureReason)
  // the container says that its payload came in chunks, and the second puts a newline between
  assert.equal(whole.outputs['a.bin.out']?.length, 2 * (large.length + 'chunked:'.length) + 1)
  assert.equal(Object.keys(whole.outputs).length, 2)
})

test('a model whose containers requests name (Mode Direct) is refused', async () => {
  const { server, request, given } = transformer
  const model = await givenPipeline(
    [
      ['one', {}],
      ['two', {}],
    ],
    { InferenceExecutionConfig: { Mode: 'Direct' } },
  )
  const { change } = await given({ 'a.csv': '1\n' })

  await assert.rejects(server.sagemaker.createTransformJob(request(model, change)), {
    name: 'ValidationException',
    message: /Mode Direct/,
  })
})
