import type { InferenceComponentSpecification } from '@aws-sdk/client-sagemaker'
import type { CopyPlace, FleetVariant, WorkloadKey } from './fleet.ts'

/**
 * Copies that are kept on the instances of a variant: what one specification of an inference component asks
 * for. While a component is given another specification it has two.
 */
export interface Workload extends WorkloadKey {
  readonly inferenceComponentName: string
  /** The variant on whose instances the copies are. */
  readonly variantName: string
  readonly request: InferenceComponentSpecification
  /** What a copy runs, as if it were a variant's replica. */
  readonly variant: FleetVariant
  readonly placement: Placement
  /** How many copies are kept. */
  readonly copyCount: number
  /** It was scaled to zero before: requests are held while it has no copy. */
  readonly scalesToZero: boolean
  /** False until its copies have come up once: then one that fails is not tried again. */
  readonly isProven: boolean
  /** Why copies that were to come up since the last change did not. */
  readonly failure?: string
}

/** What a copy takes of its instance, and how copies are laid out. */
export interface Placement {
  readonly cpuCores: number
  readonly accelerators: number
  /** What is reserved for it. */
  readonly memoryMb: number
  readonly strategy: 'SPREAD' | 'BINPACK'
}

export function isCopyOf(key: WorkloadKey): (replica: { readonly copy?: CopyPlace }) => boolean {
  return ({ copy }) =>
    copy?.componentId === key.componentId && copy.specification === key.specification
}
