import type { AsyncInferenceConfig, DataCaptureConfig } from '@aws-sdk/client-sagemaker'
import type { TaskAddress } from '../../platform/engines/engine.ts'

/**
 * All that the data plane knows of an endpoint: control publishes it, gateways route from their copy in
 * memory and never ask.
 */
export interface EndpointRoute {
  readonly account: string
  readonly region: string
  readonly endpointName: string
  readonly endpointArn: string
  /** The account's life that the endpoint belongs to. */
  readonly realm: number
  /** Grows with each publication; a gateway ignores an older one. */
  readonly version: number
  /** Those that serve: one, and two while a deployment shifts traffic from one to the other. */
  readonly fleets: readonly FleetRoute[]
}

/** The replicas of one endpoint that came with one endpoint configuration. */
export interface FleetRoute {
  readonly generation: number
  readonly endpointConfigName: string
  /** Share of the endpoint's requests = share ÷ sum of shares. Zero: none. */
  readonly share: number
  /** Present: requests are queued (InvokeEndpointAsync), and refused when made directly. */
  readonly asyncInference?: AsyncInferenceConfig
  /** Which requests and answers are captured, and where to. */
  readonly capture?: DataCaptureConfig
  readonly variants: readonly VariantRoute[]
  /** Variants that get copies of requests, and whose answers nobody gets. */
  readonly shadows?: readonly ShadowRoute[]
  /** Models that share the instances of a variant; a request names the one that it is for. */
  readonly components?: readonly ComponentRoute[]
}

export interface VariantRoute {
  readonly variantName: string
  /** Share of its fleet's requests = weight ÷ sum of weights. Zero: only by TargetVariant. */
  readonly weight: number
  /** Replicas that answer pings. Empty while none does. */
  readonly replicas: readonly ReplicaRoute[]
  /** How a replica is chosen, where the variant's RoutingConfig says; absent: the least busy. */
  readonly routing?: 'RANDOM' | 'LEAST_OUTSTANDING_REQUESTS'
  /** How long requests are held while there is no replica; absent: as briefly as a crash is mended. */
  readonly holdMs?: number
  /** Present: each replica holds many models, and a request names the one that it is for. */
  readonly multiModel?: true
  /** Present: replicas are started for requests, and each takes one at a time. */
  readonly serverless?: ServerlessRoute
  /** Present: each replica is several containers. */
  readonly containers?: ContainersRoute
  /** Present: its instances hold inference components' copies, and no replica of its own. */
  readonly hostsComponents?: true
}

export interface ServerlessRoute {
  /** Of requests, and so of replicas. */
  readonly maxConcurrency: number
  /** How many replicas are always kept. */
  readonly provisionedConcurrency: number
}

export interface ContainersRoute {
  /** Each gets the answer of the one before it, or a request names the one that it is for. */
  readonly mode: 'Serial' | 'Direct'
  /** In order. */
  readonly hostnames: readonly string[]
}

/** An inference component: `variantName` is the variant on whose instances its copies are, `replicas` the ready ones. */
export interface ComponentRoute extends VariantRoute {
  readonly inferenceComponentName: string
  /** No copy is wanted, and none is started for requests: they are refused at once. */
  readonly atRest?: true
}

/** Its weight is relative to a production variant's: copies per request, 1 at most, = weight ÷ that one's. */
export type ShadowRoute = VariantRoute

export interface ReplicaRoute {
  /** The replica's task. Also the last part of its log stream's name. */
  readonly replicaId: string
  readonly address: TaskAddress
  /** True: it takes one request at a time, and each on a connection of its own. */
  readonly takesOne?: true
  /** Of several containers: where the second and those after it are. */
  readonly furtherAddresses?: readonly TaskAddress[]
}

/** The change topic under which routes are announced. */
export const ROUTE_TOPIC_PREFIX = 'endpoint-route/'

export function routeTopic(
  route: Pick<EndpointRoute, 'account' | 'region' | 'endpointName'>,
): string {
  return `${ROUTE_TOPIC_PREFIX}${route.account}/${route.region}/${route.endpointName}`
}
