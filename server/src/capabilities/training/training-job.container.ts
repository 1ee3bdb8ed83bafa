import type { Channel } from '@aws-sdk/client-sagemaker'
import type { Task, TaskCommand, TaskInput, TaskResources } from '../../platform/engines/engine.ts'
import { instanceType } from '../compute/index.ts'
import { type Host, type HostPlace, hostsOf } from './cluster.ts'
import { configFiles } from './config-files.ts'
import { STOP_GRACE_SECONDS } from './host.states.ts'
import { directoryS3Uri, plainS3Uri } from './s3-places.ts'
import type { TrainingJob, TrainingJobRequest } from './training-job.store.ts'
import { CHECKPOINTS_PATH, outputsOf } from './training-outputs.container.ts'

export const LOG_GROUP = '/aws/sagemaker/TrainingJobs'

/** What SageMaker's SDKs ask for when the user does not say, in GB. */
const VOLUME_SIZE_GB = 30
/** A host is a machine of its own to the program, which may use as many processes as one. */
const PIDS_MAX = 32_768

/** What a job's tasks need that is not the job's: of the engine, and of the keeper of secrets. */
export interface TaskSurroundings {
  readonly networkInterface: string
  readonly tokenFor: (task: { taskId: string }) => string
}

/** The tasks of one attempt, one per host, in the order of hosts. */
export function trainingTasks(
  job: TrainingJob,
  { networkInterface, tokenFor }: TaskSurroundings,
): readonly Task[] {
  const hosts = hostsOf(job.request.ResourceConfig)
  return hosts.map((host, index) => {
    const taskId = trainingTaskId(job.id, { attempt: job.state.attempt, hostNumber: index + 1 })
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
      files: configFiles(job, { host, hosts, networkInterface }),
      inputs: [
        ...(job.request.InputDataConfig ?? []).flatMap((channel) =>
          channelInput(channel, { host, hosts }),
        ),
        ...checkpointInput(job.request),
      ],
      outputs: outputsOf(job, { host, hosts }),
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

export function trainingTaskId(
  jobId: string,
  run: { readonly attempt: number; readonly hostNumber: number },
): string {
  return `${trainingTaskPrefix(jobId)}${run.attempt}-${run.hostNumber}`
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

export function volumeSizeGb(request: TrainingJobRequest): number {
  return request.ResourceConfig.VolumeSizeInGB || VOLUME_SIZE_GB
}

function commandOf({ AlgorithmSpecification: algorithm }: TrainingJobRequest): TaskCommand {
  const { ContainerEntrypoint: entrypoint, ContainerArguments: args } = algorithm
  if (!entrypoint && !args) return { verb: 'train' }
  return { ...(entrypoint && { entrypoint }), arguments: args ?? [] }
}

/** Nothing for hosts of instance groups that the channel is not for. */
function channelInput(channel: Channel, { host, hosts }: HostPlace): readonly TaskInput[] {
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
      required: true,
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
    notes.push(
      'Managed Spot Training: interrupted only when somebody asks for it, and saves nothing',
    )
  }
  if (request.ResourceConfig.KeepAlivePeriodInSeconds) {
    notes.push('Warm pool: the instances are not kept; the next job starts as quickly without')
  }
  if (request.VpcConfig?.Subnets?.length) {
    notes.push('VpcConfig is recorded; the task runs in the network of this platform')
  }
  const hasPeers = hostsOf(request.ResourceConfig).length > 1
  if (request.EnableInterContainerTrafficEncryption && hasPeers) {
    notes.push(
      'EnableInterContainerTrafficEncryption is recorded; traffic is as the engine carries it',
    )
  }
  return notes
}
