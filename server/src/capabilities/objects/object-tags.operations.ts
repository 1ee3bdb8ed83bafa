import type {
  DeleteObjectTaggingCommandInput,
  DeleteObjectTaggingCommandOutput,
  GetObjectTaggingCommandInput,
  GetObjectTaggingCommandOutput,
  PutObjectTaggingCommandInput,
  PutObjectTaggingCommandOutput,
} from '@aws-sdk/client-s3'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket } from './bucket.store.ts'
import { getRowWithoutContent, updateTags } from './object.store.ts'
import { validateKey, validateVersionId } from './object.validation.ts'
import { validateTags } from './object-tags.validation.ts'

/** PUT /{Bucket}/{Key}?tagging. @throws NoSuchBucket, AccessDenied, NoSuchKey, InvalidTag, BadRequest */
export async function putObjectTagging(
  input: PutObjectTaggingCommandInput,
  scope: RequestScope,
): Promise<Omit<PutObjectTaggingCommandOutput, '$metadata'>> {
  const key = validateKey(input.Key)
  validateVersionId(input.VersionId)
  const tags = validateTags(input.Tagging?.TagSet ?? [])
  const bucket = await findBucket(scope, input)
  await updateTags(scope.database, bucket, { key, tags })
  return {}
}

/** GET /{Bucket}/{Key}?tagging. Empty when there are none. @throws NoSuchBucket, AccessDenied, NoSuchKey */
export async function getObjectTagging(
  input: GetObjectTaggingCommandInput,
  scope: RequestScope,
): Promise<Omit<GetObjectTaggingCommandOutput, '$metadata'>> {
  const key = validateKey(input.Key)
  validateVersionId(input.VersionId)
  const bucket = await findBucket(scope, input)
  const { tags } = await getRowWithoutContent(scope.database, bucket, key)
  return { TagSet: [...tags] }
}

/** DELETE /{Bucket}/{Key}?tagging. @throws NoSuchBucket, AccessDenied, NoSuchKey */
export async function deleteObjectTagging(
  input: DeleteObjectTaggingCommandInput,
  scope: RequestScope,
): Promise<Omit<DeleteObjectTaggingCommandOutput, '$metadata'>> {
  const key = validateKey(input.Key)
  validateVersionId(input.VersionId)
  const bucket = await findBucket(scope, input)
  await updateTags(scope.database, bucket, { key, tags: [] })
  return {}
}
