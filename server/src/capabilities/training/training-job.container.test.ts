import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ARN, channel, configOf, ID, NOW, onlyTask, ROLE, tasks } from './training-task-fixture.ts'

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
