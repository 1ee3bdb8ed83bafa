import type { ProductionVariant } from '@aws-sdk/client-sagemaker'
import type { Task, TaskInput, TaskResources } from '../../platform/engines/engine.ts'
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
/** Between SIGTERM and SIGKILL. */
export const REPLICA_GRACE_SECONDS = 30
const MODEL_FOLDER = '/opt/ml/model'
const VOLUME_GB_DEFAULT = 30
const GIB = 2 ** 30
const PIDS_MAX = 4096

export interface ReplicaOrder {
  readonly place: Place
  readonly endpointName: string
  readonly replicaId: string
  readonly variant: FleetVariant
  readonly taskToken: string
}

/** The one container that a replica runs: `serve`, with the model's files below `/opt/ml/model`. */
export function replicaTask(order: ReplicaOrder): Task {
  const { place, endpointName, replicaId, variant } = order
  const { container, production } = variant
  return {
    taskId: replicaId,
    kind: REPLICA_KIND,
    name: endpointName,
    realm: place.realm,
    account: place.account,
    region: place.region,
    containerImage: container.Image ?? '',
    command: { verb: 'serve' },
    environment: container.Environment ?? {},
    files: [],
    inputs: modelInput(variant),
    outputs: [],
    service: {
      port: SERVICE_PORT,
      pingPath: PING_PATH,
      startupTimeoutSeconds: startupTimeoutSeconds(production),
    },
    resources: resourcesOf(variant),
    networkIsolation: variant.networkIsolation,
    graceSeconds: REPLICA_GRACE_SECONDS,
    log: {
      group: `/aws/sagemaker/Endpoints/${endpointName}`,
      stream: `${variant.variantName}/${replicaId}`,
    },
    // the runner says itself what stands for the image
    notes: [],
    roleArn: variant.executionRoleArn,
    taskToken: order.taskToken,
    metricDefinitions: [],
  }
}

/** How long a replica may take to answer its first ping with 200. */
export function startupTimeoutSeconds(production: ProductionVariant | undefined): number {
  return production?.ContainerStartupHealthCheckTimeoutInSeconds ?? STARTUP_SECONDS_DEFAULT
}

function modelInput({ modelData }: FleetVariant): readonly TaskInput[] {
  return modelData ? [{ name: 'model', ...modelData, path: MODEL_FOLDER, required: true }] : []
}

function resourcesOf({ production }: FleetVariant): TaskResources {
  const { vCpus, memoryBytes } = instanceType(production.InstanceType ?? '') ?? {
    vCpus: 1,
    memoryBytes: 2 * GIB,
  }
  const diskBytes = (production.VolumeSizeInGB ?? VOLUME_GB_DEFAULT) * GIB
  return { vCpus, memoryBytes, diskBytes, pidsMax: PIDS_MAX }
}
