/**
 * Inference: requests to endpoints. Control publishes which replicas answer for which endpoint
 * (`route.store.ts`); gateways keep that in memory (`route-table.ts`, fed by `route-feed.ts`), choose a
 * variant by weight and a replica by load, and speak AWS's words when a container fails. How bytes go
 * back and forth is the gateway's business (`gateway/invoke`).
 */
export { readHeldVariants } from './concurrency.store.ts'
export type { ContainerOutcome } from './container-figures.ts'
export { type DemandFeed, startDemandFeed } from './demand-feed.ts'
export {
  callerResponseLines,
  containerRequestHead,
  headersOfAnswer,
} from './invocation.container.ts'
export type { MeteredVariant } from './invocation-meters.ts'
export { type InvocationTarget, invocationTarget } from './invocation-target.ts'
export { type MetricFeed, startMetricFeed } from './metric-feed.ts'
export { type Replica, randomlyChosen } from './replica.ts'
export * from './route.store.ts'
export {
  type ComponentRoute,
  type ContainersRoute,
  type EndpointRoute,
  type FleetRoute,
  type ReplicaRoute,
  ROUTE_TOPIC_PREFIX,
  routeTopic,
  type ServerlessRoute,
  type ShadowRoute,
  type VariantRoute,
} from './route.ts'
export { type RouteFeed, type RouteFeedOptions, startRouteFeed } from './route-feed.ts'
export { RouteTable } from './route-table.ts'
export type { RoutedEndpoint, RoutedVariant } from './routed-endpoint.ts'
export {
  asynchronousEndpoint,
  componentNotAllowed,
  componentNotFound,
  componentNotNamed,
  componentWithoutCapacity,
  concurrencyExceeded,
  containerError,
  containerExited,
  containerIncoherent,
  containerNotFound,
  containerNotNamed,
  containerTimedOut,
  containerVerbose,
  endpointNotFound,
  type FailedContainer,
  noReplica,
  noSuchTarget,
  notDirect,
  noWeight,
  refusedBefore,
  variantNotFound,
} from './runtime-errors.ts'
export {
  type Demand,
  forgetPeaks,
  type NotedDemand,
  readDemand,
} from './serverless-demand.store.ts'
export type { StreamOutcome } from './stream-figures.ts'
