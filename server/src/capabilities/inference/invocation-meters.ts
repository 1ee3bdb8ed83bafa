import { InvocationMeter } from './invocation-meter.ts'
import type { EndpointRoute, FleetRoute } from './route.ts'

/** What a meter counts the requests of. */
export interface MeteredVariant {
  readonly realm: number
  readonly account: string
  readonly region: string
  readonly endpointName: string
  readonly endpointArn: string
  readonly generation: number
  readonly endpointConfigName: string
  readonly variantName: string
  /** Present: of that component's requests alone. */
  readonly inferenceComponentName?: string
}

export interface KeptMeter {
  readonly variant: MeteredVariant
  readonly meter: InvocationMeter
}

/**
 * The meters of all variants that a gateway serves or has served. One stays as long as something of it is
 * to be handed on, whatever becomes of its route.
 */
export class InvocationMeters {
  private readonly kept = new Map<string, KeptMeter>()

  /** The meter of a fleet's variant or component, the same one for each publication of it. */
  of(
    route: Omit<EndpointRoute, 'fleets' | 'version'>,
    of: {
      readonly fleet: FleetRoute
      readonly variantName: string
      readonly inferenceComponentName?: string | undefined
    },
  ): InvocationMeter {
    const { realm, account, region, endpointName, endpointArn } = route
    const { variantName, inferenceComponentName } = of
    const { generation, endpointConfigName } = of.fleet
    const place = { realm, account, region, endpointName, endpointArn }
    const variant = {
      ...{ ...place, generation, endpointConfigName, variantName },
      ...(inferenceComponentName !== undefined && { inferenceComponentName }),
    }
    const key = keyOf(variant)
    const known = this.kept.get(key)
    if (known) return known.meter
    const meter = new InvocationMeter()
    this.kept.set(key, { variant, meter })
    return meter
  }

  /** Captured records of a variant are lost. Of whichever fleet: it matters to the endpoint's owner only. */
  lostRecords(
    of: Pick<MeteredVariant, 'realm' | 'region' | 'endpointName' | 'variantName'>,
    { records, at }: { readonly records: number; readonly at: Date },
  ): void {
    const found = Array.from(this.kept.values()).find(
      ({ variant }) =>
        variant.realm === of.realm &&
        variant.region === of.region &&
        variant.endpointName === of.endpointName &&
        variant.variantName === of.variantName,
    )
    for (let index = 0; index < records; index++) found?.meter.tally('captureDropped', at.getTime())
  }

  all(): Iterable<KeptMeter> {
    return this.kept.values()
  }

  /** Forgets meters that no route names and nothing is to come from. */
  forgetIdle(isRouted: (variant: MeteredVariant) => boolean): void {
    for (const [key, { variant, meter }] of this.kept) {
      if (meter.isIdle && !isRouted(variant)) this.kept.delete(key)
    }
  }
}

function keyOf(variant: MeteredVariant): string {
  const { realm, endpointArn, generation, endpointConfigName, variantName } = variant
  const { inferenceComponentName: component = '' } = variant
  return `${realm} ${endpointArn} ${generation} ${endpointConfigName} ${variantName} ${component}`
}
