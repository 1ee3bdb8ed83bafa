import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { ContainerDefinition, CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type Change, startTransformer, type Transformer } from './transformer-fixture.ts'

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

/** Of a folder that only this test uses. */
async function given(objects: Readonly<Record<string, string | Buffer>>): Promise<Change> {
  const folder = transformer.newName()
  for (const [name, content] of Object.entries(objects)) {
    await transformer.put(`${folder}/${name}`, content)
  }
  const S3Uri = `s3://${transformer.bucket}/${folder}/`
  return {
    input: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } } },
    output: { S3OutputPath: `s3://${transformer.bucket}/out-${folder}` },
    Tags: [{ Key: 'folder', Value: `out-${folder}` }],
  }
}

function outputOf({ Tags = [] }: Change): string {
  return Tags[0]?.Value ?? ''
}

async function streamsOf(name: string): Promise<readonly string[]> {
  const { logStreams = [] } = await transformer.server.logs.describeLogStreams({
    logGroupName: '/aws/sagemaker/TransformJobs',
    logStreamNamePrefix: `${name}/`,
  })
  return logStreams.map(({ logStreamName = '' }) => logStreamName.slice(name.length + 1))
}

test('records go through the containers in order, under the type of each answer; each logs to its own stream', async () => {
  const { run, get, payloads } = transformer
  const model = await givenPipeline([
    ['sums', { PARAMETERS: '{"MaxConcurrentTransforms": 2}', WHO: 'model' }],
    ['twice', { ECHO: '2', PARAMETERS: '{"MaxConcurrentTransforms": 9}' }],
    ['last', { ECHO: '1' }],
  ])
  const change = await given({ 'a.csv': '1,2\n3,4\n' })

  const job = await run(model, {
    ...change,
    Environment: { WHO: 'job' },
    output: { ...change.output, Accept: 'text/plain' },
  })

  const name = job.TransformJobName ?? ''
  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.equal(await get(`${outputOf(change)}/a.csv.out`), '3\n7\n3\n7\n')
  const seen = (await payloads(name)).map((line) => {
    const { body, type, accept } = JSON.parse(line) as Record<string, unknown>
    return `${JSON.stringify(body)} ${type} ${accept}`
  })
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
  const { run, keys, logOf } = transformer
  const model = await givenPipeline([
    [undefined, { ECHO: '1', DEAF: 'true' }],
    [undefined, {}],
  ])
  const change = await given({ 'bad.csv': 'bad\n', 'good.csv': '1,2\n' })

  const job = await run(model, change)

  assert.equal(job.TransformJobStatus, 'Failed')
  assert.match(
    job.FailureReason ?? '',
    /bad\.csv: Bad HTTP status received from algorithm: 400 \(container 'container-2'\)/,
  )
  assert.deepEqual(await keys(`${outputOf(change)}/`), [`${outputOf(change)}/good.csv.out`])
  const said = (await logOf(job.TransformJobName ?? '', 'data')).join('\n')
  assert.match(said, /bad\.csv: this record is bad/)
})

test('a container that ends fails the job by its name, and no task is left', async () => {
  const { run, server } = transformer
  const model = await givenPipeline([
    ['first', { ECHO: '1', DEAF: 'true' }],
    ['second', {}],
  ])
  const change = await given({ 'a.csv': 'die\n' })

  const job = await run(model, change)

  assert.equal(job.TransformJobStatus, 'Failed')
  assert.match(
    job.FailureReason ?? '',
    /^AlgorithmError: The model's container 'second' ended while it was in use, exit code: 3\. .*\/second\.$/,
  )
  await eventually(
    async () => {
      const tasks = await server.platform.engine.list()
      return tasks.every(({ name }) => name !== job.TransformJobName)
    },
    { what: 'the tasks to be gone' },
  )
})

test('a container whose runner is killed takes its instance with it, which starts anew and does all objects', async () => {
  const { start, ended, keys, get, payloads, server } = transformer
  const model = await givenPipeline([
    ['first', { ECHO: '1' }],
    ['second', { WORK_SECONDS: '0.2' }],
  ])
  const change = await given({ 'a.csv': '1,2\n', 'b.csv': '1\n'.repeat(10), 'c.csv': '3\n' })
  const name = await start(model, { ...change, BatchStrategy: 'SingleRecord' })
  await eventually(async () => (await payloads(name)).length > 4, { what: 'the job to work' })

  const tasks = await server.platform.engine.list()
  const second = tasks.find((task) => task.name === name && task.taskId.endsWith('-1-1-2'))
  assert.ok(second?.runnerPid)
  process.kill(second.runnerPid, 'SIGKILL')

  const job = await ended(name)
  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  const output = outputOf(change)
  const names = ['a', 'b', 'c'].map((object) => `${output}/${object}.csv.out`)
  assert.deepEqual(await keys(`${output}/`), names)
  assert.equal(await get(names[1] ?? ''), '1\n'.repeat(10))
  const attempts = new Set((await streamsOf(name)).map((stream) => stream.split('/')[0]))
  assert.equal(attempts.size, 2)
})

test('captured data name what went into the first container and came out of the last', async () => {
  const { run, keys, get, bucket } = transformer
  const model = await givenPipeline([
    ['first', {}],
    ['second', { ECHO: '1' }],
  ])
  const change = await given({ 'a.csv': '1,2\n' })
  const captured = transformer.newName()

  const job = await run(model, {
    ...change,
    DataCaptureConfig: { DestinationS3Uri: `s3://${bucket}/${captured}` },
    DataProcessing: { JoinSource: 'Input' },
  })

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
  assert.equal(await get(`${outputOf(change)}/a.csv.out`), '1,2,3\n')
  const [input = '', output = '', ...others] = await keys(`${captured}/`)
  assert.deepEqual(others, [])
  assert.match(await get(input), /"a\.csv"\]$/)
  assert.match(await get(output), /"a\.csv\.out"\]$/)
})

test('a model whose containers requests name (Mode Direct) is refused', async () => {
  const { server, request } = transformer
  const model = await givenPipeline(
    [
      ['one', {}],
      ['two', {}],
    ],
    { InferenceExecutionConfig: { Mode: 'Direct' } },
  )
  const change = await given({ 'a.csv': '1\n' })

  await assert.rejects(server.sagemaker.createTransformJob(request(model, change)), {
    name: 'ValidationException',
    message: /Mode Direct/,
  })
})
