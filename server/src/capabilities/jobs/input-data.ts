import type { S3DataSource } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { anyObjectUnder, objectExists } from '../objects/index.ts'

/**
 * @throws ValidationException when a job's data source has no objects at this moment
 * @source CreateTrainingJob's answer to an empty prefix, in public issues
 */
export async function requireInputData(
  source: Partial<Pick<S3DataSource, 'S3DataType' | 'S3Uri'>> | undefined,
  scope: RequestScope & { readonly roleArn: string },
): Promise<void> {
  const uri = source?.S3Uri ?? ''
  const location = parseS3Uri(uri)
  if (!location) return
  const isThere = source?.S3DataType === 'ManifestFile' ? objectExists : anyObjectUnder
  if (await isThere(scope, location)) return
  throw validationException(
    `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the ` +
      `bucket exists in the selected region (${scope.region}), that objects exist under that S3 ` +
      `prefix, and that the role "${scope.roleArn}" has "s3:ListBucket" permissions on bucket ` +
      `"${location.bucket}".`,
  )
}
