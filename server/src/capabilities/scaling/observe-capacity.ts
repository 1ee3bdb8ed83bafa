import type { Queryable } from '../../platform/database/database.ts'
import { findScalableVariant } from '../hosting/index.ts'
import type { ScalableTarget } from '../scalable-targets/index.ts'
import type { ObservedCapacity } from './scaling.states.ts'

/** How a target's resource stands. @returns undefined when there is none any more */
export async function observeCapacity(
  database: Queryable,
  { variant, place }: ScalableTarget,
): Promise<ObservedCapacity | undefined> {
  const seen = variant && (await findScalableVariant(database, place, variant))
  if (!seen) return undefined
  const { desiredInstanceCount: desired, isResting, failureReason } = seen
  return { desired, isResting, ...(failureReason !== undefined && { failureReason }) }
}
