import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker'
import { trainingTasks } from './training-job.container.ts'
import { createdState } from './training-job.states.ts'
import type { TrainingJob } from './training-job.store.ts'
import { validateCreateTrainingJob } from './training-job.validation.ts'
import { gatheredOutputs, modelS3Uri } from './training-outputs.container.ts'

const ID = '0b9b0e3c-52b5-4e10-9f1c-111111111111'
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/my-job'
const ROLE = 'arn:aws:iam::123456789012:role/service-role/Role'
const NOW = new Date(Date.UTC(2030, 0, 1))

function job(more: Partial<CreateTrainingJobRequest> = {}): TrainingJob {
  const request = validateCreateTrainingJob({
    TrainingJobName: 'My-Job',
    AlgorithmSpecification: { TrainingImage: 'my-image:1', TrainingInputMode: 'File' },
    RoleArn: ROLE,
    OutputDataConfig: { S3OutputPath: 's3://bucket/out/' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...more,
  })
  return {
    id: ID,
    realm: 7,
    account: '123456789012',
    region: 'us-east-1',
    name: 'My-Job',
    arn: ARN,
    request,
    createdAt: NOW,
    state: createdState(NOW),
  }
}

function tasks(more: Partial<CreateTrainingJobRequest> = {}) {
  return trainingTasks(job(more), {
    networkInterface: 'net0',
    tokenFor: ({ taskId }) => `token of ${taskId}`,
  })
}

function onlyTask(more: Partial<CreateTrainingJobRequest> = {}) {
  const [task, ...others] = tasks(more)
  assert.ok(task)
  assert.deepEqual(others, [])
  return task
}

function channel(name: string, more: object = {}, source: object = {}) {
  return {
    ChannelName: name,
    DataSource: {
      S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/${name}`, ...source },
    },
    ...more,
  } as const
}

function configOf(task: ReturnType<typeof onlyTask>, name: string): unknown {
  const file = task.files.find(({ path }) => path === `/opt/ml/input/config/${name}.json`)
  return file && JSON.parse(file.content)
}

test('a job of one host is one task, named after the job and run as its role', () => {
  const task = onlyTask({ Environment: { FLAVOUR: 'plain', TRAINING_JOB_NAME: 'not this' } })

  assert.equal(task.taskId, `training-${ID}-1-1`)
  assert.ok(task.taskId.length <= 63)
  assert.equal(task.taskToken, `token of training-${ID}-1-1`)
  assert.equal(task.roleArn, ROLE)
  assert.equal(task.realm, 7)
  assert.deepEqual(task.command, { verb: 'train' })
  assert.deepEqual(task.environment, {
    FLAVOUR: 'plain',
    TRAINING_JOB_NAME: 'My-Job',
    TRAINING_JOB_ARN: ARN,
  })
  assert.deepEqual(task.log, {
    group: '/aws/sagemaker/TrainingJobs',
    stream: `My-Job/algo-1-${NOW.getTime() / 1000}`,
  })
  assert.equal(task.resources.vCpus, 2)
  assert.equal(task.resources.memoryBytes, 8 * 2 ** 30)
  assert.equal(task.resources.diskBytes, 10 * 2 ** 30)
  assert.equal(task.graceSeconds, 120)
  assert.equal(task.hosts, undefined)
  assert.equal(task.networkIsolation, false)
  assert.deepEqual(task.notes, [])
})

// source: "How Amazon SageMaker AI Provides Training Information"
test('the container finds its configuration as the training toolkit reads it', () => {
  const task = onlyTask({
    HyperParameters: { epochs: '3', sagemaker_program: '"train.py"' },
    InputDataConfig: [channel('train', { ContentType: 'text/csv' }), channel('test')],
  })

  assert.deepEqual(configOf(task, 'hyperparameters'), {
    epochs: '3',
    sagemaker_program: '"train.py"',
  })
  assert.deepEqual(configOf(task, 'inputdataconfig'), {
    train: {
      ContentType: 'text/csv',
      TrainingInputMode: 'File',
      S3DistributionType: 'FullyReplicated',
      RecordWrapperType: 'None',
    },
    test: {
      TrainingInputMode: 'File',
      S3DistributionType: 'FullyReplicated',
      RecordWrapperType: 'None',
    },
  })
  assert.deepEqual(configOf(task, 'resourceconfig'), {
    current_host: 'algo-1',
    current_instance_type: 'ml.m5.large',
    current_group_name: 'homogeneousCluster',
    hosts: ['algo-1'],
    instance_groups: [
      {
        instance_group_name: 'homogeneousCluster',
        instance_type: 'ml.m5.large',
        hosts: ['algo-1'],
      },
    ],
    network_interface_name: 'net0',
  })
  assert.equal(configOf(task, 'checkpointconfig'), undefined)
  assert.equal(configOf(task, 'debughookconfig'), undefined)
})

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

test('hosts of a job know one another, and share what is sharded', () => {
  const [first, second, third] = tasks({
    ResourceConfig: { InstanceType: 'ml.c5.xlarge', InstanceCount: 3, VolumeSizeInGB: 1 },
    InputDataConfig: [
      channel('train', {}, { S3DataDistributionType: 'ShardedByS3Key' }),
      channel('test'),
    ],
  })
  assert.ok(first && second && third)

  assert.deepEqual(third.hosts, ['algo-1', 'algo-2', 'algo-3'])
  assert.equal(third.host, 'algo-3')
  assert.equal(third.taskId, `training-${ID}-1-3`)
  assert.match(third.log.stream, /^My-Job\/algo-3-\d{10}$/)
  assert.deepEqual(
    [first, second, third].map((task) => task.inputs[0]?.shard),
    [
      { index: 0, count: 3 },
      { index: 1, count: 3 },
      { index: 2, count: 3 },
    ],
  )
  assert.equal(third.inputs[1]?.shard, undefined)
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

test('instance groups have their own types, hosts and channels', () => {
  const [coordinator, worker] = tasks({
    ResourceConfig: {
      VolumeSizeInGB: 1,
      InstanceGroups: [
        { InstanceGroupName: 'lead', InstanceType: 'ml.c5.xlarge', InstanceCount: 1 },
        { InstanceGroupName: 'work', InstanceType: 'ml.m5.large', InstanceCount: 1 },
      ],
    },
    InputDataConfig: [channel('train', {}, { InstanceGroupNames: ['work'] })],
  })
  assert.ok(coordinator && worker)

  assert.equal(coordinator.resources.vCpus, 4)
  assert.equal(worker.resources.vCpus, 2)
  assert.deepEqual(coordinator.inputs, [])
  assert.equal(worker.inputs.length, 1)
  assert.deepEqual(configOf(worker, 'resourceconfig'), {
    current_host: 'algo-2',
    current_instance_type: 'ml.m5.large',
    current_group_name: 'work',
    hosts: ['algo-1', 'algo-2'],
    instance_groups: [
      { instance_group_name: 'lead', instance_type: 'ml.c5.xlarge', hosts: ['algo-1'] },
      { instance_group_name: 'work', instance_type: 'ml.m5.large', hosts: ['algo-2'] },
    ],
    network_interface_name: 'net0',
  })
})

test('an entrypoint stands in place of the image’s own', () => {
  const algorithm = { TrainingImage: 'i', TrainingInputMode: 'File' } as const
  const entrypoint = ['python', 'a.py']

  const plain = onlyTask({
    AlgorithmSpecification: { ...algorithm, ContainerEntrypoint: entrypoint },
  })
  const withArguments = onlyTask({
    AlgorithmSpecification: {
      ...algorithm,
      ContainerEntrypoint: entrypoint,
      ContainerArguments: ['--x', '1'],
      MetricDefinitions: [{ Name: 'auc', Regex: 'auc=(.*)' }],
    },
  })

  const onlyArguments = onlyTask({
    AlgorithmSpecification: { ...algorithm, ContainerArguments: ['--x'] },
  })

  assert.deepEqual(onlyArguments.command, { arguments: ['--x'] })
  assert.deepEqual(plain.command, { entrypoint, arguments: [] })
  assert.deepEqual(withArguments.command, { entrypoint, arguments: ['--x', '1'] })
  assert.deepEqual(withArguments.metricDefinitions, [{ name: 'auc', regex: 'auc=(.*)' }])
})

test('the log says what is done otherwise than on AWS', () => {
  const { notes } = onlyTask({
    InputDataConfig: [channel('train', { InputMode: 'FastFile' })],
    DebugRuleConfigurations: [{ RuleConfigurationName: 'r', RuleEvaluatorImage: 'i' }],
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 },
    VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] },
  })

  assert.deepEqual(notes, [
    'FastFile: all objects of train are copied before the start, as in File mode',
    'Debugger and profiler rules are recorded but not evaluated here',
    'Managed Spot Training: interrupted only when somebody asks for it, and saves nothing',
    'VpcConfig is recorded; the task runs in the network of this platform',
  ])
})
