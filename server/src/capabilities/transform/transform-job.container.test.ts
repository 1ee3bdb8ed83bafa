import assert from 'node:assert/strict'
import test from 'node:test'
import { transformTaskPrefix, transformTasks } from './transform-job.container.ts'
import { createdState } from './transform-job.states.ts'
import type { TransformJob, TransformJobRequest } from './transform-job.store.ts'

const NOW = new Date('2024-05-06T07:08:09.123Z')
const JOB: TransformJob = {
  id: '0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3',
  realm: 1,
  account: '123456789012',
  region: 'us-east-1',
  name: 'job',
  arn: 'arn:aws:sagemaker:us-east-1:123456789012:transform-job/job',
  request: {
    TransformJobName: 'job',
    ModelName: 'model',
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://in/a' } },
    },
    TransformOutput: { S3OutputPath: 's3://out/b' },
    TransformResources: { InstanceType: 'ml.m5.xlarge', InstanceCount: 2 },
  },
  model: {
    ModelName: 'model',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/r',
    PrimaryContainer: {
      Image: 'image',
      ModelDataUrl: 's3://models/model.tar.gz',
      Environment: { A: 'model', B: 'model' },
    },
  },
  createdAt: NOW,
  state: createdState(NOW),
}

const tokenFor = ({ taskId }: { taskId: string }): string => `token of ${taskId}`

function taskOf(request: Partial<TransformJobRequest> = {}, run = { attempt: 1, instance: 0 }) {
  const job = { ...JOB, request: { ...JOB.request, ...request } }
  const [task, ...others] = transformTasks(job, run, tokenFor)
  assert.ok(task && others.length === 0)
  return task
}

test('a task serves the model, with the defaults of what it is sent', () => {
  const task = taskOf()

  assert.deepEqual(task.command, { verb: 'serve' })
  assert.deepEqual(task.inputs, [
    {
      name: 'model',
      s3Uri: 's3://models/model.tar.gz',
      s3DataType: 'Object',
      unpack: 'tar.gz',
      path: '/opt/ml/model',
      required: true,
    },
  ])
  assert.deepEqual([task.resources.vCpus, task.resources.memoryBytes], [4, 16 * 2 ** 30])
  assert.equal(task.taskToken, `token of ${task.taskId}`)
  assert.deepEqual(task.transform, {
    input: {
      s3DataType: 'S3Prefix',
      s3Uri: 's3://in/a',
      splitType: 'None',
      isGzipped: false,
      shard: { index: 0, count: 2 },
    },
    output: { s3Uri: 's3://out/b', assembleWith: 'None' },
    invocationTimeoutSeconds: 600,
    invocationRetriesMax: 3,
    isRepeated: false,
    dataLog: { group: task.log.group, stream: `${task.log.stream}/data-log` },
  })
})

test('logs are named after instances, of which each attempt has others', () => {
  const first = taskOf()
  const other = taskOf({}, { attempt: 1, instance: 1 })
  const again = taskOf({}, { attempt: 2, instance: 0 })

  assert.equal(first.log.group, '/aws/sagemaker/TransformJobs')
  assert.equal(first.log.stream, 'job/i-0a1b2c3d4e5f003e8-1714979289')
  assert.equal(first.host, 'i-0a1b2c3d4e5f003e8')
  assert.equal(new Set([first, other, again].map(({ log }) => log.stream)).size, 3)
  assert.equal(new Set([first, other, again].map(({ taskId }) => taskId)).size, 3)
  assert.ok(first.taskId.startsWith(transformTaskPrefix(JOB.id)))
  assert.equal(other.transform?.input.shard.index, 1)
  assert.equal(again.transform?.isRepeated, true)
})

test('the container is told what the request says, and nothing that is settled with it', () => {
  const open = taskOf({ Environment: { B: 'job', C: 'job' } })
  const told = taskOf({
    BatchStrategy: 'SingleRecord',
    MaxPayloadInMB: 5,
    MaxConcurrentTransforms: 4,
  })
  const zero = taskOf({ MaxConcurrentTransforms: 0, MaxPayloadInMB: 0 })

  assert.deepEqual(open.environment, { A: 'model', B: 'job', C: 'job', SAGEMAKER_BATCH: 'true' })
  assert.deepEqual(told.environment, {
    A: 'model',
    B: 'model',
    SAGEMAKER_BATCH: 'true',
    SAGEMAKER_BATCH_STRATEGY: 'SINGLE_RECORD',
    SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: '4',
    SAGEMAKER_MAX_PAYLOAD_IN_MB: '5',
  })
  assert.equal(zero.transform?.maxPayloadMb, 0)
  assert.equal(zero.environment.SAGEMAKER_MAX_PAYLOAD_IN_MB, undefined)
  assert.equal(zero.transform?.maxConcurrentTransforms, undefined)
})

test('processing, capture and clients are taken over with their defaults', () => {
  const { transform } = taskOf({
    DataProcessing: { JoinSource: 'Input' },
    DataCaptureConfig: { DestinationS3Uri: 's3://captured', GenerateInferenceId: true },
    ModelClientConfig: { InvocationsMaxRetries: 0, InvocationsTimeoutInSeconds: 5 },
  })

  assert.deepEqual(transform?.processing, {
    inputFilter: '$',
    outputFilter: '$',
    joinsInput: true,
  })
  assert.deepEqual(transform?.capture, {
    s3Uri: 's3://captured',
    generatesInferenceId: true,
    startedAt: NOW.toISOString(),
    manifestName: `${transformTaskPrefix(JOB.id)}1`,
  })
  assert.deepEqual([transform?.invocationRetriesMax, transform?.invocationTimeoutSeconds], [0, 5])
})

test('a model of several containers is a task for each, of which the first sends through all', () => {
  const { PrimaryContainer: _, ...model } = JOB.model
  const Containers = [
    { Image: 'first', Environment: { A: 'first' } },
    { Image: 'second', ModelDataUrl: 's3://models/second.tar.gz' },
  ]
  const job = {
    ...JOB,
    model: { ...model, Containers },
    request: { ...JOB.request, Environment: { A: 'job' } },
  }
  const [first, second, ...others] = transformTasks(job, { attempt: 2, instance: 0 }, tokenFor)

  assert.ok(first && second && others.length === 0)
  assert.deepEqual(first.transform?.containers, [
    { name: 'container-1', taskId: first.taskId },
    { name: 'container-2', taskId: second.taskId },
  ])
  assert.equal(second.transform, undefined)
  assert.ok(first.taskId !== second.taskId && second.taskToken === `token of ${second.taskId}`)
  assert.deepEqual([first.inputs.length, second.inputs[0]?.s3Uri], [0, 's3://models/second.tar.gz'])
  for (const { environment } of [first, second]) {
    assert.deepEqual(environment, { A: 'job', SAGEMAKER_BATCH: 'true' })
  }
  assert.equal(first.host, second.host)
  assert.match(second.log.stream, /^job\/i-0a1b2c3d4e5f007d0-\d+\/container-2$/)
  assert.match(first.transform?.dataLog.stream ?? '', /^job\/i-0a1b2c3d4e5f007d0-\d+\/data-log$/)
})
