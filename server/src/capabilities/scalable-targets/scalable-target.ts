import { validationException } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { type AlarmWriter, deleteManagedAlarms } from '../alarms/index.ts'
import {
  deleteTarget,
  findTarget,
  listTargetsOfEndpoint,
  type ScalableTarget,
} from './scalable-target.store.ts'

/** A variant of an endpoint that is registered, by what of it may be scaled. */
export interface ScaledVariant {
  readonly variantName: string
  /** E.g. `sagemaker:variant:DesiredInstanceCount`. */
  readonly scalableDimension: string
}

/** The variants of an endpoint that are registered as scalable targets. */
export async function scalableTargetsOf(
  database: Queryable,
  place: Place,
  endpointName: string,
): Promise<readonly ScaledVariant[]> {
  const targets = await listTargetsOfEndpoint(database, place, endpointName)
  return targets.flatMap(({ variant, scalableDimension }) =>
    variant ? [{ variantName: variant.variantName, scalableDimension }] : [],
  )
}

/** What an update makes of a variant matters here by these alone. */
interface VariantShape {
  readonly variantName: string
  readonly instanceType: string | undefined
}

/**
 * Refuses an update that takes away a variant that is registered, or gives it another instance type.
 *
 * @throws ValidationException
 * @source SageMaker Developer Guide, "Update endpoints that use automatic scaling"
 */
export async function requireVariantsKept(
  database: Queryable,
  place: Place,
  change: {
    readonly endpointName: string
    readonly present: readonly VariantShape[]
    readonly next: readonly VariantShape[]
  },
): Promise<void> {
  const { endpointName, present, next } = change
  const scaled = await scalableTargetsOf(database, place, endpointName)
  const typeIn = (variants: readonly VariantShape[], name: string) =>
    variants.find(({ variantName }) => variantName === name)
  const lost = scaled
    .map(({ variantName }) => variantName)
    .filter((name) => {
      const kept = typeIn(next, name)
      return !kept || kept.instanceType !== typeIn(present, name)?.instanceType
    })
  if (lost.length === 0) return
  throw validationException(
    `The variant(s) "${lost.join(', ')}" must be deregistered as scalable targets with AWS Auto Scaling ` +
      'before they can be removed or have their instance type updated.',
  )
}

/**
 * Takes every target of an endpoint away, with policies, their alarms and scheduled actions, in the transaction
 * that deletes the endpoint; without a word, as AWS does.
 */
export async function deregisterTargetsOf(
  transaction: Queryable,
  place: Place,
  { endpointName, platform }: { readonly endpointName: string; readonly platform: AlarmWriter },
): Promise<void> {
  const targets = await listTargetsOfEndpoint(transaction, place, endpointName)
  await deregister(transaction, place, { targets, platform })
}

/** Likewise of an inference component. */
export async function deregisterComponentTarget(
  transaction: Queryable,
  place: Place,
  of: { readonly inferenceComponentName: string; readonly platform: AlarmWriter },
): Promise<void> {
  const target = await findTarget(transaction, place, {
    resourceId: `inference-component/${of.inferenceComponentName}`,
    scalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
  })
  const targets = target ? [target] : []
  await deregister(transaction, place, { targets, platform: of.platform })
}

async function deregister(
  transaction: Queryable,
  place: Place,
  of: { readonly targets: readonly ScalableTarget[]; readonly platform: AlarmWriter },
): Promise<void> {
  for (const { targetId } of of.targets) {
    const names = await deleteTarget(transaction, targetId)
    await deleteManagedAlarms(transaction, place, { platform: of.platform, names })
  }
}
