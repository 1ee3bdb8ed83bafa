import type {
  DeleteObjectCommandInput,
  DeleteObjectCommandOutput,
  DeleteObjectsCommandInput,
  DeleteObjectsCommandOutput,
  ObjectIdentifier,
} from '@aws-sdk/client-s3'
import { AwsError } from '../../aws/errors.ts'
import { headerNotImplemented, malformedXml, preconditionFailed } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket, type StoredBucket } from './bucket.store.ts'
import { unquoteEtag } from './conditions.ts'
import { deleteMatchingRow, deleteRows } from './object.store.ts'
import { validateKey, validateVersionId } from './object.validation.ts'

const KEYS_MAX = 1000

/**
 * DELETE /{Bucket}/{Key}. No object is no failure, but under `If-Match`.
 *
 * @throws NoSuchBucket, AccessDenied, PreconditionFailed, InvalidArgument
 */
export async function deleteObject(
  input: DeleteObjectCommandInput,
  scope: RequestScope,
): Promise<Omit<DeleteObjectCommandOutput, '$metadata'>> {
  const key = validateKey(input.Key)
  validateVersionId(input.VersionId)
  // AWS has these two for directory buckets only
  if (input.IfMatchSize !== undefined) throw headerNotImplemented('x-amz-if-match-size')
  if (input.IfMatchLastModifiedTime !== undefined) {
    throw headerNotImplemented('x-amz-if-match-last-modified-time')
  }
  const bucket = await findBucket(scope, input)
  if (input.IfMatch === undefined) await deleteRows(scope.database, bucket, [key])
  else await deleteMatching(scope, bucket, { key, etag: input.IfMatch })
  return {}
}

/**
 * POST /{Bucket}?delete. Each key has its own outcome; deleting what is not there succeeds.
 *
 * @throws NoSuchBucket, AccessDenied, MalformedXML for no key or more than 1,000
 */
export async function deleteObjects(
  input: DeleteObjectsCommandInput,
  scope: RequestScope,
): Promise<Omit<DeleteObjectsCommandOutput, '$metadata'>> {
  const objects = input.Delete?.Objects ?? []
  if (objects.length === 0 || objects.length > KEYS_MAX) throw malformedXml()
  const bucket = await findBucket(scope, input)

  const errors = new Map<ObjectIdentifier, AwsError>()
  const plain: ObjectIdentifier[] = []
  for (const object of objects) {
    try {
      validateKey(object.Key)
      validateVersionId(object.VersionId)
      if (object.ETag === undefined) plain.push(object)
      else await deleteMatching(scope, bucket, { key: object.Key ?? '', etag: object.ETag })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      errors.set(object, error)
    }
  }
  await deleteRows(
    scope.database,
    bucket,
    plain.map(({ Key }) => Key ?? ''),
  )

  const deleted = objects.filter((object) => !errors.has(object))
  return {
    ...(input.Delete?.Quiet || deleted.length === 0 ? {} : { Deleted: deleted.map(identified) }),
    ...(errors.size === 0
      ? {}
      : {
          Errors: [...errors].map(([object, { code, message }]) => ({
            ...identified(object),
            Code: code,
            Message: message,
          })),
        }),
  }
}

async function deleteMatching(
  scope: RequestScope,
  bucket: StoredBucket,
  { key, etag }: { key: string; etag: string },
): Promise<void> {
  const isDeleted = await deleteMatchingRow(scope.database, bucket, {
    key,
    etag: unquoteEtag(etag),
  })
  if (!isDeleted) throw preconditionFailed('If-Match')
}

function identified({ Key, VersionId }: ObjectIdentifier) {
  return { Key, ...(VersionId === undefined ? {} : { VersionId }) }
}
