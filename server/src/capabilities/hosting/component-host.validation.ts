import type {
  CreateEndpointConfigCommandInput,
  ProductionVariant,
  ProductionVariantManagedInstanceScaling,
} from '@aws-sdk/client-sagemaker'
import { notImplemented, validationException } from '../../aws/errors.ts'

/**
 * Refuses variants without a model, which are for inference components, that contradict themselves, or what a
 * configuration asks for besides.
 *
 * @source CreateEndpointConfig and ProductionVariant in AWS's API reference
 */
export function validateComponentHosts(input: CreateEndpointConfigCommandInput): void {
  const shadows = input.ShadowProductionVariants ?? []
  const variants = [...(input.ProductionVariants ?? []), ...shadows]
  const hosts = variants.filter(({ ModelName }) => ModelName === undefined)
  if (hosts.length === 0) return
  if (hosts.length < variants.length) {
    throw refused(
      'Some production variants have a ModelName and others have none',
      'give all of them a ModelName, or none for an endpoint of inference components',
    )
  }
  if (input.ExecutionRoleArn === undefined) {
    throw refused(
      'ExecutionRoleArn is not given, and the production variants have no ModelName',
      'an endpoint of inference components needs an ExecutionRoleArn',
    )
  }
  if (shadows.length > 0) throw excluded('ShadowProductionVariants are')
  if (input.AsyncInferenceConfig) throw excluded('AsyncInferenceConfig is')
  for (const variant of hosts) validateHost(variant)
}

function validateHost(variant: ProductionVariant): void {
  const { VariantName: name, ManagedInstanceScaling: scaling } = variant
  if (variant.ServerlessConfig) {
    throw refused(
      `ServerlessConfig is given for the variant "${name}", which has no ModelName`,
      'inference components run on instances: give an InstanceType',
    )
  }
  if (scaling) validateScaling(variant, scaling)
}

function validateScaling(
  { VariantName: name, InitialInstanceCount: initial = 1 }: ProductionVariant,
  scaling: ProductionVariantManagedInstanceScaling,
): void {
  const { Status: status, MinInstanceCount: least, MaxInstanceCount: most } = scaling
  const policy = scaling.ScaleInPolicy
  if (policy) throw notImplemented('ScaleInPolicy of ManagedInstanceScaling is not built yet.')
  if (status !== 'ENABLED') return
  const said = `ManagedInstanceScaling of the variant "${name}"`
  if (least !== undefined && most !== undefined && least > most) {
    throw refused(
      `${said} has a MinInstanceCount of ${least} and a MaxInstanceCount of ${most}`,
      'give a MinInstanceCount that is not above MaxInstanceCount',
    )
  }
  if ((least !== undefined && initial < least) || (most !== undefined && initial > most)) {
    throw refused(
      `InitialInstanceCount of the variant "${name}" is ${initial}, and its ManagedInstanceScaling is from ` +
        `${least ?? 1} to ${most ?? initial} instances`,
      'give an InitialInstanceCount within them',
    )
  }
}

function excluded(given: string) {
  return refused(`${given} given, and the production variants have no ModelName`, 'leave it out')
}

function refused(wrong: string, right: string) {
  return validationException(`${wrong}: ${right}.`)
}
