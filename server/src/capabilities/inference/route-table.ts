import { InvocationMeters, type MeteredVariant } from './invocation-meters.ts'
import { Replica } from './replica.ts'
import type {
  ComponentRoute,
  EndpointRoute,
  FleetRoute,
  ReplicaRoute,
  VariantRoute,
} from './route.ts'
import { RoutedEndpoint, RoutedFleet, RoutedVariant } from './routed-endpoint.ts'

type RouteKey = Pick<EndpointRoute, 'account' | 'region' | 'endpointName'>

export interface RouteTableWatcher {
  /** A replica is in no route and works on nothing: forget its connections. */
  replicaLeft?(replica: Replica): void
  /** Something was published or withdrawn. */
  changed?(): void
}

/** All endpoints that a gateway serves, in memory. */
export class RouteTable {
  /** The published version that this table shows, 0 when none was read. */
  version = 0
  /** What became of the requests to each variant. */
  readonly meters = new InvocationMeters()
  private readonly endpoints = new Map<string, RoutedEndpoint>()
  private readonly replicas = new Map<string, Replica>()
  private readonly watchers: RouteTableWatcher[] = []

  watch(watcher: RouteTableWatcher): void {
    this.watchers.push(watcher)
  }

  find(key: RouteKey): RoutedEndpoint | undefined {
    return this.endpoints.get(keyOf(key))
  }

  get routes(): readonly EndpointRoute[] {
    return Array.from(this.endpoints.values(), ({ route }) => route)
  }

  all(): Iterable<RoutedEndpoint> {
    return this.endpoints.values()
  }

  /** Makes `routes` all there is. */
  replace(version: number, routes: readonly EndpointRoute[]): void {
    const kept = new Set(routes.map(keyOf))
    for (const key of this.endpoints.keys()) if (!kept.has(key)) this.endpoints.delete(key)
    for (const route of routes) this.set(route)
    this.settle(version)
  }

  /** Takes up what became different. An older route of an endpoint than the one known is passed by. */
  update(
    version: number,
    { routes, withdrawn }: { routes: readonly EndpointRoute[]; withdrawn: readonly RouteKey[] },
  ): void {
    for (const key of withdrawn) this.endpoints.delete(keyOf(key))
    for (const route of routes) {
      const known = this.endpoints.get(keyOf(route))
      if (!known || known.route.version <= route.version) this.set(route)
    }
    this.settle(version)
  }

  /** Replicas that are in no route any more and still work on a request. */
  busyUnrouted(): readonly string[] {
    const busy: string[] = []
    for (const replica of this.replicas.values()) {
      if (!replica.routed && replica.outstanding > 0) busy.push(replica.replicaId)
    }
    return busy
  }

  /** A variant as it is served now. */
  variantOf(metered: MeteredVariant): RoutedVariant | undefined {
    const { generation, variantName, inferenceComponentName, ...key } = metered
    const endpoint = this.find(key)
    const isSame = endpoint?.route.realm === key.realm
    const fleet = isSame ? endpoint.fleetOf(generation) : undefined
    if (inferenceComponentName !== undefined) return fleet?.componentNamed(inferenceComponentName)
    return fleet?.variantNamed(variantName) ?? fleet?.shadowNamed(variantName)
  }

  /** A request leaves `replica`. */
  release(replica: Replica): void {
    replica.outstanding--
    if (replica.routed || replica.outstanding > 0) return
    this.forget(replica)
    for (const watcher of this.watchers) watcher.changed?.()
  }

  private set(route: EndpointRoute): void {
    const fleets = route.fleets.map((fleet) => {
      const shadows = (fleet.shadows ?? []).map((one) => this.variantFrom(one, { route, fleet }))
      const variants = fleet.variants.map((one) => this.variantFrom(one, { route, fleet, shadows }))
      const components = (fleet.components ?? []).map((one) =>
        this.variantFrom(one, { route, fleet }),
      )
      return new RoutedFleet(fleet, { variants, shadows, components })
    })
    this.endpoints.set(keyOf(route), new RoutedEndpoint(route, fleets))
  }

  private variantFrom(
    variant: VariantRoute & Partial<Pick<ComponentRoute, 'inferenceComponentName' | 'atRest'>>,
    of: { route: EndpointRoute; fleet: FleetRoute; shadows?: readonly RoutedVariant[] },
  ): RoutedVariant {
    const { route, fleet, shadows = [] } = of
    const replicas = variant.replicas.map((one) => this.replicaOf(one))
    const { variantName, inferenceComponentName } = variant
    const meter = this.meters.of(route, { fleet, variantName, inferenceComponentName })
    return new RoutedVariant(variant, { endpoint: route, fleet, replicas, meter, shadows })
  }

  private replicaOf(route: ReplicaRoute): Replica {
    const known = this.replicas.get(route.replicaId)
    if (known && sameAddress(known, route)) return known
    const replica = new Replica(route)
    this.replicas.set(route.replicaId, replica)
    return replica
  }

  /** Finds out which replicas are in no route any more. */
  private settle(version: number): void {
    this.version = version
    const routed = new Set<Replica>()
    for (const endpoint of this.endpoints.values()) {
      for (const { replicas } of endpoint.everyVariant) {
        for (const one of replicas) routed.add(one)
      }
    }
    for (const replica of this.replicas.values()) {
      replica.routed = routed.has(replica)
      if (!replica.routed && replica.outstanding === 0) this.forget(replica)
    }
    for (const watcher of this.watchers) watcher.changed?.()
  }

  private forget(replica: Replica): void {
    if (this.replicas.get(replica.replicaId) === replica) this.replicas.delete(replica.replicaId)
    for (const watcher of this.watchers) watcher.replicaLeft?.(replica)
  }
}

function keyOf({ account, region, endpointName }: RouteKey): string {
  return `${account}/${region}/${endpointName}`
}

function sameAddress(replica: Replica, { address, furtherAddresses = [] }: ReplicaRoute): boolean {
  const known = [replica.address, ...replica.furtherAddresses]
  return JSON.stringify(known) === JSON.stringify([address, ...furtherAddresses])
}
