import type { CreateEndpointConfigCommandInput } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import { containersOf, type Model } from '../models/index.ts'

/**
 * Refuses a model that cannot be hosted in the way that a configuration asks for.
 *
 * @source AWS's guide, "Shadow tests", exclusions
 */
export function validateModelFit(
  input: Pick<
    CreateEndpointConfigCommandInput,
    'ShadowProductionVariants' | 'AsyncInferenceConfig'
  >,
  { modelName, request }: Model,
): void {
  const containers = containersOf(request)
  const holdsMany = containers.some(({ Mode }) => Mode === 'MultiModel')
  if (input.ShadowProductionVariants?.length && (containers.length > 1 || holdsMany)) {
    throw validationException(
      `ShadowProductionVariants are given and model "${modelName}" ` +
        (containers.length > 1 ? `has ${containers.length} containers` : 'is in Mode MultiModel') +
        ': shadow variants are for models of one container that holds one model.',
    )
  }
  if (input.AsyncInferenceConfig && request.InferenceExecutionConfig?.Mode === 'Direct') {
    throw validationException(
      `AsyncInferenceConfig is given and model "${modelName}" has InferenceExecutionConfig with Mode Direct: ` +
        'InvokeEndpointAsync names no container. Use a model with Mode Serial.',
    )
  }
}
