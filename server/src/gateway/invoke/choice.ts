import {
  asynchronousEndpoint,
  componentNotAllowed,
  componentNotFound,
  componentNotNamed,
  endpointNotFound,
  noWeight,
  type RoutedEndpoint,
  type RoutedVariant,
  type RouteTable,
  variantNotFound,
} from '../../capabilities/inference/index.ts'
import type { Wanted } from './wanted.ts'

type RouteKey = Parameters<RouteTable['find']>[0]

/**
 * The variant that one request goes to. Once chosen it stays, also while the endpoint is published anew, as
 * long as its fleet serves; then another is chosen in its place.
 */
export class Choice {
  endpoint: RoutedEndpoint | undefined
  variant: RoutedVariant | undefined
  private readonly table: RouteTable
  private readonly wanted: Wanted
  private readonly key: RouteKey

  constructor(
    table: RouteTable,
    of: { readonly account: string; readonly region: string; readonly wanted: Wanted },
  ) {
    const { account, region, wanted } = of
    this.table = table
    this.wanted = wanted
    this.key = { account, region, endpointName: wanted.endpointName }
  }

  /** Finds the variant, now or again. @throws AwsError when there is none to send to */
  make(): RoutedVariant {
    const endpoint = this.table.find(this.key)
    if (!endpoint) throw endpointNotFound(this.key.account, this.key.endpointName)
    if (this.variant && endpoint === this.endpoint) return this.variant
    const before = this.variant && endpoint.successorOf(this.variant)
    this.endpoint = endpoint
    this.variant =
      before ?? this.componentOf(endpoint) ?? this.targetOf(endpoint) ?? endpoint.nextVariant()
    if (!this.variant) throw noWeight(endpoint.route)
    if (this.variant.fleet.asyncInference) throw asynchronousEndpoint(endpoint.route)
    return this.variant
  }

  private componentOf(endpoint: RoutedEndpoint): RoutedVariant | undefined {
    const { inferenceComponent } = this.wanted
    const isNamed = inferenceComponent !== undefined && inferenceComponent !== ''
    if (!endpoint.hostsComponents) {
      if (isNamed) throw componentNotAllowed()
      return undefined
    }
    if (!isNamed) throw componentNotNamed()
    const component = endpoint.componentNamed(inferenceComponent)
    if (!component) throw componentNotFound(endpoint.route, inferenceComponent)
    return component
  }

  private targetOf(endpoint: RoutedEndpoint): RoutedVariant | undefined {
    const { targetVariant } = this.wanted
    if (targetVariant === undefined || targetVariant === '') return undefined
    const variant = endpoint.variantNamed(targetVariant)
    if (!variant) throw variantNotFound(endpoint.route, targetVariant)
    return variant
  }
}
