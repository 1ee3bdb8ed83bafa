import { validationException } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { TrainingJobRequest } from './training-job.store.ts'

/**
 * @throws ValidationException when nothing stands for the training image
 * @source CreateTrainingJob's answer to an image that ECR does not have, in public issues
 */
export async function requireImage(
  request: TrainingJobRequest,
  scope: Pick<RequestScope, 'engine'>,
): Promise<void> {
  const image = request.AlgorithmSpecification.TrainingImage
  const resolution = await scope.engine.resolveImage(image)
  if (resolution.found) return
  throw validationException(`Cannot find the requested image: ${image}. ${resolution.reason}`)
}
