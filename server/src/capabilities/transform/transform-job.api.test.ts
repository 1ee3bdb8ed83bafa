import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type CreateTransformJobCommandInput,
  waitUntilTransformJobCompletedOrStopped,
} from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { startTransformer, type Transformer } from './transformer-fixture.ts'

let transformer: Transformer
let model: string

before(async () => {
  transformer = await startTransformer()
  model = await transformer.createModel()
  await transformer.put('in/a.csv', '1,2\n3,4\n')
})
after(() => transformer.close())

test('DescribeTransformJob answers what was asked for, and how it went', async () => {
  const { run, request, server } = transformer
  const asked = request(model, { MaxPayloadInMB: 3, Environment: { A: 'b' } })
  const { Tags: _, ...rest } = asked
  const before = server.clock.now()
  const job = await run(model, { ...asked, output: asked.TransformOutput ?? {} })

  const {
    TransformJobArn,
    CreationTime,
    TransformStartTime,
    TransformEndTime,
    $metadata,
    ...said
  } = job
  assert.deepEqual(said, { ...rest, TransformJobStatus: 'Completed' })
  assert.match(TransformJobArn ?? '', /^arn:aws:sagemaker:us-east-1:\d{12}:transform-job\/job-/)
  assert.ok($metadata && CreationTime && TransformStartTime && TransformEndTime)
  assert.ok(before.getTime() - 1000 <= CreationTime.getTime())
  assert.ok(CreationTime <= TransformStartTime && TransformStartTime <= TransformEndTime)
})

test("the SDK's waiter waits for a job's end", async () => {
  const { start, server } = transformer
  const name = await start(model)

  const { state } = await waitUntilTransformJobCompletedOrStopped(
    { client: server.sagemaker, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { TransformJobName: name },
  )

  assert.equal(state, 'SUCCESS')
})

test('a model in MultiModel mode is refused', async () => {
  const { request, server, newName, bucket } = transformer
  const { PrimaryContainer = {} } = await server.sagemaker.describeModel({ ModelName: model })
  const ModelName = newName()
  await server.sagemaker.createModel({
    ModelName,
    ExecutionRoleArn: server.roleArn,
    PrimaryContainer: {
      ...PrimaryContainer,
      Mode: 'MultiModel',
      ModelDataUrl: `s3://${bucket}/in/`,
    },
  })

  await assert.rejects(server.sagemaker.createTransformJob(request(ModelName)), {
    message: /MultiModel mode, which transform jobs do not support/,
  })
})

test('the model may be deleted while the job runs', async () => {
  const modelName = await transformer.createModel()
  const name = await transformer.start(modelName)
  await transformer.server.sagemaker.deleteModel({ ModelName: modelName })

  const job = await transformer.ended(name)

  assert.equal(job.TransformJobStatus, 'Completed', job.FailureReason)
})

test('StopTransformJob stops a job, keeps nothing of what it had not finished, and is refused at its end', async () => {
  const { put, start, ended, keys, bucket, server, payloads } = transformer
  const slow = await transformer.createModel({ WORK_SECONDS: '0.2' })
  await put('stop/a.csv', '1\n')
  await put('stop/b.csv', '1\n'.repeat(10_000))
  const name = await start(slow, {
    BatchStrategy: 'SingleRecord',
    input: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/stop/` } },
    },
    output: { S3OutputPath: `s3://${bucket}/stopped` },
  })
  const stop = () => server.sagemaker.stopTransformJob({ TransformJobName: name })
  await eventually(async () => (await payloads(name)).length > 2, { what: 'the job to work' })

  await stop()
  await stop()
  const { TransformJobStatus } = await server.sagemaker.describeTransformJob({
    TransformJobName: name,
  })
  const job = await ended(name)

  assert.ok(['Stopping', 'Stopped'].includes(TransformJobStatus ?? ''))
  assert.equal(job.TransformJobStatus, 'Stopped')
  assert.equal(job.FailureReason, undefined)
  assert.ok(job.TransformEndTime)
  assert.deepEqual(await keys('stopped/'), ['stopped/a.csv.out'])
  const { Uploads = [] } = await server.s3.listMultipartUploads({ Bucket: bucket })
  assert.deepEqual(Uploads, [])
  await assert.rejects(
    stop(),
    /ValidationException.*transform job is in status Stopped|is in status Stopped/,
  )
})

test('a job that is stopped at once never starts, or ends Stopped', async () => {
  const name = await transformer.start(model)

  await transformer.server.sagemaker.stopTransformJob({ TransformJobName: name })

  const job = await transformer.ended(name)
  assert.equal(job.TransformJobStatus, 'Stopped')
})

test('ListTransformJobs filters, sorts and pages', async () => {
  const { run, server } = transformer
  const modelName = model
  const names = ['list-b', 'list-a', 'list-c']
  for (const TransformJobName of names) await run(modelName, { TransformJobName })
  const list = (input: Parameters<typeof server.sagemaker.listTransformJobs>[0]) =>
    server.sagemaker.listTransformJobs({ NameContains: 'list-', ...input })
  const namesOf = (page: Awaited<ReturnType<typeof list>>) =>
    (page.TransformJobSummaries ?? []).map(({ TransformJobName }) => TransformJobName)

  const newest = await list({})
  const byName = await list({ SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 2 })
  const next = await list({
    SortBy: 'Name',
    SortOrder: 'Ascending',
    MaxResults: 2,
    NextToken: byName.NextToken,
  })
  const second = newest.TransformJobSummaries?.[1]

  assert.deepEqual(namesOf(newest), ['list-c', 'list-a', 'list-b'])
  assert.deepEqual(namesOf(byName), ['list-a', 'list-b'])
  assert.deepEqual([namesOf(next), next.NextToken], [['list-c'], undefined])
  assert.deepEqual(namesOf(await list({ StatusEquals: 'Failed' })), [])
  assert.deepEqual(namesOf(await list({ CreationTimeAfter: second?.CreationTime })), ['list-c'])
  assert.deepEqual(namesOf(await list({ CreationTimeBefore: second?.CreationTime })), ['list-b'])
  assert.deepEqual(namesOf(await list({ LastModifiedTimeAfter: new Date('2200-01-01') })), [])
  assert.equal(second?.TransformJobStatus, 'Completed')
  assert.ok(second?.TransformEndTime && second.LastModifiedTime && second.TransformJobArn)
})

test('a job has tags, which are listed and changed', async () => {
  const name = await transformer.start(model, { Tags: [{ Key: 'team', Value: 'a' }] })
  const { sagemaker } = transformer.server
  const { TransformJobArn: ResourceArn } = await transformer.ended(name)

  await sagemaker.addTags({ ResourceArn, Tags: [{ Key: 'more', Value: 'b' }] })

  const { Tags } = await sagemaker.listTags({ ResourceArn })
  assert.deepEqual(Tags, [
    { Key: 'more', Value: 'b' },
    { Key: 'team', Value: 'a' },
  ])
})

const REFUSALS: readonly (readonly [
  string,
  (asked: CreateTransformJobCommandInput) => Partial<CreateTransformJobCommandInput>,
  RegExp,
])[] = [
  [
    'an unknown model',
    () => ({ ModelName: 'nobody' }),
    /^Could not find model "arn:aws:sagemaker:.*:model\/nobody"/,
  ],
  [
    'no objects',
    ({ TransformInput }) => ({
      TransformInput: {
        ...TransformInput,
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://no-such-bucket/x' } },
      },
    }),
    /^No S3 objects found under S3 URL "s3:\/\/no-such-bucket\/x"/,
  ],
  [
    'an augmented manifest',
    ({ TransformInput }) => ({
      TransformInput: {
        ...TransformInput,
        DataSource: {
          S3DataSource: { S3DataType: 'AugmentedManifestFile', S3Uri: 's3://bucket/x' },
        },
      },
    }),
    /AugmentedManifestFile is not supported/,
  ],
  ['a payload over 100 MB', () => ({ MaxPayloadInMB: 101 }), /at most 100/],
  [
    'more than 100 MB at once',
    () => ({ MaxPayloadInMB: 20, MaxConcurrentTransforms: 6 }),
    /must not exceed 100 MB/,
  ],
  ['more than 100 MB at once by default', () => ({ MaxConcurrentTransforms: 17 }), /17 \* 6 = 102/],
  [
    'filters over payloads without a bound',
    () => ({ MaxPayloadInMB: 0, DataProcessing: { JoinSource: 'Input' } }),
    /MaxPayloadInMB is 0/,
  ],
  [
    'a filter that is no path',
    () => ({ DataProcessing: { InputFilter: 'features' } }),
    /InputFilter 'features' is not a supported JSONPath/,
  ],
  [
    'a filter by name over CSV',
    () => ({ DataProcessing: { OutputFilter: '$.SageMakerOutput' } }),
    /does not fit text\/csv/,
  ],
  [
    'filters over images',
    ({ TransformInput }) => ({
      TransformInput: { ...TransformInput, ContentType: 'image/png' } as typeof TransformInput,
      DataProcessing: { JoinSource: 'Input' },
    }),
    /ContentType is image\/png/,
  ],
  [
    'filters over RecordIO',
    ({ TransformInput }) => ({
      TransformInput: { ...TransformInput, SplitType: 'RecordIO' } as typeof TransformInput,
      DataProcessing: { JoinSource: 'Input' },
    }),
    /SplitType RecordIO cannot be used with DataProcessing/,
  ],
  [
    'a join of lines without lines',
    ({ TransformOutput }) => ({
      TransformOutput: { ...TransformOutput, AssembleWith: 'None' } as typeof TransformOutput,
      DataProcessing: { JoinSource: 'Input' },
    }),
    /SplitType is Line and AssembleWith is None/,
  ],
  [
    'a join of CSV with JSON',
    ({ TransformOutput }) => ({
      TransformOutput: { ...TransformOutput, Accept: 'application/json' } as typeof TransformOutput,
      DataProcessing: { JoinSource: 'Input' },
    }),
    /both must be text\/csv, or both JSON/,
  ],
  [
    'accelerators that are not here',
    () => ({ TransformResources: { InstanceType: 'ml.p3.2xlarge', InstanceCount: 1 } }),
    /ml\.p3\.2xlarge for transform job usage/,
  ],
  [
    'too many instances',
    () => ({ TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 101 } }),
    /Number of instances for a transform job/,
  ],
]

for (const [what, change, message] of REFUSALS) {
  test(`CreateTransformJob refuses ${what}`, async () => {
    const { request, server } = transformer
    const asked = request(model)

    await assert.rejects(server.sagemaker.createTransformJob({ ...asked, ...change(asked) }), {
      message,
    })
    await assert.rejects(
      server.sagemaker.describeTransformJob({ TransformJobName: asked.TransformJobName }),
      { name: 'ValidationException', message: /^Could not find requested job with name/ },
    )
  })
}

test('a name that is in use is refused, whatever its case', async () => {
  const { start, request, server } = transformer
  const name = await start(model)

  await assert.rejects(
    server.sagemaker.createTransformJob({
      ...request(model),
      TransformJobName: name.toUpperCase(),
    }),
    { name: 'ResourceInUse', message: /already exists/ },
  )
})
