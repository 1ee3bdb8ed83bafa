import type { DeploymentPhase, DeploymentPlan, InstanceCounts } from './deployment.ts'
import type { Fleet, FleetTraffic, FleetVariant, Replica } from './fleet.ts'
import { fleetShare, isRouted } from './fleet-route.states.ts'

/** What a fleet that had requests before keeps of them beside the new one's shares. */
export function presentTraffic(
  plan: DeploymentPlan,
  fleet: Pick<Fleet, 'generation' | 'variants'>,
  nextShares: Readonly<Record<string, number>>,
): FleetTraffic | null {
  const base = plan.present.find(({ generation }) => generation === fleet.generation)?.share ?? 1
  const isUntouched = base === 1 && Object.values(nextShares).every((share) => share === 0)
  if (isUntouched) return null
  return Object.fromEntries(
    fleet.variants.map(({ variantName }) => {
      // what the new fleet has not got any more goes with the last of the old one
      const taken = nextShares[variantName] ?? 1
      return [variantName, { share: base * (1 - taken) }]
    }),
  )
}

export function nextTraffic({ variants }: DeploymentPhase): FleetTraffic {
  return Object.fromEntries(
    variants.map(({ variantName, share, activeCount }) => [variantName, { share, activeCount }]),
  )
}

export function sharesOf({ variants }: DeploymentPhase): Readonly<Record<string, number>> {
  return Object.fromEntries(variants.map(({ variantName, share }) => [variantName, share]))
}

/** Shares by nothing but the new fleet's instances among all. */
export function sharesByCount(
  next: Pick<Fleet, 'variants'>,
  present: readonly FleetVariant[],
): Readonly<Record<string, number>> {
  const old = countsOf(present)
  return Object.fromEntries(
    next.variants.map(({ variantName, instanceCount }) => {
      const total = instanceCount + (old[variantName] ?? 0)
      return [variantName, total === 0 ? 1 : instanceCount / total]
    }),
  )
}

export function shareTraffic(shares: Readonly<Record<string, number>>): FleetTraffic {
  return Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, { share }]))
}

/** The same variants with other counts, as far as `counts` names them. */
export function withCounts(
  variants: readonly FleetVariant[],
  counts: InstanceCounts,
): readonly FleetVariant[] {
  return variants.map((variant) => ({
    ...variant,
    instanceCount: counts[variant.variantName] ?? variant.instanceCount,
  }))
}

export function countsOf(variants: readonly FleetVariant[]): InstanceCounts {
  return Object.fromEntries(variants.map((one) => [one.variantName, one.instanceCount]))
}

/** By configuration, how an endpoint's requests are shared out, in sums of 1. */
export function sharesByConfig(fleets: readonly Fleet[]): Readonly<Record<string, number>> {
  const routed = fleets.filter(isRouted)
  const total = routed.reduce((sum, fleet) => sum + fleetShare(fleet), 0) || 1
  const shares: Record<string, number> = {}
  for (const fleet of routed) {
    const before = shares[fleet.endpointConfigName] ?? 0
    shares[fleet.endpointConfigName] = rounded(before + fleetShare(fleet) / total)
  }
  return shares
}

/** By configuration and variant, how many instances answer. */
export function instancesByConfig(
  fleets: readonly Fleet[],
  replicas: readonly Replica[],
): Readonly<Record<string, InstanceCounts>> {
  return Object.fromEntries(
    fleets.map((fleet) => [
      fleet.endpointConfigName,
      Object.fromEntries(
        fleet.variants.map(({ variantName }) => [
          variantName,
          replicas.filter(
            (replica) =>
              replica.ready &&
              replica.generation === fleet.generation &&
              replica.variantName === variantName,
          ).length,
        ]),
      ),
    ]),
  )
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000
}
