import type { TaskAddress, TaskObservation } from '../../platform/engines/engine.ts'
import type {
  ComponentRoute,
  ContainersRoute,
  EndpointRoute,
  FleetRoute,
  ServerlessRoute,
  ShadowRoute,
  VariantRoute,
} from '../inference/route.ts'
import type {
  Fleet,
  FleetVariant,
  Replica,
  ServerlessSettings,
  VariantContainers,
} from './fleet.ts'
import { isCopyOf, type Workload } from './workload.ts'

/** For as long as a client of InvokeEndpoint waits for an answer at AWS. */
const FIRST_REPLICA_HOLD_MS = 60_000

/** What requests may be sent to. */
export interface Routable {
  readonly staying: readonly RoutableReplica[]
  readonly workloads: readonly Workload[]
}

/** A replica as the route sees it: what is observed counts more than what was noted. */
type RoutableReplica = Replica & { readonly observation?: TaskObservation }

export type RouteCommand =
  | { readonly command: 'publish'; readonly fleets: readonly FleetRoute[] }
  | { readonly command: 'withdraw' }

/**
 * Which route gateways are to be told, if it is not the one that they know: the fleet that serves, and one
 * that is launched once a deployment gives it traffic.
 */
export function decideRoute(
  known: Pick<EndpointRoute, 'fleets'> | undefined,
  fleets: readonly Fleet[],
  routable: Routable,
): readonly RouteCommand[] {
  const routed = fleets.filter(isRouted)
  if (!fleets.some(({ stage }) => stage === 'Serving')) {
    return known ? [{ command: 'withdraw' }] : []
  }
  const wanted = routed.map((fleet) => fleetRoute(fleet, routable))
  const isTold =
    routed.every(({ publishedVersion }) => publishedVersion !== undefined) &&
    canonical(known?.fleets) === canonical(wanted)
  return isTold ? [] : [{ command: 'publish', fleets: wanted }]
}

/** Whether gateways know of a fleet, be it with a share of zero. */
export function isRouted({ stage, traffic }: Fleet): boolean {
  return stage === 'Serving' || (stage === 'Launching' && traffic !== undefined)
}

export function isOf(fleet: Fleet, variant: FleetVariant): (replica: Replica) => boolean {
  return (replica) =>
    replica.generation === fleet.generation && replica.variantName === variant.variantName
}

export function addressText(address: TaskAddress | undefined): string {
  if (!address) return ''
  return 'unixSocket' in address ? address.unixSocket : `${address.hostname}:${address.port}`
}

/** The share of an endpoint's requests that a fleet gets: of each variant's, by the variants' weights. */
export function fleetShare({ traffic, variants }: Pick<Fleet, 'traffic' | 'variants'>): number {
  if (!traffic) return 1
  const shares = variants.map(({ variantName }) => traffic[variantName]?.share ?? 1)
  const weights = variants.map(({ weight }) => weight)
  const total = sum(weights)
  if (total === 0) return sum(shares) / shares.length
  return sum(shares.map((share, index) => share * (weights[index] ?? 0))) / total
}

function fleetRoute(fleet: Fleet, { staying, workloads }: Routable): FleetRoute {
  const { generation, endpointConfigName, settings, traffic = {} } = fleet
  const shares = new Set(fleet.variants.map(({ variantName }) => traffic[variantName]?.share ?? 1))
  return {
    generation,
    endpointConfigName,
    share: fleetShare(fleet),
    ...(settings.AsyncInferenceConfig && { asyncInference: settings.AsyncInferenceConfig }),
    ...(settings.DataCaptureConfig && { capture: settings.DataCaptureConfig }),
    variants: fleet.variants.map((variant) =>
      variantRoute(fleet, variant, {
        replicas: variant.hostsComponents ? [] : staying.filter(isOf(fleet, variant)),
        // where variants have got differently far, their weights within the fleet show it
        isUneven: shares.size > 1,
      }),
    ),
    ...(settings.shadows && {
      shadows: settings.shadows.map((variant) => shadowRoute(fleet, variant, staying)),
    }),
    ...componentRoutes(fleet, { staying, workloads }),
  }
}

function shadowRoute(
  fleet: Fleet,
  variant: FleetVariant,
  staying: readonly RoutableReplica[],
): ShadowRoute {
  const replicas = staying.filter(isOf(fleet, variant))
  return variantRoute(fleet, variant, { replicas, isUneven: false })
}

/** Where a component has two specifications, the copies of both get requests. */
function componentRoutes(
  fleet: Fleet,
  { staying, workloads }: Routable,
): Pick<FleetRoute, 'components'> {
  const hosts = fleet.variants.filter(({ hostsComponents }) => hostsComponents)
  if (hosts.length === 0) return {}
  const components = Map.groupBy(workloads, (one) => one.inferenceComponentName)
  return {
    components: [...components].flatMap(([inferenceComponentName, own]): ComponentRoute[] => {
      const host = hosts.find(({ variantName }) => variantName === own[0]?.variantName)
      if (!host) return []
      const { scalesToZero: _, hostsComponents: __, ...common } = host
      const scalesToZero = own.some((one) => one.scalesToZero)
      const variant = { ...common, weight: 1, ...(scalesToZero && { scalesToZero }) }
      const replicas = staying.filter((replica) =>
        own.some((one) => isOf(fleet, host)(replica) && isCopyOf(one)(replica)),
      )
      const { traffic: _traffic, ...whole } = fleet
      const route = variantRoute(whole, variant, { replicas, isUneven: false })
      const isAtRest = !scalesToZero && own.every(({ copyCount }) => copyCount === 0)
      return [{ ...route, inferenceComponentName, ...(isAtRest && { atRest: true as const }) }]
    }),
  }
}

function variantRoute(
  { traffic }: Fleet,
  variant: FleetVariant,
  { replicas, isUneven }: { replicas: readonly RoutableReplica[]; isUneven: boolean },
): VariantRoute {
  const { variantName, weight, production } = variant
  const { share = 1, activeCount } = traffic?.[variantName] ?? {}
  const strategy = production.RoutingConfig?.RoutingStrategy
  const { serverless } = variant
  const answering = replicas
    .flatMap(routedReplica)
    .map((one) => (serverless ? { ...one, takesOne: true as const } : one))
  const isHolding = serverless !== undefined || variant.scalesToZero
  return {
    variantName,
    weight: isUneven ? weight * share : weight,
    replicas: answering.slice(0, serverless ? undefined : activeCount).sort(byReplicaId),
    ...(isHolding && { holdMs: FIRST_REPLICA_HOLD_MS }),
    ...(serverless && { serverless: serverlessRoute(serverless) }),
    ...(variant.hostsComponents && { hostsComponents: true as const }),
    ...(holdsManyModels(variant) && { multiModel: true as const }),
    ...(variant.containers && { containers: containersRoute(variant.containers) }),
    ...((strategy === 'RANDOM' || strategy === 'LEAST_OUTSTANDING_REQUESTS') && {
      routing: strategy,
    }),
  }
}

function serverlessRoute(settings: ServerlessSettings): ServerlessRoute {
  const { maxConcurrency, provisionedConcurrency } = settings
  return { maxConcurrency, provisionedConcurrency }
}

function routedReplica(replica: RoutableReplica): VariantRoute['replicas'] {
  const { ready, address } = replica.observation ?? replica
  const { replicaId, furtherAddresses } = replica
  return ready && address
    ? [{ replicaId, address, ...(furtherAddresses && { furtherAddresses }) }]
    : []
}

function containersRoute({ mode, all }: VariantContainers): ContainersRoute {
  return { mode, hostnames: all.map(({ hostname }) => hostname) }
}

function holdsManyModels({ container, containers }: FleetVariant): boolean {
  const all = containers?.all.map((one) => one.container) ?? [container]
  return all.some(({ Mode }) => Mode === 'MultiModel')
}

function byReplicaId(one: { replicaId: string }, other: { replicaId: string }): number {
  return one.replicaId < other.replicaId ? -1 : Number(one.replicaId > other.replicaId)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Equal for equal values, whatever order a row gives their members back in. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
