import type {
  CreateInferenceComponentInput,
  InferenceComponentDeploymentConfig,
  InferenceComponentSpecification,
  UpdateInferenceComponentInput,
} from '@aws-sdk/client-sagemaker'
import {
  type AwsError,
  notImplemented,
  resourceLimitExceeded,
  validationException,
} from '../../aws/errors.ts'

/** Far more than a machine holds; a plan says of each batch of copies what it does. */
const COPIES_MAX = 1_000
/** A batch's bounds, in percent of the component's copies. */
const BATCH_PERCENT_MIN = 5
const BATCH_PERCENT_MAX = 50

/** Refuses what is contradictory in itself, or not built. */
export function validateCreateInferenceComponent(input: CreateInferenceComponentInput): void {
  validateSpecifications(input)
  if (!input.Specification) {
    throw refused('Specification is not given', 'an inference component needs one')
  }
  validateSpecification(input.Specification)
  const { ModelName: modelName, Container: container } = input.Specification
  if (modelName === undefined && container === undefined) {
    throw refused('Specification has neither ModelName nor Container', 'give one of them')
  }
  if (!input.Specification.ComputeResourceRequirements) {
    throw refused(
      'Specification has no ComputeResourceRequirements',
      'give the resources that a copy needs',
    )
  }
  // source: AWS's own answer, in a public report
  if (input.RuntimeConfig && (input.RuntimeConfig.CopyCount ?? 0) < 1) {
    throw validationException('Inference components copy count an integer larger than 0')
  }
  validateCopyCount(input.RuntimeConfig?.CopyCount)
}

export function validateUpdateInferenceComponent(input: UpdateInferenceComponentInput): void {
  validateSpecifications(input)
  if (input.Specification) validateSpecification(input.Specification)
  if (!input.Specification && !input.RuntimeConfig) {
    throw refused('Neither Specification nor RuntimeConfig is given', 'give one of them or both')
  }
  validateCopyCount(input.RuntimeConfig?.CopyCount)
}

/** @throws ResourceLimitExceeded */
export function validateCopyCount(copyCount = 0): void {
  if (copyCount <= COPIES_MAX) return
  throw resourceLimitExceeded(
    `The account-level service limit 'Maximum number of copies per inference component' is ${COPIES_MAX} Copies, ` +
      `with a request of ${copyCount} Copies.`,
  )
}

function validateSpecifications(
  input: Pick<CreateInferenceComponentInput, 'Specification' | 'Specifications'>,
): void {
  if (!input.Specifications) return
  if (input.Specification) {
    throw refused('Both Specification and Specifications are given', 'give one of them')
  }
  throw notImplemented('Specifications (one per instance type) is not built yet.')
}

function validateSpecification(specification: InferenceComponentSpecification): void {
  const unbuilt = unbuiltMember(specification)
  if (unbuilt) throw unbuilt
  const { ModelName: modelName, Container: container } = specification
  if (modelName !== undefined && container) {
    throw refused('Specification has both ModelName and Container', 'give one of them')
  }
  if (container && container.Image === undefined) {
    throw refused('Container has no Image', 'give the container image that serves the model')
  }
  const needs = specification.ComputeResourceRequirements
  const { MinMemoryRequiredInMb: least = 0, MaxMemoryRequiredInMb: most } = needs ?? {}
  if (most !== undefined && most < least) {
    throw refused(
      `MinMemoryRequiredInMb is ${least} and MaxMemoryRequiredInMb is ${most}`,
      'give a MinMemoryRequiredInMb that is not above MaxMemoryRequiredInMb',
    )
  }
}

function unbuiltMember(specification: InferenceComponentSpecification): AwsError | undefined {
  if (specification.BaseInferenceComponentName !== undefined) {
    return notImplemented(
      'BaseInferenceComponentName (an adapter that the container of another component loads) is not built: no ' +
        'runtime here loads adapters. Give the adapted model a component of its own.',
    )
  }
  if (specification.InstanceType !== undefined) {
    return notImplemented('InstanceType of a Specification is not built yet.')
  }
  if (specification.Container?.ContainerMetricsConfig) {
    return notImplemented('ContainerMetricsConfig is not built yet.')
  }
  return undefined
}

/**
 * Refuses a policy whose batches do not suit the component's copies.
 *
 * @source InferenceComponentRollingUpdatePolicy in AWS's API reference: 5 % to 50 % of the copy count
 */
export function validateBatches(
  config: InferenceComponentDeploymentConfig | undefined,
  copyCount: number,
): void {
  const { Type: type, Value: value = 0 } = config?.RollingUpdatePolicy?.MaximumBatchSize ?? {}
  if (type === 'CAPACITY_PERCENT') {
    if (value >= BATCH_PERCENT_MIN && value <= BATCH_PERCENT_MAX) return
    throw refused(
      `MaximumBatchSize is ${value} percent`,
      `it must be between ${BATCH_PERCENT_MIN} and ${BATCH_PERCENT_MAX} percent of the copy count`,
    )
  }
  const most = Math.max(1, Math.floor((copyCount * BATCH_PERCENT_MAX) / 100))
  if (type !== 'COPY_COUNT' || value <= most) return
  throw refused(
    `MaximumBatchSize is ${value} of ${copyCount} copies`,
    `it must be at most ${BATCH_PERCENT_MAX} percent of the copy count: ${most}`,
  )
}

function refused(wrong: string, right: string): AwsError {
  return validationException(`${wrong}: ${right}.`)
}
