import type { Channel } from '@aws-sdk/client-sagemaker'
import { formatS3Uri, joinS3Uri, parseS3Uri } from '../../aws/s3-uri.ts'
import type {
  Task,
  TaskCommand,
  TaskInput,
  TaskOutput,
  TaskResources,
} from '../../platform/engines/engine.ts'
import { instanceType } from '../compute/index.ts'
import { type Host, hostsOf } from './cluster.ts'
import { configFiles } from './config-files.ts'
import { STOP_GRACE_SECONDS } from './host.states.ts'
import type { TrainingJob, TrainingJobRequest } from './training-job.store.ts'

export const LOG_GROUP = '/aws/sagemaker/TrainingJobs'
export const CHECKPOINTS_PATH = '/opt/ml/checkpoints'
const MODEL_PATH = '/opt/ml/model'
const OUTPUT_PATH = '/opt/ml/output/data'
const TENSORS_PATH = '/opt/ml/output/tensors'
const TENSORBOARD_PATH = '/opt/ml/output/tensorboard'

/** What SageMaker's SDKs ask for when the user does not say, in GB. */
const VOLUME_SIZE_GB = 30
/** A host is a machine of its own to the program, which may use as many processes as one. */
const PIDS_MAX = 32_768

/** The tasks of one attempt, one per host, in the order of hosts. */
export function trainingTasks(
  job: TrainingJob,
  tokenFor: (task: { taskId: string }) => string,
): readonly Task[] {
  const hosts = hostsOf(job.request.ResourceConfig)
  return hosts.map((host, index) => {
    const taskId = trainingTaskId(job.id, job.state.attempt, index + 1)
    return {
      taskId,
      kind: 'TrainingJob',
      name: job.name,
      realm: job.realm,
      account: job.account,
      region: job.region,
      containerImage: job.request.AlgorithmSpecification.TrainingImage,
      command: commandOf(job.request),
      environment: {
        ...job.request.Environment,
        TRAINING_JOB_NAME: job.name,
        TRAINING_JOB_ARN: job.arn,
      },
      files: configFiles(job, { host, hosts }),
      inputs: [
        ...(job.request.InputDataConfig ?? []).flatMap((channel) =>
          channelInput(channel, { host, hosts }),
        ),
        ...checkpointInput(job.request),
      ],
      outputs: outputsOf(job, host, hosts),
      ...(hosts.length > 1 && { hosts: hosts.map(({ name }) => name), host: host.name }),
      resources: resourcesOf(host, job.request),
      networkIsolation: job.request.EnableNetworkIsolation ?? false,
      graceSeconds: STOP_GRACE_SECONDS,
      log: { group: LOG_GROUP, stream: logStream(job, host.name) },
      notes: notesOf(job.request),
      roleArn: job.request.RoleArn,
      taskToken: tokenFor({ taskId }),
      metricDefinitions: (job.request.AlgorithmSpecification.MetricDefinitions ?? []).map(
        ({ Name = '', Regex = '' }) => ({ name: Name, regex: Regex }),
      ),
    }
  })
}

/** @param attempt and hostNumber from 1 */
export function trainingTaskId(jobId: string, attempt: number, hostNumber: number): string {
  return `${trainingTaskPrefix(jobId)}${attempt}-${hostNumber}`
}

/** How the ids of all tasks of a job begin. */
export function trainingTaskPrefix(jobId: string): string {
  return `training-${jobId}-`
}

/** `<job>/algo-1-<epoch>`: the seconds at which this attempt began. */
export function logStream(job: Pick<TrainingJob, 'name' | 'state'>, host: string): string {
  const epochSeconds = Math.floor(job.state.attemptBeganAt.getTime() / 1000)
  return `${job.name}/${host}-${epochSeconds}`
}

/** Where the job's own outputs lie: `<S3OutputPath>/<job>/output`. */
export function outputS3Uri(job: Pick<TrainingJob, 'name' | 'request'>): string {
  return joinS3Uri(plainS3Uri(job.request.OutputDataConfig.S3OutputPath), job.name, 'output')
}

/** What `ModelArtifacts.S3ModelArtifacts` says. */
export function modelS3Uri(job: Pick<TrainingJob, 'name' | 'request'>): string {
  const isPacked = job.request.OutputDataConfig.CompressionType !== 'NONE'
  return joinS3Uri(outputS3Uri(job), isPacked ? 'model.tar.gz' : 'model/')
}

export function volumeSizeGb(request: TrainingJobRequest): number {
  return request.ResourceConfig.VolumeSizeInGB || VOLUME_SIZE_GB
}

function commandOf({ AlgorithmSpecification: algorithm }: TrainingJobRequest): TaskCommand {
  const { ContainerEntrypoint: entrypoint, ContainerArguments: args } = algorithm
  return entrypoint ? { entrypoint, arguments: args ?? [] } : { verb: 'train' }
}

/** Nothing for hosts of instance groups that the channel is not for. */
function channelInput(
  channel: Channel,
  { host, hosts }: { host: Host; hosts: readonly Host[] },
): readonly TaskInput[] {
  const source = channel.DataSource?.S3DataSource
  if (!source) return []
  const groups = source.InstanceGroupNames ?? []
  const receivers = hosts.filter(
    ({ groupName }) => groups.length === 0 || groups.includes(groupName),
  )
  const index = receivers.findIndex(({ name }) => name === host.name)
  if (index < 0) return []
  const isSharded = source.S3DataDistributionType === 'ShardedByS3Key' && receivers.length > 1
  return [
    {
      name: channel.ChannelName ?? '',
      s3DataType: source.S3DataType === 'ManifestFile' ? 'ManifestFile' : 'S3Prefix',
      s3Uri: plainS3Uri(source.S3Uri ?? ''),
      path: `/opt/ml/input/data/${channel.ChannelName}`,
      unpack: channel.CompressionType === 'Gzip' ? 'gzip' : 'none',
      ...(isSharded && { shard: { index, count: receivers.length } }),
      // one object fewer than hosts leaves the last host without, which is no fault of the data
      required: !isSharded,
    },
  ]
}

function checkpointInput({
  CheckpointConfig: checkpoints,
}: TrainingJobRequest): readonly TaskInput[] {
  if (!checkpoints) return []
  return [
    {
      name: 'checkpoints',
      s3DataType: 'S3Prefix',
      s3Uri: directoryS3Uri(checkpoints.S3Uri ?? ''),
      path: checkpoints.LocalPath ?? CHECKPOINTS_PATH,
      unpack: 'none',
      required: false,
    },
  ]
}

function outputsOf(job: TrainingJob, host: Host, hosts: readonly Host[]): readonly TaskOutput[] {
  const { request } = job
  const kmsKeyId = request.OutputDataConfig.KmsKeyId
  const kms = kmsKeyId ? { kmsKeyId } : {}
  const isFirst = host.name === hosts[0]?.name
  // every host has a disk of its own: what the others wrote lies beside the first one's
  const base = isFirst ? outputS3Uri(job) : joinS3Uri(outputS3Uri(job), host.name)
  const isPacked = request.OutputDataConfig.CompressionType !== 'NONE'
  const outputs: TaskOutput[] = [
    {
      name: 'model',
      path: MODEL_PATH,
      s3Uri: joinS3Uri(base, isPacked ? 'model.tar.gz' : 'model/'),
      pack: isPacked ? 'tar.gz' : 'files',
      upload: 'end',
      omitEmpty: true,
      ...kms,
    },
    {
      name: 'output',
      path: OUTPUT_PATH,
      s3Uri: joinS3Uri(base, 'output.tar.gz'),
      pack: 'tar.gz',
      upload: 'end',
      omitEmpty: true,
      ...kms,
    },
  ]
  const { CheckpointConfig, DebugHookConfig, TensorBoardOutputConfig } = request
  if (CheckpointConfig) {
    outputs.push(
      continuous('checkpoints', {
        path: CheckpointConfig.LocalPath ?? CHECKPOINTS_PATH,
        s3Uri: directoryS3Uri(CheckpointConfig.S3Uri ?? ''),
      }),
    )
  }
  if (DebugHookConfig) {
    outputs.push(
      continuous('tensors', {
        path: DebugHookConfig.LocalPath ?? TENSORS_PATH,
        s3Uri: jobDirectory(DebugHookConfig.S3OutputPath, job.name, 'debug-output'),
      }),
    )
  }
  if (TensorBoardOutputConfig) {
    outputs.push(
      continuous('tensorboard', {
        path: TensorBoardOutputConfig.LocalPath ?? TENSORBOARD_PATH,
        s3Uri: jobDirectory(TensorBoardOutputConfig.S3OutputPath, job.name, 'tensorboard-output'),
      }),
    )
  }
  return outputs
}

function continuous(
  name: string,
  { path, s3Uri }: { readonly path: string; readonly s3Uri: string },
): TaskOutput {
  return { name, path, s3Uri, pack: 'files', upload: 'continuous', omitEmpty: true }
}

function resourcesOf(host: Host, request: TrainingJobRequest): TaskResources {
  const instance = instanceType(host.instanceType)
  return {
    vCpus: instance?.vCpus ?? 1,
    memoryBytes: instance?.memoryBytes ?? 2 ** 30,
    diskBytes: volumeSizeGb(request) * 2 ** 30,
    pidsMax: PIDS_MAX,
  }
}

/** What this platform does otherwise than the request may make one expect: said in the job's log. */
function notesOf(request: TrainingJobRequest): readonly string[] {
  const notes: string[] = []
  const defaultMode = request.AlgorithmSpecification.TrainingInputMode
  const fastFile = (request.InputDataConfig ?? []).filter(
    ({ InputMode }) => (InputMode ?? defaultMode) === 'FastFile',
  )
  if (fastFile.length > 0) {
    const names = fastFile.map(({ ChannelName }) => ChannelName).join(', ')
    notes.push(`FastFile: all objects of ${names} are copied before the start, as in File mode`)
  }
  if (request.DebugRuleConfigurations?.length || request.ProfilerRuleConfigurations?.length) {
    notes.push('Debugger and profiler rules are recorded but not evaluated here')
  }
  if (request.EnableManagedSpotTraining) {
    notes.push('Managed Spot Training: this task is never interrupted, and saves nothing')
  }
  if (request.ResourceConfig.KeepAlivePeriodInSeconds) {
    notes.push('Warm pool: the instances are not kept; the next job starts as quickly without')
  }
  if (request.VpcConfig?.Subnets?.length) {
    notes.push('VpcConfig is recorded; the task runs in the network of this platform')
  }
  if (request.EnableInterContainerTrafficEncryption && hostsOf(request.ResourceConfig).length > 1) {
    notes.push(
      'EnableInterContainerTrafficEncryption is recorded; traffic is as the engine carries it',
    )
  }
  return notes
}

function jobDirectory(s3OutputPath: string | undefined, jobName: string, folder: string): string {
  return joinS3Uri(plainS3Uri(s3OutputPath ?? ''), jobName, `${folder}/`)
}

/** A prefix that stands for a folder, so that `…/checkpoints` does not take in `…/checkpoints-2`. */
function directoryS3Uri(uri: string): string {
  return `${plainS3Uri(uri).replace(/\/+$/, '')}/`
}

/** The `s3://` form of the URIs that SageMaker takes. */
function plainS3Uri(uri: string): string {
  const location = parseS3Uri(uri)
  return location ? formatS3Uri(location) : uri
}
