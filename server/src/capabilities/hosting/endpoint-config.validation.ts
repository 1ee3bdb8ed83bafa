import type { CreateEndpointConfigCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker'
import {
  type AwsError,
  type ConstraintFault,
  notImplemented,
  validationErrors,
  validationException,
} from '../../aws/errors.ts'
import { acceleratorRefusal } from '../compute/index.ts'

/** Refuses what is contradictory in itself, then what this platform does not do or have. */
export function validateCreateEndpointConfig(input: CreateEndpointConfigCommandInput): void {
  const variants = input.ProductionVariants ?? []
  const missing = unbuilt(input) ?? variants.map(unbuiltInVariant).find((error) => error)
  if (missing) throw missing
  const faults = variants.flatMap(variantFaults)
  if (faults.length > 0) throw validationErrors(faults)
  const names = variants.map((variant) => variant.VariantName)
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
  for (const { InstanceType: type = '', InitialInstanceCount: count = 0 } of variants) {
    const refusal = acceleratorRefusal({ type, count }, 'endpoint usage')
    if (refusal) throw refusal
  }
}

function variantFaults(variant: ProductionVariant, index: number): readonly ConstraintFault[] {
  const path = `productionVariants.${index + 1}.member`
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
  if (input.ShadowProductionVariants?.length) return notBuilt('ShadowProductionVariants')
  // to accept it and capture nothing would be found out only when the data is needed
  if (input.DataCaptureConfig?.EnableCapture)
    return notBuilt('DataCaptureConfig with EnableCapture')
  if (input.MetricsConfig) return notBuilt('MetricsConfig')
  return undefined
}

function unbuiltInVariant(variant: ProductionVariant): AwsError | undefined {
  if (variant.ServerlessConfig) return notBuilt('ServerlessConfig (serverless inference)')
  if (variant.ModelName === undefined) {
    return notBuilt('A production variant without ModelName (inference components)')
  }
  if (variant.ManagedInstanceScaling) {
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
