import type { ProductionVariant } from '@aws-sdk/client-sagemaker'
import { formatS3Uri, parseS3Uri } from '../../aws/s3-uri.ts'
import type { Task, TaskInput, TaskResources, TaskService } from '../../platform/engines/engine.ts'
import type { Place } from '../../platform/scope.ts'
import { instanceType } from '../compute/index.ts'
import type { FleetVariant } from './fleet.ts'

/** By which a replica's task is known among others. */
export const REPLICA_KIND = 'Replica'
/** Where SageMaker looks for `/ping` and `/invocations`. */
const SERVICE_PORT = 8080
const PING_PATH = '/ping'
/** How long SageMaker waits for the first good ping when the variant does not say. */
const STARTUP_SECONDS_DEFAULT = 240
/** Likewise of a serverless variant. */
export const SERVERLESS_STARTUP_SECONDS = 180
/** Between SIGTERM and SIGKILL. */
export const REPLICA_GRACE_SECONDS = 30
const MODEL_FOLDER = '/opt/ml/model'
const VOLUME_GB_DEFAULT = 30
const GIB = 2 ** 30
const MIB = 2 ** 20
/** AWS says that a serverless variant's compute is in proportion to its memory; this is its functions' proportion. */
const SERVERLESS_MB_PER_VCPU = 1769
/** What AWS gives a serverless variant's environment. */
const SERVERLESS_DISK_GB = 5
const PIDS_MAX = 4096

export interface ReplicaOrder {
  readonly place: Place
  readonly endpointName: string
  readonly replicaId: string
  readonly variant: FleetVariant
  readonly taskToken: string
  /** Of a model of several containers: which of the replica's tasks it is, and the container's name. */
  readonly taskId?: string
  readonly hostname?: string
}

/** The one container that a replica runs: `serve`, with the model's files below `/opt/ml/model`. */
export function replicaTask(order: ReplicaOrder): Task {
  const { place, endpointName, replicaId, variant, hostname } = order
  const { container, production } = variant
  const isMultiModel = holdsManyModels(variant)
  return {
    taskId: order.taskId ?? replicaId,
    kind: REPLICA_KIND,
    name: endpointName,
    realm: place.realm,
    account: place.account,
    region: place.region,
    containerImage: container.Image ?? '',
    command: { verb: 'serve' },
    environment: {
      ...container.Environment,
      ...(isMultiModel && { SAGEMAKER_MULTI_MODEL: 'true' }),
    },
    files: [],
    inputs: modelInput(variant),
    outputs: [],
    service: {
      port: SERVICE_PORT,
      pingPath: PING_PATH,
      startupTimeoutSeconds: startupTimeoutSeconds(production),
      ...(variant.serverless && { takesOne: true }),
      ...(isMultiModel && { models: modelsOf(variant) }),
    },
    resources: resourcesOf(variant),
    networkIsolation: variant.networkIsolation,
    graceSeconds: REPLICA_GRACE_SECONDS,
    log: {
      group: logGroup(order),
      stream: [variant.variantName, replicaId, ...(hostname === undefined ? [] : [hostname])].join(
        '/',
      ),
    },
    // the runner says itself what stands for the image
    notes: [],
    roleArn: variant.executionRoleArn,
    taskToken: order.taskToken,
    metricDefinitions: [],
  }
}

/** @source AWS's guide, "CloudWatch Logs for Amazon SageMaker AI" */
function logGroup({ endpointName, variant: { component } }: ReplicaOrder): string {
  return component
    ? `/aws/sagemaker/InferenceComponents/${component.inferenceComponentName}`
    : `/aws/sagemaker/Endpoints/${endpointName}`
}

/** How long a replica may take to answer its first ping with 200. */
export function startupTimeoutSeconds(production: ProductionVariant | undefined): number {
  if (production?.ServerlessConfig) return SERVERLESS_STARTUP_SECONDS
  return production?.ContainerStartupHealthCheckTimeoutInSeconds ?? STARTUP_SECONDS_DEFAULT
}

/** Whether a variant's container loads models when requests name them. */
export function holdsManyModels({ container }: Pick<FleetVariant, 'container'>): boolean {
  return container.Mode === 'MultiModel'
}

function modelsOf({ container }: FleetVariant): NonNullable<TaskService['models']> {
  const { bucket, key } = parseS3Uri(container.ModelDataUrl ?? '') ?? { bucket: '', key: '' }
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`
  return {
    s3Prefix: formatS3Uri({ bucket, key: prefix }),
    keepsLoaded: container.MultiModelConfig?.ModelCacheSetting !== 'Disabled',
  }
}

function modelInput(variant: FleetVariant): readonly TaskInput[] {
  const { modelData } = variant
  if (holdsManyModels(variant)) return []
  const timeoutSeconds = variant.production.ModelDataDownloadTimeoutInSeconds
  const input = { name: 'model', path: MODEL_FOLDER, required: true }
  if (!modelData) return []
  return [{ ...input, ...modelData, ...(timeoutSeconds !== undefined && { timeoutSeconds }) }]
}

function resourcesOf({ production, serverless, component }: FleetVariant): TaskResources {
  if (serverless) {
    const { memoryMb } = serverless
    return {
      vCpus: Math.max(1, Math.round(memoryMb / SERVERLESS_MB_PER_VCPU)),
      memoryBytes: memoryMb * MIB,
      diskBytes: SERVERLESS_DISK_GB * GIB,
      pidsMax: PIDS_MAX,
    }
  }
  const { vCpus, memoryBytes } = instanceType(production.InstanceType ?? '') ?? {
    vCpus: 1,
    memoryBytes: 2 * GIB,
  }
  const diskBytes = (production.VolumeSizeInGB ?? VOLUME_GB_DEFAULT) * GIB
  if (!component) return { vCpus, memoryBytes, diskBytes, pidsMax: PIDS_MAX }
  const { cpuCores, memoryMbMax } = component
  return {
    vCpus: cpuCores > 0 ? Math.min(vCpus, Math.ceil(cpuCores)) : vCpus,
    memoryBytes: memoryMbMax === undefined ? memoryBytes : memoryMbMax * MIB,
    diskBytes,
    pidsMax: PIDS_MAX,
  }
}
