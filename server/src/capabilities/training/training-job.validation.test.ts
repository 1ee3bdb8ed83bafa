import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker'
import { requireQuotas, validateCreateTrainingJob } from './training-job.validation.ts'

type Algorithm = CreateTrainingJobRequest['AlgorithmSpecification']
type Change = Partial<CreateTrainingJobRequest>

const ALGORITHM = { TrainingImage: 'image', TrainingInputMode: 'File' } as const
const RESOURCES = { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 } as const
const GROUP = {
  InstanceGroupName: 'g',
  InstanceType: 'ml.m5.large',
  InstanceCount: 1,
} as const
const S3 = { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/train' } as const
const CHANNEL = { ChannelName: 'train', DataSource: { S3DataSource: S3 } }
const FILE_SYSTEM = {
  FileSystemId: 'fs-0123456789',
  FileSystemAccessMode: 'ro',
  FileSystemType: 'EFS',
  DirectoryPath: '/',
} as const
const RULE = { RuleConfigurationName: 'r', RuleEvaluatorImage: 'i' }

function request(change: Change = {}): CreateTrainingJobRequest {
  return {
    TrainingJobName: 'job',
    AlgorithmSpecification: ALGORITHM,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: RESOURCES,
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...change,
  }
}

const algorithm = (change: Partial<Algorithm>): Change => ({
  AlgorithmSpecification: { ...ALGORITHM, ...change },
})
const resources = (change: Change['ResourceConfig']): Change => ({
  ResourceConfig: { ...RESOURCES, ...change },
})
const channels = (...list: readonly object[]): Change => ({
  InputDataConfig: list.map((change) => ({ ...CHANNEL, ...change })),
})

const REFUSED: readonly { why: string; change: Change; says: RegExp }[] = [
  {
    why: 'image and algorithm at once',
    change: algorithm({ AlgorithmName: 'a' }),
    says: /exactly one of TrainingImage and AlgorithmName/,
  },
  {
    why: 'neither image nor algorithm',
    change: { AlgorithmSpecification: { TrainingInputMode: 'File' } },
    says: /exactly one of TrainingImage and AlgorithmName/,
  },
  {
    why: 'an algorithm resource',
    change: { AlgorithmSpecification: { AlgorithmName: 'a', TrainingInputMode: 'File' } },
    says: /^Could not find algorithm "a"/,
  },
  {
    why: 'a metric that is no regular expression',
    change: algorithm({ MetricDefinitions: [{ Name: 'm', Regex: '(' }] }),
    says: /The regex '\(' of metric m/,
  },
  {
    why: 'no resources',
    change: { ResourceConfig: undefined },
    says: /ResourceConfig is required/,
  },
  {
    why: 'type and groups at once',
    change: resources({ InstanceGroups: [GROUP] }),
    says: /exactly one of InstanceType, InstanceGroups/,
  },
  { why: 'no instance', change: resources({ InstanceCount: 0 }), says: /InstanceCount is 0/ },
  {
    why: 'groups of one name',
    change: { ResourceConfig: { VolumeSizeInGB: 1, InstanceGroups: [GROUP, GROUP] } },
    says: /instance group name 'g' is used more than once/,
  },
  {
    why: 'a training plan',
    change: resources({ TrainingPlanArn: 'arn:plan' }),
    says: /^Could not find training plan "arn:plan"/,
  },
  {
    why: 'a warm pool of spot instances',
    change: {
      ...resources({ KeepAlivePeriodInSeconds: 60 }),
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 },
    },
    says: /KeepAlivePeriodInSeconds cannot be used with EnableManagedSpotTraining/,
  },
  {
    why: 'more than 28 days',
    change: { StoppingCondition: { MaxRuntimeInSeconds: 2_419_201 } },
    says: /at most 2419200/,
  },
  {
    why: 'spot without a wait time',
    change: { EnableManagedSpotTraining: true },
    says: /^Invalid MaxWaitTimeInSeconds\. It must be present and be greater than or equal/,
  },
  {
    why: 'a wait shorter than the run',
    change: {
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 59 },
    },
    says: /^Invalid MaxWaitTimeInSeconds\. It must be present and be greater than or equal/,
  },
  {
    why: 'a wait without spot',
    change: { StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 } },
    says: /must not be present unless EnableManagedSpotTraining/,
  },
  {
    why: 'channels of one name',
    change: channels({}, {}),
    says: /channel name 'train' is used more than once/,
  },
  {
    why: 'Pipe mode for the job',
    change: algorithm({ TrainingInputMode: 'Pipe' }),
    says: /Pipe .* is not supported/,
  },
  {
    why: 'Pipe mode for a channel',
    change: channels({ InputMode: 'Pipe' }),
    says: /Pipe of channel train is not supported: use File or FastFile/,
  },
  {
    why: 'a file system',
    change: channels({ DataSource: { FileSystemDataSource: FILE_SYSTEM } }),
    says: /give an S3DataSource/,
  },
  {
    why: 'an augmented manifest',
    change: channels({
      DataSource: { S3DataSource: { ...S3, S3DataType: 'AugmentedManifestFile' } },
    }),
    says: /AugmentedManifestFile of channel train is not supported: use S3Prefix or ManifestFile/,
  },
  {
    why: 'RecordIO',
    change: channels({ RecordWrapperType: 'RecordIO' }),
    says: /RecordIO of channel train/,
  },
  {
    why: 'a channel for a group that is not there',
    change: channels({ DataSource: { S3DataSource: { ...S3, InstanceGroupNames: ['x'] } } }),
    says: /Channel train is for instance group x/,
  },
  {
    why: 'a bucket without a name',
    change: { OutputDataConfig: { S3OutputPath: 's3:///out' } },
    says: /The S3 URI 's3:\/\/\/out' is not valid/,
  },
  {
    why: 'rules of one name',
    change: { DebugRuleConfigurations: [RULE], ProfilerRuleConfigurations: [RULE] },
    says: /rule configuration name 'r' is used more than once/,
  },
  {
    why: 'a profiling interval that is not offered',
    change: { ProfilerConfig: { ProfilingIntervalInMilliseconds: 300 } },
    says: /ProfilingIntervalInMilliseconds is 300/,
  },
]

for (const { why, change, says } of REFUSED) {
  test(`CreateTrainingJob refuses ${why}`, () => {
    assert.throws(() => validateCreateTrainingJob(request(change)), {
      name: 'AwsError',
      code: 'ValidationException',
      message: says,
    })
  })
}

test('CreateTrainingJob accepts what SDKs send, and fills in a day of runtime', () => {
  const accepted = validateCreateTrainingJob(
    request({
      ...channels({ InputMode: 'FastFile' }, { ChannelName: 'test', RecordWrapperType: 'None' }),
      StoppingCondition: undefined,
      DebugHookConfig: { S3OutputPath: 's3://bucket/', CollectionConfigurations: [] },
      ProfilerConfig: { S3OutputPath: 's3://bucket/', DisableProfiler: false },
      Environment: {},
      Tags: [],
    }),
  )

  assert.deepEqual(accepted.StoppingCondition, { MaxRuntimeInSeconds: 86_400 })
  assert.ok(!('Tags' in accepted))
})

test('of preferred instance types the first that is here is taken', () => {
  const { ResourceConfig } = validateCreateTrainingJob(
    request({
      ResourceConfig: {
        VolumeSizeInGB: 1,
        InstanceCount: 1,
        InstancePreferences: [{ InstanceType: 'ml.p3.2xlarge' }, { InstanceType: 'ml.c5.xlarge' }],
      },
    }),
  )

  assert.doesNotThrow(() => requireQuotas(ResourceConfig))
})

test('more instances than the quota, and types with accelerators, are ResourceLimitExceeded', () => {
  const refused = { name: 'AwsError', code: 'ResourceLimitExceeded' }

  assert.throws(() => requireQuotas({ ...RESOURCES, InstanceCount: 21 }), {
    ...refused,
    message: /'Number of instances for a training job' is 20 Instances/,
  })
  assert.throws(() => requireQuotas({ ...RESOURCES, InstanceType: 'ml.g5.xlarge' }), {
    ...refused,
    message: /'ml\.g5\.xlarge for training job usage' is 0 Instances/,
  })
})
