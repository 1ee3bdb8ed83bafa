import type {
  ContainerDefinition,
  CreateEndpointConfigInput,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker'
import type { TaskAddress } from '../../platform/engines/engine.ts'
import type { ModelData } from '../models/index.ts'

/**
 * Where a fleet is in its life. A fleet that does not prove itself goes from the first stage to the last. Of
 * an endpoint at most one fleet serves, though a deployment may give one that is launched some traffic.
 */
export type FleetStage = 'Launching' | 'Serving' | 'Retiring'

/** The replicas of one endpoint that were asked for at one time, with one endpoint configuration. */
export interface Fleet {
  /** Grows with each fleet of an endpoint, from 1. */
  readonly generation: number
  readonly stage: FleetStage
  readonly endpointConfigName: string
  readonly variants: readonly FleetVariant[]
  readonly settings: FleetSettings
  /** By variant, why a replica that was to come up since the last change did not. */
  readonly failures: Readonly<Record<string, string>>
  /** Present while a deployment shifts traffic; absent: all for the one that serves, none for one launched. */
  readonly traffic?: FleetTraffic
  /** The version of the route table that has this fleet's present weights; absent until it is published. */
  readonly publishedVersion?: number
  readonly launchedAt: Date
}

/** By variant, what of its requests a fleet gets. */
export type FleetTraffic = Readonly<Record<string, VariantTraffic>>

export interface VariantTraffic {
  /** 0 to 1 */
  readonly share: number
  /** How many of the replicas get requests; absent: all. */
  readonly activeCount?: number
}

/** What the endpoint configuration says beside its variants, as it was when the fleet was asked for. */
export type FleetSettings = Pick<
  CreateEndpointConfigInput,
  'AsyncInferenceConfig' | 'DataCaptureConfig'
> & {
  /** Variants that get copies of requests: launched and kept as the others are, beside every plan for those. */
  readonly shadows?: readonly FleetVariant[]
}

/** Production variants and shadows. */
export function everyVariant({
  variants,
  settings,
}: Pick<Fleet, 'variants' | 'settings'>): readonly FleetVariant[] {
  return settings.shadows ? [...variants, ...settings.shadows] : variants
}

/** What one production variant's replicas are, and how many of them. */
export interface FleetVariant {
  readonly variantName: string
  /** As they were when the fleet was asked for: what becomes of them later does not matter to it. */
  readonly production: ProductionVariant
  readonly container: ContainerDefinition
  /** Where the model's files come from; absent when the container brings them. */
  readonly modelData?: ModelData
  readonly executionRoleArn: string
  readonly networkIsolation: boolean
  /** What stands for the container's image, and since when that is known (ISO 8601). */
  readonly resolvedImage: string
  readonly resolvedAt: string
  /** Present for a model of several containers: all of them, of which the members above show the first. */
  readonly containers?: VariantContainers
  /** By which requests are shared out now, and will be when the present update is over. */
  readonly weight: number
  readonly desiredWeight: number
  /** How many replicas are kept now, and will be when the present update is over. */
  readonly instanceCount: number
  readonly desiredInstanceCount: number
  /** Present when it runs on no instances: what it is given now, and will be when the present update is over. */
  readonly serverless?: ServerlessSettings
  readonly desiredServerless?: ServerlessSettings
  /** It was scaled to zero before: requests are held while it has no replica, so that the first one starts some. */
  readonly scalesToZero?: true
  /** Its instances hold copies of inference components, and nothing of its own. */
  readonly hostsComponents?: true
  /** Present where it is what copies of an inference component run. */
  readonly component?: ComponentSettings
}

/** What one copy of an inference component is called and given of its instance. */
export interface ComponentSettings {
  readonly inferenceComponentName: string
  readonly cpuCores: number
  /** Absent: all that the instance has. */
  readonly memoryMbMax?: number
}

/** What a serverless variant's environments are, each of which is a replica that takes one request at a time. */
export interface ServerlessSettings {
  readonly memoryMb: number
  readonly maxConcurrency: number
  /** How many are kept though nobody needs them. */
  readonly provisionedConcurrency: number
}

/** The containers that one replica runs side by side. */
export interface VariantContainers {
  /** Each gets the answer of the one before it, or each is invoked by its name. */
  readonly mode: 'Serial' | 'Direct'
  readonly all: readonly FleetContainer[]
}

export interface FleetContainer
  extends Pick<FleetVariant, 'container' | 'modelData' | 'resolvedImage'> {
  /** Names it to logs, metrics and, in Mode Direct, requests. */
  readonly hostname: string
}

/** What serves a variant: one task, or one for each container of the model. They live and end together. */
export interface Replica {
  /** Its first task's id, and the last part of its log stream's name; looks like an EC2 instance's. */
  readonly replicaId: string
  readonly generation: number
  readonly variantName: string
  /** Not to be started before; later than its creation when ones before it died young. */
  readonly startAt: Date
  /** How many in its place died young one after another. */
  readonly failures: number
  /** As last observed. */
  readonly ready: boolean
  readonly address?: TaskAddress
  /** How many containers it is; absent: one. */
  readonly containerCount?: number
  /** Present where it is a copy of an inference component. */
  readonly copy?: CopyPlace
  /** Where the second container and those after it are, in order. */
  readonly furtherAddresses?: readonly TaskAddress[]
  /** When it first answered a ping; absent while it never did. */
  readonly readyAt?: Date
  /** Set once it shall serve no longer. */
  readonly retirement?: Retirement
  readonly createdAt: Date
}

export interface Retirement {
  /** From this version of the route table on no request is sent to the replica. */
  readonly version: number
  /** Until then requests that it is answering are waited for. */
  readonly drainUntil: Date
}

export interface WorkloadKey {
  /** Tells an inference component from a later one of the same name. */
  readonly componentId: string
  /** Grows with each specification of the component, from 1. */
  readonly specification: number
}

/** Which workload a replica is a copy of, and on which of its variant's instances it is, from 1. */
export interface CopyPlace extends WorkloadKey {
  readonly instanceNumber: number
}
