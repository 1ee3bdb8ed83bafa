import type { ProductionVariant, VariantPropertyType } from '@aws-sdk/client-sagemaker'
import type { Model } from '../models/index.ts'
import { containersOf, modelDataOf } from '../models/index.ts'
import type {
  Fleet,
  FleetContainer,
  FleetSettings,
  FleetVariant,
  ServerlessSettings,
} from './fleet.ts'

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
  const containers = containersOf(model.request).map((container, index): FleetContainer => {
    const modelData = modelDataOf(container)
    const hostname = container.ContainerHostname || `container-${index + 1}`
    return { hostname, container, ...(modelData && { modelData }), resolvedImage }
  })
  const { container = {}, modelData } = containers[0] ?? {}
  const mode = model.request.InferenceExecutionConfig?.Mode ?? 'Serial'
  return {
    ...plainVariant(production),
    container,
    ...(modelData && { modelData }),
    executionRoleArn: model.request.ExecutionRoleArn ?? '',
    networkIsolation: options.networkIsolation || (model.request.EnableNetworkIsolation ?? false),
    resolvedImage,
    resolvedAt: resolvedAt.toISOString(),
    ...serverlessOf(production),
    ...(containers.length > 1 && { containers: { mode, all: containers } }),
  }
}

/** What a variant is before it is known what runs on it. */
export function plainVariant(
  production: ProductionVariant,
): Pick<
  FleetVariant,
  | 'variantName'
  | 'production'
  | 'weight'
  | 'desiredWeight'
  | 'instanceCount'
  | 'desiredInstanceCount'
> {
  const weight = production.InitialVariantWeight ?? 1
  const instanceCount = production.InitialInstanceCount ?? 1
  return {
    variantName: production.VariantName ?? '',
    production,
    weight,
    desiredWeight: weight,
    instanceCount,
    desiredInstanceCount: instanceCount,
  }
}

function serverlessOf({
  ServerlessConfig: config,
}: ProductionVariant): Pick<FleetVariant, 'serverless' | 'desiredServerless'> {
  if (!config) return {}
  const settings: ServerlessSettings = {
    memoryMb: config.MemorySizeInMB ?? 0,
    maxConcurrency: config.MaxConcurrency ?? 1,
    provisionedConcurrency: config.ProvisionedConcurrency ?? 0,
  }
  return { serverless: settings, desiredServerless: settings }
}

/** What an update keeps of what variants have come to. */
export interface Retention {
  /** RetainAllVariantProperties */
  readonly all: boolean
  readonly excluded: readonly (VariantPropertyType | undefined)[]
  /** Variants that are scaled automatically keep their count, whatever the configuration says at first. */
  readonly scaledVariants: readonly string[]
}

/** Variants that were there before keep the weight and the count that they have come to, as far as is asked. */
export function retainProperties(
  next: readonly FleetVariant[],
  present: readonly FleetVariant[],
  { all, excluded, scaledVariants }: Retention,
): readonly FleetVariant[] {
  return next.map((variant) => {
    const before = present.find(({ variantName }) => variantName === variant.variantName)
    if (!before) return variant
    const keepsWeight = all && !excluded.includes('DesiredWeight')
    const keepsCount =
      (all || scaledVariants.includes(variant.variantName)) &&
      !variant.serverless === !before.serverless &&
      !excluded.includes('DesiredInstanceCount')
    const weight = keepsWeight ? before.desiredWeight : variant.weight
    const instanceCount = keepsCount ? before.desiredInstanceCount : variant.instanceCount
    return {
      ...variant,
      weight,
      desiredWeight: weight,
      instanceCount,
      desiredInstanceCount: instanceCount,
      ...(keepsCount && retainedConcurrency(variant, before)),
      ...(before.scalesToZero && { scalesToZero: true as const }),
    }
  })
}

/** Of serverless variants it is concurrency that they have come to; memory is what the configuration says. */
function retainedConcurrency(
  { serverless }: FleetVariant,
  { desiredServerless }: FleetVariant,
): Pick<FleetVariant, 'serverless' | 'desiredServerless'> {
  if (!serverless || !desiredServerless) return {}
  const settings = { ...desiredServerless, memoryMb: serverless.memoryMb }
  return { serverless: settings, desiredServerless: settings }
}

/** Likewise what data is captured. */
export function retainSettings(
  next: FleetSettings,
  present: FleetSettings,
  { all, excluded }: Retention,
): FleetSettings {
  if (!all || excluded.includes('DataCaptureConfig')) return next
  const { DataCaptureConfig } = present
  const { DataCaptureConfig: _, ...others } = next
  return { ...others, ...(DataCaptureConfig && { DataCaptureConfig }) }
}

/** What a variant shall become: absent members stay as they are. */
export interface VariantTarget {
  readonly variantName: string
  readonly weight?: number
  readonly instanceCount?: number
  /** Of a serverless variant. */
  readonly concurrency?: Partial<Omit<ServerlessSettings, 'memoryMb'>>
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
      ...aimedConcurrency(variant, target),
      ...(desiredInstanceCount === 0 && { scalesToZero: true as const }),
    }
  })
}

function aimedConcurrency(
  { serverless, desiredServerless }: FleetVariant,
  { concurrency }: VariantTarget,
): Pick<FleetVariant, 'serverless' | 'desiredServerless'> {
  if (!serverless || !desiredServerless || !concurrency) return {}
  const desired = { ...desiredServerless, ...concurrency }
  const greater = (member: 'maxConcurrency' | 'provisionedConcurrency') =>
    Math.max(serverless[member], desired[member])
  return {
    serverless: {
      ...desired,
      maxConcurrency: greater('maxConcurrency'),
      provisionedConcurrency: greater('provisionedConcurrency'),
    },
    desiredServerless: desired,
  }
}

/**
 * How many replicas a variant must have, to be what its fleet says: of a serverless variant those that are
 * provisioned, and of one that is launched the one that proves its model.
 */
export function requiredCount(
  { stage }: Pick<Fleet, 'stage'>,
  { serverless, instanceCount }: FleetVariant,
): number {
  if (!serverless) return instanceCount
  return Math.max(serverless.provisionedConcurrency, stage === 'Launching' ? 1 : 0)
}

/** Then weights move and what is too much goes. */
export function arrive(variants: readonly FleetVariant[]): readonly FleetVariant[] {
  return variants.map((variant) => ({
    ...variant,
    weight: variant.desiredWeight,
    instanceCount: variant.desiredInstanceCount,
    ...(variant.desiredServerless && { serverless: variant.desiredServerless }),
  }))
}
