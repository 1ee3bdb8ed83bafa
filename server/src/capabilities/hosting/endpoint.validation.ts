import type {
  DesiredWeightAndCapacity,
  UpdateEndpointCommandInput,
} from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import { managedRange } from './component-host.ts'
import { validateDeploymentConfig } from './deployment.validation.ts'
import type { FleetVariant, ServerlessSettings } from './fleet.ts'
import { requireInstances } from './instance-limit.validation.ts'
import { requireProvisionable } from './serverless.validation.ts'

/** @throws ValidationException when properties are excluded from a retention that was not asked for */
export function validateUpdateEndpoint(input: UpdateEndpointCommandInput): void {
  validateDeploymentConfig(input.DeploymentConfig)
  if (input.DeploymentConfig && input.RetainDeploymentConfig) {
    throw validationException(
      'Both DeploymentConfig and RetainDeploymentConfig are given: give one of them.',
    )
  }
  if (input.ExcludeRetainedVariantProperties?.length && !input.RetainAllVariantProperties) {
    throw validationException(
      'ExcludeRetainedVariantProperties is given without RetainAllVariantProperties: set it to true.',
    )
  }
}

/** Refuses targets that contradict each other or that no fleet can meet. */
export function validateTargets(
  targets: readonly DesiredWeightAndCapacity[],
  serving: { readonly endpointConfigName: string; readonly variants: readonly FleetVariant[] },
): void {
  const names = targets.map(({ VariantName: name = '' }) => name)
  const known = serving.variants.map(({ variantName }) => variantName)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw validationException(
      `The variant name(s) "${unknown.join(', ')}" is/are not present within endpoint configuration ` +
        `"${serving.endpointConfigName}".`,
    )
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw validationException(`The variant "${twice}" is given more than once.`)
  }
  for (const target of targets) {
    const variant = serving.variants.find(({ variantName }) => variantName === target.VariantName)
    const managed = variant !== undefined && managedRange(variant) !== undefined
    requireInstances(variant?.production.InstanceType ?? '', [target.DesiredInstanceCount])
    validateTarget(target, { serverless: variant?.desiredServerless, managed })
  }
  const total = serving.variants.reduce((sum, { variantName, desiredWeight }) => {
    const target = targets.find(({ VariantName: name }) => name === variantName)
    return sum + (target?.DesiredWeight ?? desiredWeight)
  }, 0)
  if (total <= 0) {
    throw validationException(
      'The weights of all production variants would be 0: no variant would get requests; give one a greater weight.',
    )
  }
}

function validateTarget(
  target: DesiredWeightAndCapacity,
  { serverless, managed }: { serverless?: ServerlessSettings | undefined; managed: boolean },
): void {
  const { VariantName: name, ServerlessUpdateConfig: update } = target
  if (target.DesiredInstanceCount !== undefined && managed) {
    throw validationException(
      `DesiredInstanceCount is given, but ManagedInstanceScaling is enabled for the variant "${name}": its number ` +
        'of instances follows the copies of its inference components.',
    )
  }
  if (serverless) {
    if (target.DesiredInstanceCount !== undefined) {
      throw validationException(
        `DesiredInstanceCount is given, but the variant "${name}" is serverless: give ServerlessUpdateConfig.`,
      )
    }
    const { maxConcurrency, provisionedConcurrency } = serverless
    requireProvisionable(name, {
      maxConcurrency: update?.MaxConcurrency ?? maxConcurrency,
      provisionedConcurrency: update?.ProvisionedConcurrency ?? provisionedConcurrency,
    })
    if (update || target.DesiredWeight !== undefined) return
  } else if (update) {
    throw validationException(
      `ServerlessUpdateConfig is given, but the variant "${name}" is not serverless.`,
    )
  }
  if (target.DesiredWeight === undefined && target.DesiredInstanceCount === undefined) {
    throw validationException(
      `Neither DesiredWeight nor DesiredInstanceCount is given for the variant "${name}".`,
    )
  }
  if (target.DesiredInstanceCount === 0) {
    throw validationException(
      `DesiredInstanceCount is 0 for the variant "${name}": it must be at least 1.`,
    )
  }
}
