import type { Task, TaskInput, TaskResources } from '../../platform/engines/engine.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import { instanceType } from '../compute/index.ts'
import { containersOf, modelDataOf } from '../models/index.ts'
import type { TransformJob, TransformJobRequest } from './transform-job.store.ts'

export const LOG_GROUP = '/aws/sagemaker/TransformJobs'
/** By which a job's tasks are known among others. */
export const TRANSFORM_KIND = 'TransformJob'

const SERVICE_PORT = 8080
const PING_PATH = '/ping'
/** How long a container may take to its first good ping. */
const STARTUP_SECONDS = 240
/** Between SIGTERM and SIGKILL. */
export const TRANSFORM_GRACE_SECONDS = 30
const MODEL_FOLDER = '/opt/ml/model'
const VOLUME_BYTES = 30 * 2 ** 30
const PIDS_MAX = 4096
/** source: ModelClientConfig's reference */
const TIMEOUT_SECONDS_DEFAULT = 600
const RETRIES_DEFAULT = 3

/** Which of a job's instances, and for the how manieth time. */
export interface InstanceRun {
  /** From 1. */
  readonly attempt: number
  /** From 0. */
  readonly instance: number
}

/** The one container that an instance runs: `serve`, which the runner then sends its objects. */
export function transformTask(
  job: TransformJob,
  run: InstanceRun,
  tokenFor: (task: { taskId: string }) => string,
): Task {
  const { request, model } = job
  const taskId = transformTaskId(job.id, run)
  const container = containersOf(model)[0] ?? {}
  const data = modelDataOf(container)
  const inputs: readonly TaskInput[] = data
    ? [{ name: 'model', ...data, path: MODEL_FOLDER, required: true }]
    : []
  return {
    taskId,
    kind: TRANSFORM_KIND,
    name: job.name,
    realm: job.realm,
    account: job.account,
    region: job.region,
    containerImage: container.Image ?? '',
    command: { verb: 'serve' },
    environment: {
      ...container.Environment,
      ...request.Environment,
      ...batchEnvironment(request),
    },
    files: [],
    inputs,
    outputs: [],
    host: instanceId(job, run),
    service: {
      port: SERVICE_PORT,
      pingPath: PING_PATH,
      startupTimeoutSeconds: STARTUP_SECONDS,
    },
    transform: transformOf(job, run),
    resources: resourcesOf(request),
    networkIsolation: model.EnableNetworkIsolation ?? false,
    graceSeconds: TRANSFORM_GRACE_SECONDS,
    log: { group: LOG_GROUP, stream: logStream(job, run) },
    notes: notesOf(job),
    roleArn: model.ExecutionRoleArn ?? '',
    taskToken: tokenFor({ taskId }),
    metricDefinitions: [],
  }
}

export function transformTaskId(jobId: string, { attempt, instance }: InstanceRun): string {
  return `${transformTaskPrefix(jobId)}${attempt}-${instance + 1}`
}

/** How the ids of all tasks of a job begin. */
export function transformTaskPrefix(jobId: string): string {
  return `transform-${jobId}-`
}

/** `<job>/<instance id>-<epoch seconds of the job's creation>`; its data log is `…/data-log`. */
export function logStream(
  job: Pick<TransformJob, 'id' | 'name' | 'createdAt'>,
  run: InstanceRun,
): string {
  const epochSeconds = Math.floor(job.createdAt.getTime() / 1000)
  return `${job.name}/${instanceId(job, run)}-${epochSeconds}`
}

/** In EC2's form; another for each instance and attempt. */
function instanceId({ id }: Pick<TransformJob, 'id'>, { attempt, instance }: InstanceRun): string {
  const own = attempt * 1000 + instance
  return `i-${id.replaceAll('-', '').slice(0, 12)}${own.toString(16).padStart(5, '0')}`
}

/** What the request leaves open is settled with the container, and not told it beforehand. */
function batchEnvironment(request: TransformJobRequest): Record<string, string> {
  const { MaxPayloadInMB, BatchStrategy, MaxConcurrentTransforms } = request
  return {
    SAGEMAKER_BATCH: 'true',
    // 0 is no bound, which a container would take for one that nothing keeps to
    ...(MaxPayloadInMB && { SAGEMAKER_MAX_PAYLOAD_IN_MB: String(MaxPayloadInMB) }),
    ...(BatchStrategy && {
      SAGEMAKER_BATCH_STRATEGY: BatchStrategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD',
    }),
    ...(MaxConcurrentTransforms && {
      SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: String(MaxConcurrentTransforms),
    }),
  }
}

function transformOf(job: TransformJob, run: InstanceRun): TaskTransform {
  const { request } = job
  const { TransformInput: input, TransformOutput: output, DataProcessing: processing } = request
  const { DataCaptureConfig: capture, ModelClientConfig: client } = request
  const source = input?.DataSource?.S3DataSource
  return {
    input: {
      s3DataType: source?.S3DataType === 'ManifestFile' ? 'ManifestFile' : 'S3Prefix',
      s3Uri: source?.S3Uri ?? '',
      ...(input?.ContentType !== undefined && { contentType: input.ContentType }),
      splitType: input?.SplitType ?? 'None',
      isGzipped: input?.CompressionType === 'Gzip',
      shard: { index: run.instance, count: request.TransformResources?.InstanceCount ?? 1 },
    },
    output: {
      s3Uri: output?.S3OutputPath ?? '',
      ...(output?.Accept !== undefined && { accept: output.Accept }),
      assembleWith: output?.AssembleWith ?? 'None',
      ...(output?.KmsKeyId && { kmsKeyId: output.KmsKeyId }),
    },
    ...(request.BatchStrategy && { batchStrategy: request.BatchStrategy }),
    // 0 leaves it to the container, as if it were not given
    ...(request.MaxConcurrentTransforms && {
      maxConcurrentTransforms: request.MaxConcurrentTransforms,
    }),
    ...(request.MaxPayloadInMB !== undefined && { maxPayloadMb: request.MaxPayloadInMB }),
    invocationTimeoutSeconds: client?.InvocationsTimeoutInSeconds ?? TIMEOUT_SECONDS_DEFAULT,
    invocationRetriesMax: client?.InvocationsMaxRetries ?? RETRIES_DEFAULT,
    ...(processing && {
      processing: {
        inputFilter: processing.InputFilter || '$',
        outputFilter: processing.OutputFilter || '$',
        joinsInput: processing.JoinSource === 'Input',
      },
    }),
    ...(capture && {
      capture: {
        s3Uri: capture.DestinationS3Uri ?? '',
        ...(capture.KmsKeyId && { kmsKeyId: capture.KmsKeyId }),
        generatesInferenceId: capture.GenerateInferenceId ?? false,
        startedAt: job.createdAt.toISOString(),
      },
    }),
    isRepeated: run.attempt > 1,
    dataLog: { group: LOG_GROUP, stream: `${logStream(job, run)}/data-log` },
  }
}

function resourcesOf({ TransformResources: resources }: TransformJobRequest): TaskResources {
  const { vCpus, memoryBytes } = instanceType(resources?.InstanceType ?? '') ?? {
    vCpus: 1,
    memoryBytes: 2 * 2 ** 30,
  }
  return { vCpus, memoryBytes, diskBytes: VOLUME_BYTES, pidsMax: PIDS_MAX }
}

function notesOf({ model }: TransformJob): readonly string[] {
  if (!model.VpcConfig?.Subnets?.length) return []
  return ['VpcConfig is recorded; the task runs in the network of this platform']
}
