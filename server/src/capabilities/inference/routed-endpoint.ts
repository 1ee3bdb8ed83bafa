import type { InvocationMeter } from './invocation-meter.ts'
import { holderOf, leastBusy, type Replica, randomlyChosen, type Turn } from './replica.ts'
import type {
  ComponentRoute,
  ContainersRoute,
  EndpointRoute,
  FleetRoute,
  ServerlessRoute,
  VariantRoute,
} from './route.ts'
import { chooseByWeight } from './variant-choice.ts'

/** One variant of one fleet in a gateway's memory. */
export class RoutedVariant {
  readonly variantName: string
  readonly fleet: FleetRoute
  readonly weight: number
  readonly replicas: readonly Replica[]
  readonly meter: InvocationMeter
  /** Those that get copies of its requests. */
  readonly shadows: readonly RoutedVariant[]
  readonly endpoint: EndpointRoute
  /** How long requests are held for want of a replica; undefined: the usual time. */
  readonly holdMs: number | undefined
  /** True: each replica holds many models. */
  readonly isMultiModel: boolean
  /** Present: replicas come for requests, and take one at a time each. */
  readonly serverless: ServerlessRoute | undefined
  /** What its replicas are made of; undefined: one container. */
  readonly containers: ContainersRoute | undefined
  /** Present: it is not a variant but a component, which shares one's instances; its replicas are copies. */
  readonly inferenceComponentName: string | undefined
  /** True: there is no replica, and there will be none until somebody asks for one. */
  readonly isAtRest: boolean
  /** True: its instances are for components, and it has no replica of its own. */
  readonly hostsComponents: boolean
  due = 0
  private readonly turn: Turn = { next: 0 }
  private readonly isRandom: boolean

  constructor(
    route: VariantRoute & Partial<Pick<ComponentRoute, 'inferenceComponentName' | 'atRest'>>,
    known: Pick<RoutedVariant, 'endpoint' | 'fleet' | 'replicas' | 'meter' | 'shadows'>,
  ) {
    this.variantName = route.variantName
    this.weight = route.weight
    this.holdMs = route.holdMs
    this.isMultiModel = route.multiModel === true
    this.containers = route.containers
    this.serverless = route.serverless
    this.inferenceComponentName = route.inferenceComponentName
    this.isAtRest = route.atRest === true
    this.hostsComponents = route.hostsComponents === true
    this.isRandom = route.routing === 'RANDOM'
    this.endpoint = known.endpoint
    this.fleet = known.fleet
    this.replicas = known.replicas
    this.meter = known.meter
    this.shadows = known.shadows
  }

  /**
   * The replica for the next request, by the variant's routing strategy.
   *
   * @param options.except one that has just failed the request
   * @param options.model the model that the request names, of a variant whose replicas hold many
   */
  nextReplica(options: { except?: Replica; model?: string | undefined } = {}): Replica | undefined {
    const { except, model } = options
    if (model !== undefined) return holderOf(model, this.replicas, except)
    if (this.isRandom) return randomlyChosen(this.replicas, except)
    return leastBusy(this.replicas, this.turn, except)
  }
}

/** One fleet in a gateway's memory. */
export class RoutedFleet {
  readonly route: FleetRoute
  readonly variants: readonly RoutedVariant[]
  readonly shadows: readonly RoutedVariant[]
  readonly components: readonly RoutedVariant[]
  /** Its share, as the choice between fleets sees it. */
  readonly weight: number
  due = 0

  constructor(route: FleetRoute, known: Pick<RoutedFleet, 'variants' | 'shadows' | 'components'>) {
    this.route = route
    this.weight = route.share
    this.variants = known.variants
    this.shadows = known.shadows
    this.components = known.components
  }

  /** The variant whose turn it is by weight. */
  nextVariant(): RoutedVariant | undefined {
    return this.variants.length === 1 ? this.variants[0] : chooseByWeight(this.variants)
  }

  variantNamed(name: string): RoutedVariant | undefined {
    return this.variants.find(({ variantName }) => variantName === name)
  }

  shadowNamed(name: string): RoutedVariant | undefined {
    return this.shadows.find(({ variantName }) => variantName === name)
  }

  componentNamed(name: string): RoutedVariant | undefined {
    return this.components.find(({ inferenceComponentName }) => inferenceComponentName === name)
  }
}

/** One endpoint in a gateway's memory. */
export class RoutedEndpoint {
  readonly route: EndpointRoute
  readonly fleets: readonly RoutedFleet[]
  /** True: each request names the component that it is for. */
  readonly hostsComponents: boolean
  private readonly sole: RoutedFleet | undefined

  constructor(route: EndpointRoute, fleets: readonly RoutedFleet[]) {
    this.route = route
    this.fleets = fleets
    this.sole = fleets.length === 1 ? fleets[0] : undefined
    this.hostsComponents = fleets.some(({ variants }) =>
      variants.some(({ hostsComponents }) => hostsComponents),
    )
  }

  /** The variant whose turn it is, by the fleets' shares and then by weight. */
  nextVariant(): RoutedVariant | undefined {
    return (this.sole ?? chooseByWeight(this.fleets))?.nextVariant()
  }

  /** The variant of that name in the fleet whose turn it is among those that have it. */
  variantNamed(name: string): RoutedVariant | undefined {
    return this.inTurn((fleet) => fleet.variantNamed(name))
  }

  /** The component of that name in the fleet whose turn it is among those that have it. */
  componentNamed(name: string): RoutedVariant | undefined {
    return this.inTurn((fleet) => fleet.componentNamed(name))
  }

  private inTurn(
    find: (fleet: RoutedFleet) => RoutedVariant | undefined,
  ): RoutedVariant | undefined {
    if (this.sole) return find(this.sole)
    const having = this.fleets.filter((fleet) => find(fleet) !== undefined)
    const chosen = chooseByWeight(having) ?? having[0]
    return chosen && find(chosen)
  }

  /** The variant, or component, that is `one` in this publication of its endpoint. */
  successorOf(one: RoutedVariant): RoutedVariant | undefined {
    const fleet = this.fleetOf(one.fleet.generation)
    if (one.inferenceComponentName === undefined) return fleet?.variantNamed(one.variantName)
    return fleet?.componentNamed(one.inferenceComponentName)
  }

  fleetOf(generation: number): RoutedFleet | undefined {
    return this.fleets.find(({ route }) => route.generation === generation)
  }

  /** Every variant of every fleet, shadows and components among them. */
  get everyVariant(): readonly RoutedVariant[] {
    return this.fleets.flatMap(({ variants, shadows, components }) => [
      ...variants,
      ...shadows,
      ...components,
    ])
  }
}
