import type { ProductionVariant, VariantPropertyType } from '@aws-sdk/client-sagemaker'
import type { Model } from '../models/index.ts'
import { containersOf, modelDataOf } from '../models/index.ts'
import type { FleetVariant } from './fleet.ts'

/** Joins a production variant with its model, as they are at this moment. */
export function fleetVariant(options: {
  readonly production: ProductionVariant
  readonly model: Model
  readonly resolvedImage: string
  readonly resolvedAt: Date
  /** Of the endpoint configuration; a model's own isolation adds to it. */
  readonly networkIsolation: boolean
}): FleetVariant {
  const { production, model, resolvedImage, resolvedAt } = options
  const weight = production.InitialVariantWeight ?? 1
  const instanceCount = production.InitialInstanceCount ?? 1
  const container = containersOf(model.request)[0] ?? {}
  const modelData = modelDataOf(container)
  return {
    variantName: production.VariantName ?? '',
    production,
    container,
    ...(modelData && { modelData }),
    executionRoleArn: model.request.ExecutionRoleArn ?? '',
    networkIsolation: options.networkIsolation || (model.request.EnableNetworkIsolation ?? false),
    resolvedImage,
    resolvedAt: resolvedAt.toISOString(),
    weight,
    desiredWeight: weight,
    instanceCount,
    desiredInstanceCount: instanceCount,
  }
}

/**
 * What RetainAllVariantProperties means: variants that were there before keep the weight and the count
 * that they have come to, but for the properties that are excluded.
 */
export function retainProperties(
  next: readonly FleetVariant[],
  present: readonly FleetVariant[],
  excluded: readonly (VariantPropertyType | undefined)[],
): readonly FleetVariant[] {
  return next.map((variant) => {
    const before = present.find(({ variantName }) => variantName === variant.variantName)
    if (!before) return variant
    const weight = excluded.includes('DesiredWeight') ? variant.weight : before.desiredWeight
    const instanceCount = excluded.includes('DesiredInstanceCount')
      ? variant.instanceCount
      : before.desiredInstanceCount
    return {
      ...variant,
      weight,
      desiredWeight: weight,
      instanceCount,
      desiredInstanceCount: instanceCount,
    }
  })
}

/** What a variant shall become: absent members stay as they are. */
export interface VariantTarget {
  readonly variantName: string
  readonly weight?: number
  readonly instanceCount?: number
}

/** Towards targets: first grow, so that no weight moves to replicas that are not there yet. */
export function aimAt(
  variants: readonly FleetVariant[],
  targets: readonly VariantTarget[],
): readonly FleetVariant[] {
  return variants.map((variant) => {
    const target = targets.find(({ variantName }) => variantName === variant.variantName)
    if (!target) return variant
    const desiredInstanceCount = target.instanceCount ?? variant.desiredInstanceCount
    return {
      ...variant,
      desiredWeight: target.weight ?? variant.desiredWeight,
      desiredInstanceCount,
      instanceCount: Math.max(variant.instanceCount, desiredInstanceCount),
    }
  })
}

/** Then weights move and what is too much goes. */
export function arrive(variants: readonly FleetVariant[]): readonly FleetVariant[] {
  return variants.map((variant) => ({
    ...variant,
    weight: variant.desiredWeight,
    instanceCount: variant.desiredInstanceCount,
  }))
}
