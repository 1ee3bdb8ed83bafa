import { instanceType } from '../compute/index.ts'
import type { FleetVariant } from './fleet.ts'
import type { InstanceCapacity } from './placement.states.ts'

const MIB = 2 ** 20

/** What each instance of a variant has for copies. */
export function capacityOf({ production }: Pick<FleetVariant, 'production'>): InstanceCapacity {
  const type = instanceType(production.InstanceType ?? '')
  return {
    cpuCores: type?.vCpus ?? 0,
    accelerators: type?.gpus ?? 0,
    memoryMb: Math.floor((type?.memoryBytes ?? 0) / MIB),
  }
}

/** Between how many instances a variant is kept by what its copies need; absent: it keeps the number it is given. */
export interface InstanceRange {
  readonly least: number
  readonly most: number
}

export function managedRange({
  production,
}: Pick<FleetVariant, 'production'>): InstanceRange | undefined {
  const { ManagedInstanceScaling: scaling, InitialInstanceCount: initial = 1 } = production
  if (scaling?.Status !== 'ENABLED') return undefined
  const least = scaling.MinInstanceCount ?? Math.min(1, initial)
  return { least, most: Math.max(least, scaling.MaxInstanceCount ?? initial) }
}

/** How many instances a variant may come to have. */
export function instancesMax(variant: FleetVariant): number {
  return Math.max(variant.desiredInstanceCount, managedRange(variant)?.most ?? 0)
}
