import type { ContainerDefinition } from '@aws-sdk/client-sagemaker'
import type { Task, TaskInput, TaskResources } from '../../platform/engines/engine.ts'
import type { TaskTransform } from '../../platform/engines/task-transform.ts'
import { instanceType } from '../compute/index.ts'
import { containersOf, modelDataOf } from '../models/index.ts'
import type { InstanceRun } from './transform-job.states.ts'
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

/**
 * What an instance runs: a task with `serve` for each of the model's containers, which share the instance. The
 * runner of the first sends the instance's objects through all of them.
 */
export function transformTasks(
  job: TransformJob,
  run: InstanceRun,
  tokenFor: (task: { taskId: string }) => string,
): readonly Task[] {
  return containersOf(job.model).map((container, index) => {
    const taskId = transformTaskId(job.id, { ...run, container: index })
    const task = containerTask(job, run, { container, index, taskId })
    return { ...task, taskToken: tokenFor({ taskId }) }
  })
}

function containerTask(
  job: TransformJob,
  run: InstanceRun,
  own: { readonly container: ContainerDefinition; readonly index: number; readonly taskId: string },
): Omit<Task, 'taskToken'> {
  const { request, model } = job
  const { container, index, taskId } = own
  const data = modelDataOf(container)
  const containerName = containerNames(model)?.[index]
  const name = containerName === undefined ? 'model' : `model of container ${containerName}`
  const inputs: readonly TaskInput[] = data
    ? [{ name, ...data, path: MODEL_FOLDER, required: true }]
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
      pingedUntilReady: true,
    },
    ...(index === 0 && { transform: transformOf(job, run) }),
    resources: resourcesOf(request),
    networkIsolation: model.EnableNetworkIsolation ?? false,
    graceSeconds: TRANSFORM_GRACE_SECONDS,
    log: { group: LOG_GROUP, stream: logStream(job, run, index) },
    notes: notesOf(job),
    roleArn: model.ExecutionRoleArn ?? '',
    metricDefinitions: [],
  }
}

/** @param run.container which of the instance's containers, from 0 */
export function transformTaskId(
  jobId: string,
  { attempt, instance, container }: InstanceRun & { readonly container: number },
): string {
  const ofInstance = `${transformTaskPrefix(jobId)}${attempt}-${instance + 1}`
  return container === 0 ? ofInstance : `${ofInstance}-${container + 1}`
}

/** What a model's containers are called, in order; undefined when there is only one, which needs no name. */
export function containerNames(model: TransformJob['model']): readonly string[] | undefined {
  const containers = containersOf(model)
  if (containers.length < 2) return undefined
  return containers.map(
    ({ ContainerHostname }, index) => ContainerHostname || `container-${index + 1}`,
  )
}

/** How the ids of all tasks of a job begin. */
export function transformTaskPrefix(jobId: string): string {
  return `transform-${jobId}-`
}

/**
 * `<job>/<instance id>-<epoch seconds of the job's creation>`, and of several containers `…/<container name>`.
 *
 * @param container which of them, from 0
 * @source AWS's guide, "Log groups and streams that Amazon SageMaker AI logs"
 */
export function logStream(
  job: Pick<TransformJob, 'id' | 'name' | 'createdAt' | 'model'>,
  run: InstanceRun,
  container = 0,
): string {
  const name = containerNames(job.model)?.[container]
  return name === undefined ? instanceStream(job, run) : `${instanceStream(job, run)}/${name}`
}

/** Where it is said how an instance's objects fared. */
export function dataLogStream(
  job: Pick<TransformJob, 'id' | 'name' | 'createdAt'>,
  run: InstanceRun,
): string {
  return `${instanceStream(job, run)}/data-log`
}

function instanceStream(
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
  const names = containerNames(job.model)
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
        manifestName: `${transformTaskPrefix(job.id)}${run.instance + 1}`,
      },
    }),
    isRepeated: run.attempt > 1,
    ...(names && {
      containers: names.map((name, container) => ({
        name,
        taskId: transformTaskId(job.id, { ...run, container }),
      })),
    }),
    dataLog: { group: LOG_GROUP, stream: dataLogStream(job, run) },
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
