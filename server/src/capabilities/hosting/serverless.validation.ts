import type {
  CreateEndpointConfigCommandInput,
  ProductionVariant,
  ProductionVariantServerlessConfig,
} from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import { containersOf, type Model } from '../models/index.ts'
import type { FleetVariant, ServerlessSettings } from './fleet.ts'

/** AWS's step of MemorySizeInMB. */
const MEMORY_STEP_MB = 1024

/**
 * Refuses serverless variants that contradict themselves, or what a configuration asks for besides.
 *
 * @source ProductionVariantServerlessConfig in AWS's API reference; its guide, "Serverless Inference", feature
 *   exclusions
 */
export function validateServerless(input: CreateEndpointConfigCommandInput): void {
  const variants = input.ProductionVariants ?? []
  const shadows = input.ShadowProductionVariants ?? []
  const serverless = [...variants, ...shadows].filter(isServerless)
  if (serverless.length === 0) return
  for (const variant of serverless) validateVariant(variant)
  if (variants.length > 1) {
    throw excluded(`There are ${variants.length} ProductionVariants`, 'give one')
  }
  const asked = [
    shadows.length > 0 && 'ShadowProductionVariants are',
    input.AsyncInferenceConfig && 'AsyncInferenceConfig is',
    input.DataCaptureConfig && input.DataCaptureConfig.EnableCapture !== false
      ? 'DataCaptureConfig is'
      : undefined,
    input.EnableNetworkIsolation && 'EnableNetworkIsolation is',
    input.VpcConfig && 'VpcConfig is',
  ].find((one) => one)
  if (asked) throw excluded(`${asked} given`, 'leave it out')
}

export function isServerless({ ServerlessConfig }: ProductionVariant): boolean {
  return ServerlessConfig !== undefined
}

function validateVariant(variant: ProductionVariant): void {
  const { VariantName: name, ServerlessConfig: config = NOTHING } = variant
  for (const member of ['InstanceType', 'InitialInstanceCount', 'VolumeSizeInGB'] as const) {
    if (variant[member] === undefined) continue
    throw validationException(
      `${member} is given for the variant "${name}", which has a ServerlessConfig: leave one of them out.`,
    )
  }
  const { MemorySizeInMB: memoryMb = 0 } = config
  if (memoryMb % MEMORY_STEP_MB !== 0) {
    throw validationException(
      `MemorySizeInMB is ${memoryMb} for the variant "${name}": give 1024, 2048, 3072, 4096, 5120 or 6144.`,
    )
  }
  requireProvisionable(name, {
    maxConcurrency: config.MaxConcurrency ?? 1,
    provisionedConcurrency: config.ProvisionedConcurrency ?? 0,
  })
}

const NOTHING: ProductionVariantServerlessConfig = {
  MemorySizeInMB: undefined,
  MaxConcurrency: undefined,
}

/** @throws ValidationException when more is provisioned than may be used */
export function requireProvisionable(
  variantName: string | undefined,
  { maxConcurrency, provisionedConcurrency }: Omit<ServerlessSettings, 'memoryMb'>,
): void {
  if (provisionedConcurrency <= maxConcurrency) return
  throw validationException(
    `ProvisionedConcurrency is ${provisionedConcurrency} and MaxConcurrency ${maxConcurrency} for the variant ` +
      `"${variantName}": ProvisionedConcurrency must not be greater.`,
  )
}

/** Refuses a model that cannot be hosted without instances. */
export function validateServerlessModel({ modelName, request }: Model): void {
  const containers = containersOf(request)
  const fault = [
    containers.length > 1 && `has ${containers.length} containers`,
    containers.some(({ Mode }) => Mode === 'MultiModel') && 'is in Mode MultiModel',
    containers.some(({ ModelDataSource }) => ModelDataSource) && 'has a ModelDataSource',
    request.EnableNetworkIsolation && 'has EnableNetworkIsolation',
    request.VpcConfig && 'has a VpcConfig',
  ].find((one) => one)
  if (fault) throw excluded(`Model "${modelName}" ${fault}`, 'give another model, or instances')
}

/** @source AWS's guide: an instance-based endpoint cannot become serverless; the other way it can */
export function requireConvertible(
  present: readonly FleetVariant[],
  next: readonly FleetVariant[],
): void {
  const wasServerless = present.some(({ serverless }) => serverless)
  if (wasServerless || !next.some(({ serverless }) => serverless)) return
  throw validationException(
    'An endpoint that runs on instances cannot be updated to a serverless one: create another endpoint.',
  )
}

function excluded(what: string, remedy: string) {
  return validationException(`${what}, which is not supported with a ServerlessConfig: ${remedy}.`)
}
