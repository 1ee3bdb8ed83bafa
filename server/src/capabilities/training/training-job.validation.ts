import type {
  Channel,
  CreateTrainingJobRequest,
  ResourceConfig,
  TrainingInputMode,
} from '@aws-sdk/client-sagemaker'
import { resourceLimitExceeded, validationException } from '../../aws/errors.ts'
import { metricExpression } from '../../aws/metric-expression.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { acceleratorRefusal, instanceType } from '../compute/index.ts'
import { instanceGroupsOf } from './cluster.ts'
import type { TrainingJobRequest } from './training-job.store.ts'

/** source: StoppingCondition in SageMaker's reference: one day by default, at most 28 days */
const MAX_RUNTIME_SECONDS_DEFAULT = 86_400
const MAX_RUNTIME_SECONDS_MAX = 28 * 86_400
/** source: "Amazon SageMaker endpoints and quotas", number of instances for a training job */
const INSTANCES_MAX = 20
const PROFILING_INTERVALS_MS = [100, 200, 500, 1000, 5000, 60_000]

/**
 * Refuses what is contradictory in itself and what this platform does not do; answers the request with its
 * defaults filled in. Members' own shapes are checked before.
 *
 * @throws ValidationException
 */
export function validateCreateTrainingJob(input: CreateTrainingJobRequest): TrainingJobRequest {
  const { Tags: _tags, ...request } = input
  refuseServerless(input)
  const algorithm = checkAlgorithm(input)
  const resources = checkResources(input)
  const stopping = checkStopping(input)
  checkChannels(input, algorithm.TrainingInputMode)
  checkDebugger(input)
  const output = input.OutputDataConfig ?? { S3OutputPath: undefined }
  for (const uri of [output.S3OutputPath, input.CheckpointConfig?.S3Uri]) {
    if (uri !== undefined) requireS3Uri(uri)
  }
  return {
    ...request,
    AlgorithmSpecification: algorithm,
    ResourceConfig: resources,
    OutputDataConfig: { ...output, S3OutputPath: output.S3OutputPath ?? '' },
    RoleArn: input.RoleArn ?? '',
    StoppingCondition: stopping,
  }
}

function refuseServerless(input: CreateTrainingJobRequest): void {
  const asked = (['ServerlessJobConfig', 'MlflowConfig', 'ModelPackageConfig'] as const).find(
    (name) => input[name] !== undefined,
  )
  if (asked === undefined) return
  throw validationException(
    `${asked} is not supported: serverless training jobs run on base models and services of AWS. ` +
      'Give AlgorithmSpecification and ResourceConfig.',
  )
}

function checkAlgorithm(
  input: CreateTrainingJobRequest,
): TrainingJobRequest['AlgorithmSpecification'] {
  const algorithm = input.AlgorithmSpecification
  const image = algorithm?.TrainingImage
  const name = algorithm?.AlgorithmName
  if (!algorithm || (image === undefined) === (name === undefined)) {
    throw validationException(
      'AlgorithmSpecification must have exactly one of TrainingImage and AlgorithmName.',
    )
  }
  if (name !== undefined || image === undefined) {
    throw validationException(
      `Could not find algorithm "${name}": algorithm resources are not supported; give TrainingImage.`,
    )
  }
  for (const { Name, Regex = '' } of algorithm.MetricDefinitions ?? []) {
    if (!metricExpression(Regex)) {
      throw validationException(
        `The regex '${Regex}' of metric ${Name} is not a regular expression.`,
      )
    }
  }
  return { ...algorithm, TrainingImage: image }
}

function checkResources(input: CreateTrainingJobRequest): ResourceConfig {
  const config = input.ResourceConfig
  if (!config) throw validationException('ResourceConfig is required.')
  const spellings = [config.InstanceType, config.InstanceGroups, config.InstancePreferences].filter(
    (spelling) => spelling !== undefined && spelling.length > 0,
  )
  if (spellings.length !== 1) {
    throw validationException(
      'ResourceConfig must have exactly one of InstanceType, InstanceGroups and InstancePreferences.',
    )
  }
  const groups = instanceGroupsOf(config)
  requireUnique(
    'instance group',
    groups.map(({ groupName }) => groupName),
  )
  for (const { instanceType: type, count } of groups) {
    if (count < 1) {
      throw validationException(
        `InstanceCount is ${count}: a training job needs at least 1 instance.`,
      )
    }
    if (!instanceType(type)) throw validationException(`Unknown instance type: ${type}.`)
  }
  if (config.KeepAlivePeriodInSeconds && input.EnableManagedSpotTraining) {
    throw validationException(
      'KeepAlivePeriodInSeconds cannot be used with EnableManagedSpotTraining: choose one.',
    )
  }
  if (config.TrainingPlanArn !== undefined) {
    throw validationException(`Could not find training plan "${config.TrainingPlanArn}".`)
  }
  return config
}

function checkStopping(input: CreateTrainingJobRequest): TrainingJobRequest['StoppingCondition'] {
  const condition = input.StoppingCondition
  const maxRuntime = condition?.MaxRuntimeInSeconds ?? MAX_RUNTIME_SECONDS_DEFAULT
  const maxWait = condition?.MaxWaitTimeInSeconds
  if (maxRuntime > MAX_RUNTIME_SECONDS_MAX) {
    throw validationException(
      `MaxRuntimeInSeconds is ${maxRuntime}: it must be at most ${MAX_RUNTIME_SECONDS_MAX} (28 days).`,
    )
  }
  if (input.EnableManagedSpotTraining && (maxWait === undefined || maxWait < maxRuntime)) {
    throw validationException(
      'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds',
    )
  }
  if (!input.EnableManagedSpotTraining && maxWait !== undefined) {
    throw validationException(
      'Invalid MaxWaitTimeInSeconds. It must not be present unless EnableManagedSpotTraining is true',
    )
  }
  return { ...condition, MaxRuntimeInSeconds: maxRuntime }
}

function checkChannels(
  input: CreateTrainingJobRequest,
  defaultMode: TrainingInputMode | undefined,
): void {
  const channels = input.InputDataConfig ?? []
  requireUnique(
    'channel',
    channels.map(({ ChannelName = '' }) => ChannelName),
  )
  const groupNames = (input.ResourceConfig?.InstanceGroups ?? []).map(
    ({ InstanceGroupName }) => InstanceGroupName,
  )
  if (channels.length === 0 && defaultMode === 'Pipe') refusePipe('TrainingInputMode')
  for (const channel of channels) {
    checkChannel(channel, channel.InputMode ?? defaultMode)
    for (const name of channel.DataSource?.S3DataSource?.InstanceGroupNames ?? []) {
      if (groupNames.includes(name)) continue
      throw validationException(
        `Channel ${channel.ChannelName} is for instance group ${name}, which ResourceConfig does not have.`,
      )
    }
  }
}

function checkChannel(channel: Channel, mode: TrainingInputMode | undefined): void {
  const where = `channel ${channel.ChannelName}`
  const source = channel.DataSource?.S3DataSource
  if (!source) {
    throw validationException(
      `The data source of ${where} is not supported: give an S3DataSource. File systems and datasets ` +
        'are not available here.',
    )
  }
  if (mode === 'Pipe') refusePipe(where)
  if (source.S3DataType === 'AugmentedManifestFile' || source.S3DataType === 'Converse') {
    throw validationException(
      `S3DataType ${source.S3DataType} of ${where} is not supported: use S3Prefix or ManifestFile.`,
    )
  }
  if (channel.RecordWrapperType === 'RecordIO') {
    throw validationException(
      `RecordWrapperType RecordIO of ${where} goes with Pipe mode only, which is not supported: ` +
        'leave it out, or set it to None.',
    )
  }
  requireS3Uri(source.S3Uri ?? '')
}

function refusePipe(where: string): never {
  throw validationException(
    `Input mode Pipe of ${where} is not supported: use File or FastFile, which give the same objects ` +
      'as files below /opt/ml/input/data.',
  )
}

function checkDebugger(input: CreateTrainingJobRequest): void {
  const rules = [
    ...(input.DebugRuleConfigurations ?? []),
    ...(input.ProfilerRuleConfigurations ?? []),
  ]
  requireUnique(
    'rule configuration',
    rules.map(({ RuleConfigurationName = '' }) => RuleConfigurationName),
  )
  requireProfilingInterval(input.ProfilerConfig?.ProfilingIntervalInMilliseconds)
}

/** @throws ValidationException for an interval that SageMaker does not offer */
export function requireProfilingInterval(intervalMs: number | undefined): void {
  if (intervalMs === undefined || PROFILING_INTERVALS_MS.includes(intervalMs)) return
  throw validationException(
    `ProfilingIntervalInMilliseconds is ${intervalMs}: it must be one of ${PROFILING_INTERVALS_MS.join(', ')}.`,
  )
}

/** @throws ResourceLimitExceeded for too many instances, or such as need what is not here */
export function requireQuotas(config: ResourceConfig): void {
  const groups = instanceGroupsOf(config)
  const count = groups.reduce((sum, group) => sum + group.count, 0)
  if (count > INSTANCES_MAX) {
    throw resourceLimitExceeded(
      `The account-level service limit 'Number of instances for a training job' is ${INSTANCES_MAX} ` +
        `Instances, with current utilization of 0 Instances and a request delta of ${count} Instances.`,
    )
  }
  for (const group of groups) {
    const instance = { type: group.instanceType, count: group.count }
    const refusal = acceleratorRefusal(instance, 'training job usage')
    if (refusal) throw refusal
  }
}

function requireS3Uri(uri: string): void {
  const location = parseS3Uri(uri)
  if (location && location.bucket !== '') return
  throw validationException(`The S3 URI '${uri}' is not valid: it must be like s3://bucket/prefix.`)
}

function requireUnique(noun: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw validationException(
    `The ${noun} name '${twice}' is used more than once: names must be unique.`,
  )
}
