import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatheredOutputs, modelS3Uri } from './training-outputs.container.ts'
import { channel, configOf, job, onlyTask, tasks } from './training-task-fixture.ts'

test('channels become folders below /opt/ml/input/data', () => {
  const task = onlyTask({
    InputDataConfig: [
      channel('train', { CompressionType: 'Gzip' }),
      channel('listed', {}, { S3DataType: 'ManifestFile' }),
      channel('web', {}, { S3Uri: 'https://bucket.s3.us-east-1.amazonaws.com/web/' }),
    ],
  })

  assert.deepEqual(task.inputs, [
    {
      name: 'train',
      s3DataType: 'S3Prefix',
      s3Uri: 's3://bucket/train',
      path: '/opt/ml/input/data/train',
      unpack: 'gzip',
      required: true,
    },
    {
      name: 'listed',
      s3DataType: 'ManifestFile',
      s3Uri: 's3://bucket/listed',
      path: '/opt/ml/input/data/listed',
      unpack: 'none',
      required: true,
    },
    {
      name: 'web',
      s3DataType: 'S3Prefix',
      s3Uri: 's3://bucket/web/',
      path: '/opt/ml/input/data/web',
      unpack: 'none',
      required: true,
    },
  ])
})

test('model and output go below the output path, packed, when there is anything', () => {
  const { outputs } = onlyTask({
    OutputDataConfig: { S3OutputPath: 's3://bucket/out/', KmsKeyId: 'alias/key' },
  })

  assert.deepEqual(outputs, [
    {
      name: 'model',
      path: '/opt/ml/model',
      s3Uri: 's3://bucket/out/My-Job/output/model.tar.gz',
      pack: 'tar.gz',
      upload: 'end',
      omitEmpty: true,
      kmsKeyId: 'alias/key',
    },
    {
      name: 'output',
      path: '/opt/ml/output/data',
      s3Uri: 's3://bucket/out/My-Job/output/output.tar.gz',
      pack: 'tar.gz',
      upload: 'end',
      omitEmpty: true,
      kmsKeyId: 'alias/key',
    },
  ])
  assert.equal(modelS3Uri(job()), 's3://bucket/out/My-Job/output/model.tar.gz')
})

test('an uncompressed model goes file by file', () => {
  const output = { S3OutputPath: 's3://bucket/out', CompressionType: 'NONE' } as const
  const { outputs } = onlyTask({ OutputDataConfig: output })

  assert.equal(outputs[0]?.pack, 'files')
  assert.equal(outputs[0]?.s3Uri, 's3://bucket/out/My-Job/output/model/')
  assert.equal(
    modelS3Uri(job({ OutputDataConfig: output })),
    's3://bucket/out/My-Job/output/model/',
  )
})

test('checkpoints are there from the start and go back while the program runs', () => {
  const task = onlyTask({ CheckpointConfig: { S3Uri: 's3://bucket/points' } })

  assert.deepEqual(task.inputs, [
    {
      name: 'checkpoints',
      s3DataType: 'S3Prefix',
      s3Uri: 's3://bucket/points/',
      path: '/opt/ml/checkpoints',
      unpack: 'none',
      required: false,
    },
  ])
  assert.deepEqual(task.outputs[2], {
    name: 'checkpoints',
    path: '/opt/ml/checkpoints',
    s3Uri: 's3://bucket/points/',
    pack: 'files',
    upload: 'continuous',
    omitEmpty: true,
  })
  assert.deepEqual(configOf(task, 'checkpointconfig'), { S3Uri: 's3://bucket/points' })
})

test('what the debugger hook and TensorBoard write goes below the job', () => {
  const { outputs } = onlyTask({
    DebugHookConfig: { S3OutputPath: 's3://bucket/' },
    TensorBoardOutputConfig: { S3OutputPath: 's3://bucket/tb', LocalPath: '/opt/ml/tb' },
  })

  assert.deepEqual(
    outputs.slice(2).map(({ path, s3Uri, upload }) => [path, s3Uri, upload]),
    [
      ['/opt/ml/output/tensors', 's3://bucket/My-Job/debug-output/', 'continuous'],
      ['/opt/ml/tb', 's3://bucket/tb/My-Job/tensorboard-output/', 'continuous'],
    ],
  )
})

test('each host leaves its archives where they are gathered from', () => {
  const several = {
    ResourceConfig: { InstanceType: 'ml.c5.xlarge', InstanceCount: 2, VolumeSizeInGB: 1 },
  } as const
  const base = 's3://bucket/out/My-Job/output'

  const stored = tasks(several).map((task) => task.outputs.map(({ s3Uri }) => s3Uri))

  assert.deepEqual(stored, [
    [`${base}/model.tar.gz`, `${base}/output.tar.gz`],
    [`${base}/algo-2/model.tar.gz`, `${base}/algo-2/output.tar.gz`],
  ])
  assert.deepEqual(
    gatheredOutputs(job(several)).map(({ s3Uri, pieces }) => [s3Uri, pieces]),
    [
      [stored[0]?.[0], [stored[0]?.[0], stored[1]?.[0]]],
      [stored[0]?.[1], [stored[0]?.[1], stored[1]?.[1]]],
    ],
  )
})
