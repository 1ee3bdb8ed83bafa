import type { CreateEndpointConfigCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker'
import {
  type AwsError,
  type ConstraintFault,
  notImplemented,
  validationErrors,
  validationException,
} from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { acceleratorRefusal } from '../compute/index.ts'
import { validateComponentHosts } from './component-host.validation.ts'
import { requireInstances } from './instance-limit.validation.ts'
import { isServerless, validateServerless } from './serverless.validation.ts'

/** Refuses what is contradictory in itself, then what this platform does not do or have. */
export function validateCreateEndpointConfig(input: CreateEndpointConfigCommandInput): void {
  const variants = input.ProductionVariants ?? []
  const shadows = input.ShadowProductionVariants ?? []
  const every = [...variants, ...shadows]
  const missing = unbuilt(input) ?? every.map(unbuiltInVariant).find((error) => error)
  if (missing) throw missing
  const faults = [
    ...variants.flatMap((variant, index) =>
      variantFaults(variant, `productionVariants.${index + 1}`),
    ),
    ...shadows.flatMap((variant, index) =>
      variantFaults(variant, `shadowProductionVariants.${index + 1}`),
    ),
  ]
  if (faults.length > 0) throw validationErrors(faults)
  validateServerless(input)
  validateShadows(input)
  validateComponentHosts(input)
  validateCapture(input)
  const names = every.map((variant) => variant.VariantName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw validationException(
      `Two production variants have the name "${twice}": names must be unique within a configuration.`,
    )
  }
  const total = variants.reduce((sum, { InitialVariantWeight: weight }) => sum + (weight ?? 1), 0)
  if (total <= 0) {
    throw validationException(
      'The weights of all production variants are 0: no variant would get requests; give one a greater weight.',
    )
  }
  for (const variant of every) {
    const { InstanceType: type = '', InitialInstanceCount: count = 0 } = variant
    requireInstances(type, [count, variant.ManagedInstanceScaling?.MaxInstanceCount])
    const refusal = acceleratorRefusal({ type, count }, 'endpoint usage')
    if (refusal) throw refusal
  }
}

/** @source CreateEndpointConfig in AWS's API reference; "Shadow tests" in its guide for what they exclude */
function validateShadows(input: CreateEndpointConfigCommandInput): void {
  const shadows = input.ShadowProductionVariants ?? []
  if (shadows.length === 0) return
  const production = input.ProductionVariants?.length ?? 0
  if (shadows.length > 1 || production > 1) {
    throw validationException(
      `There are ${production} ProductionVariants and ${shadows.length} ShadowProductionVariants: with shadow ` +
        'variants, give exactly one of each.',
    )
  }
  if (input.AsyncInferenceConfig) {
    throw validationException(
      'ShadowProductionVariants and AsyncInferenceConfig are both given: shadow variants are for real-time endpoints.',
    )
  }
}

/** To accept it and capture nothing would be found out only when the data is needed. */
function validateCapture({
  DataCaptureConfig: capture,
  AsyncInferenceConfig: asynchronous,
}: CreateEndpointConfigCommandInput): void {
  if (!capture || capture.EnableCapture === false) return
  if (asynchronous) {
    throw validationException(
      'DataCaptureConfig and AsyncInferenceConfig are both given: data capture is for real-time endpoints.',
    )
  }
  const uri = capture.DestinationS3Uri ?? ''
  if (!parseS3Uri(uri)) {
    throw validationException(`DestinationS3Uri '${uri}' names no bucket: give s3://bucket/prefix.`)
  }
}

function variantFaults(variant: ProductionVariant, list: string): readonly ConstraintFault[] {
  if (isServerless(variant)) return []
  const path = `${list}.member`
  const message = 'Member must not be null'
  return [
    ...(variant.InstanceType === undefined ? [{ path: `${path}.instanceType`, message }] : []),
    ...(variant.InitialInstanceCount === undefined
      ? [{ path: `${path}.initialInstanceCount`, message }]
      : []),
  ]
}

function unbuilt(input: CreateEndpointConfigCommandInput): AwsError | undefined {
  if (input.ExplainerConfig) return notBuilt('ExplainerConfig (online explanations)')
  if (input.MetricsConfig) return notBuilt('MetricsConfig')
  return undefined
}

function unbuiltInVariant(variant: ProductionVariant): AwsError | undefined {
  if (variant.ModelName !== undefined && variant.ManagedInstanceScaling) {
    // source: CreateEndpointConfig's own answer, in a public provider's test log
    return validationException(
      'ManagedInstanceScaling is only supported for inference component endpoints.',
    )
  }
  if (variant.AcceleratorType !== undefined) {
    return validationException(
      'AcceleratorType is given: Elastic Inference is no longer available.',
    )
  }
  if (variant.InstancePools) return notBuilt('InstancePools')
  if (variant.CoreDumpConfig) return notBuilt('CoreDumpConfig')
  if (variant.EnableSSMAccess) return notBuilt('EnableSSMAccess')
  if (variant.CapacityReservationConfig) return notBuilt('CapacityReservationConfig')
  return undefined
}

function notBuilt(what: string): AwsError {
  return notImplemented(`${what} is not built yet.`)
}
