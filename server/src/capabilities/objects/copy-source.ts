import { invalidArgument, invalidRequest } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket, type StoredBucket } from './bucket.store.ts'
import { type ReadConditions, refusedCopy } from './conditions.ts'
import type { StoredObject } from './object.store.ts'
import { validateKey, validateVersionId } from './object.validation.ts'
import { withCurrentObject } from './stored-bytes.ts'

/** What CopyObject and UploadPartCopy say of where they copy from. */
export interface CopySourceInput {
  readonly CopySource: string | undefined
  readonly CopySourceIfMatch?: string | undefined
  readonly CopySourceIfNoneMatch?: string | undefined
  readonly CopySourceIfModifiedSince?: Date | undefined
  readonly CopySourceIfUnmodifiedSince?: Date | undefined
  readonly ExpectedSourceBucketOwner?: string | undefined
}

export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
}

/**
 * Reads `x-amz-copy-source`: `bucket/key` or `/bucket/key`, URL-encoded, with `?versionId=…` behind it.
 *
 * @throws InvalidArgument
 */
export function parseCopySource(header: string | undefined): CopySource {
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=(.*))?$/s.exec(header ?? '') ?? []
  const [bucket = '', ...key] = decodeSource(path).split('/')
  if (bucket === '' || key.join('/') === '') {
    throw invalidArgument('Invalid copy source object key', {
      name: 'x-amz-copy-source',
      value: header,
    })
  }
  return { bucket, key: key.join('/'), versionId }
}

/**
 * Runs `use` with the source of a copy, once it satisfies the request's conditions.
 *
 * @throws NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed, InvalidArgument
 */
export async function withCopySource<T>(
  scope: RequestScope,
  input: CopySourceInput,
  use: (object: StoredObject, bucket: StoredBucket) => Promise<T>,
): Promise<T> {
  const source = parseCopySource(input.CopySource)
  validateVersionId(source.versionId)
  const key = validateKey(source.key)
  const bucket = await findBucket(scope, {
    Bucket: source.bucket,
    ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
  })
  const conditions: ReadConditions = {
    ifMatch: input.CopySourceIfMatch,
    ifNoneMatch: input.CopySourceIfNoneMatch,
    ifModifiedSince: input.CopySourceIfModifiedSince,
    ifUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  }
  return withCurrentObject(scope, { bucket, key }, async (object) => {
    const refusal = refusedCopy(conditions, object)
    if (refusal) throw refusal
    return use(object, bucket)
  })
}

/** Access points are named by ARNs; there are none here. */
function decodeSource(path: string): string {
  if (path.startsWith('arn:')) {
    throw invalidRequest(
      'The copy source names an access point: this platform has none. Name a bucket.',
    )
  }
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    throw invalidArgument('Copy Source must be URL-encoded', {
      name: 'x-amz-copy-source',
      value: path,
    })
  }
}
