import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { changeVariantCapacity, findScalableVariant } from '../hosting/index.ts'
import {
  changeInferenceComponentCopies,
  readInferenceComponentCapacity,
} from '../inference-components/index.ts'
import type { ScalableTarget } from '../scalable-targets/index.ts'
import { resourceOf } from './scalable-dimension.ts'
import type { ObservedCapacity } from './scaling.states.ts'

/** How a target's resource stands. @returns undefined when there is none any more */
export async function observeCapacity(
  database: Queryable,
  target: ScalableTarget,
): Promise<ObservedCapacity | undefined> {
  const { place } = target
  const resource = resourceOf(target)
  if (!resource) return undefined
  if ('variantName' in resource) {
    const seen = await findScalableVariant(database, place, resource)
    return seen && observed({ ...seen, desired: seen.desiredInstanceCount })
  }
  const { inferenceComponentName } = resource
  const seen = await readInferenceComponentCapacity(database, place, inferenceComponentName)
  return seen && observed({ ...seen, desired: seen.desiredCopyCount })
}

function observed(seen: ObservedCapacity): ObservedCapacity {
  const { desired, isResting, failureReason } = seen
  return { desired, isResting, ...(failureReason !== undefined && { failureReason }) }
}

/** Begins to give a target's resource another capacity. @returns false when it cannot be changed now */
export async function changeCapacity(
  platform: Platform,
  target: ScalableTarget,
  capacity: number,
): Promise<boolean> {
  const { place } = target
  const resource = resourceOf(target)
  if (!resource) return false
  const outcome =
    'variantName' in resource
      ? await changeVariantCapacity(platform, place, { ...resource, instanceCount: capacity })
      : await changeInferenceComponentCopies(platform, place, { ...resource, copyCount: capacity })
  return outcome === 'Changed'
}
