import type { InvocationMeter } from './invocation-meter.ts'
import { InvocationMeters, type MeteredVariant } from './invocation-meters.ts'
import { leastBusy, Replica, type Turn } from './replica.ts'
import type { EndpointRoute, FleetRoute, ReplicaRoute, VariantRoute } from './route.ts'
import { chooseByWeight } from './variant-choice.ts'

type RouteKey = Pick<EndpointRoute, 'account' | 'region' | 'endpointName'>

/** One variant of one fleet in a gateway's memory. */
export class RoutedVariant {
  readonly variantName: string
  readonly fleet: FleetRoute
  readonly weight: number
  readonly replicas: readonly Replica[]
  readonly meter: InvocationMeter
  due = 0
  private readonly turn: Turn = { next: 0 }

  constructor(
    route: VariantRoute,
    known: { fleet: FleetRoute; replicas: readonly Replica[]; meter: InvocationMeter },
  ) {
    this.variantName = route.variantName
    this.weight = route.weight
    this.fleet = known.fleet
    this.replicas = known.replicas
    this.meter = known.meter
  }

  leastBusyReplica(except?: Replica): Replica | undefined {
    return leastBusy(this.replicas, this.turn, except)
  }
}

/** One fleet in a gateway's memory. */
export class RoutedFleet {
  readonly route: FleetRoute
  readonly variants: readonly RoutedVariant[]
  /** Its share, as the choice between fleets sees it. */
  readonly weight: number
  due = 0

  constructor(route: FleetRoute, variants: readonly RoutedVariant[]) {
    this.route = route
    this.weight = route.share
    this.variants = variants
  }

  /** The variant whose turn it is by weight. */
  nextVariant(): RoutedVariant | undefined {
    return this.variants.length === 1 ? this.variants[0] : chooseByWeight(this.variants)
  }

  variantNamed(name: string): RoutedVariant | undefined {
    return this.variants.find(({ variantName }) => variantName === name)
  }
}

/** One endpoint in a gateway's memory. */
export class RoutedEndpoint {
  readonly route: EndpointRoute
  readonly fleets: readonly RoutedFleet[]
  private readonly sole: RoutedFleet | undefined

  constructor(route: EndpointRoute, fleets: readonly RoutedFleet[]) {
    this.route = route
    this.fleets = fleets
    this.sole = fleets.length === 1 ? fleets[0] : undefined
  }

  /** The variant whose turn it is, by the fleets' shares and then by weight. */
  nextVariant(): RoutedVariant | undefined {
    return (this.sole ?? chooseByWeight(this.fleets))?.nextVariant()
  }

  /** The variant of that name in the fleet whose turn it is among those that have it. */
  variantNamed(name: string): RoutedVariant | undefined {
    if (this.sole) return this.sole.variantNamed(name)
    const having = this.fleets.filter((fleet) => fleet.variantNamed(name))
    return (chooseByWeight(having) ?? having[0])?.variantNamed(name)
  }

  /** The variant that is `one` in this publication of its endpoint. */
  successorOf(one: RoutedVariant): RoutedVariant | undefined {
    return this.fleetOf(one.fleet.generation)?.variantNamed(one.variantName)
  }

  fleetOf(generation: number): RoutedFleet | undefined {
    return this.fleets.find(({ route }) => route.generation === generation)
  }

  /** Every variant of every fleet. */
  get variants(): readonly RoutedVariant[] {
    return this.fleets.flatMap(({ variants }) => variants)
  }
}

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
  variantOf({ generation, variantName, ...key }: MeteredVariant): RoutedVariant | undefined {
    const endpoint = this.find(key)
    const isSame = endpoint?.route.realm === key.realm
    return isSame ? endpoint.fleetOf(generation)?.variantNamed(variantName) : undefined
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
      const variants = fleet.variants.map((variant) => {
        const replicas = variant.replicas.map((one) => this.replicaOf(one))
        const meter = this.meters.of(route, { fleet, variantName: variant.variantName })
        return new RoutedVariant(variant, { fleet, replicas, meter })
      })
      return new RoutedFleet(fleet, variants)
    })
    this.endpoints.set(keyOf(route), new RoutedEndpoint(route, fleets))
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
      for (const { replicas } of endpoint.variants) for (const one of replicas) routed.add(one)
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

function sameAddress(replica: Replica, route: { address: Replica['address'] }): boolean {
  return JSON.stringify(replica.address) === JSON.stringify(route.address)
}
