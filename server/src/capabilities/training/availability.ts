import { validationException } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { anyObjectUnder, objectExists } from '../objects/index.ts'
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

/**
 * @throws ValidationException when a channel has no objects
 * @source CreateTrainingJob's answer to an empty prefix, in public issues
 */
export async function requireInputData(
  request: TrainingJobRequest,
  scope: RequestScope,
): Promise<void> {
  const { RoleArn: role } = request
  for (const { DataSource } of request.InputDataConfig ?? []) {
    const source = DataSource?.S3DataSource
    const uri = source?.S3Uri ?? ''
    const location = parseS3Uri(uri)
    if (!location) continue
    const isThere = source?.S3DataType === 'ManifestFile' ? objectExists : anyObjectUnder
    if (await isThere(scope, location)) continue
    throw validationException(
      `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the ` +
        `bucket exists in the selected region (${scope.region}), that objects exist under that S3 ` +
        `prefix, and that the role "${role}" has "s3:ListBucket" permissions on bucket "${location.bucket}".`,
    )
  }
}
