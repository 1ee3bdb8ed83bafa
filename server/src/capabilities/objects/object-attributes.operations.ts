import type {
  GetObjectAttributesCommandInput,
  GetObjectAttributesCommandOutput,
  GetObjectAttributesParts,
} from '@aws-sdk/client-s3'
import { invalidArgument } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket } from './bucket.store.ts'
import { checksumMembers } from './checksum.ts'
import { getRowWithoutContent, type StoredObject } from './object.store.ts'
import { validateKey, validateVersionId } from './object.validation.ts'

const PARTS_MAX = 1000

/** GET /{Bucket}/{Key}?attributes. @throws NoSuchBucket, AccessDenied, NoSuchKey, InvalidArgument */
export async function getObjectAttributes(
  input: GetObjectAttributesCommandInput,
  scope: RequestScope,
): Promise<Omit<GetObjectAttributesCommandOutput, '$metadata'>> {
  const key = validateKey(input.Key)
  validateVersionId(input.VersionId)
  const bucket = await findBucket(scope, input)
  const object = await getRowWithoutContent(scope.database, bucket, key)
  const asked = new Set<string>(input.ObjectAttributes)
  return {
    LastModified: object.lastModified,
    // without quotes, unlike everywhere else
    ...(asked.has('ETag') ? { ETag: object.etag } : {}),
    ...(asked.has('Checksum') ? { Checksum: checksumMembers(object.checksum) } : {}),
    ...(asked.has('ObjectParts') && object.parts
      ? { ObjectParts: describeParts(object, input) }
      : {}),
    ...(asked.has('StorageClass')
      ? { StorageClass: object.description.StorageClass ?? 'STANDARD' }
      : {}),
    ...(asked.has('ObjectSize') ? { ObjectSize: object.sizeBytes } : {}),
  }
}

function describeParts(
  { parts, checksum }: Pick<StoredObject, 'parts' | 'checksum'>,
  input: GetObjectAttributesCommandInput,
): GetObjectAttributesParts {
  const sizes = parts?.sizes ?? []
  const after = Number(input.PartNumberMarker ?? 0)
  if (!Number.isInteger(after) || after < 0) {
    throw invalidArgument('Argument part-number-marker must be an integer', {
      name: 'part-number-marker',
      value: input.PartNumberMarker,
    })
  }
  const maxParts = Math.min(input.MaxParts ?? PARTS_MAX, PARTS_MAX)
  const page = sizes.slice(after, after + maxParts).map((size, index) => {
    const value = parts?.checksums[after + index]
    return {
      PartNumber: after + index + 1,
      Size: size,
      ...(value === undefined ? {} : { [`Checksum${checksum.algorithm}`]: value }),
    }
  })
  return {
    TotalPartsCount: sizes.length,
    PartNumberMarker: String(after),
    NextPartNumberMarker: String(after + page.length),
    MaxParts: maxParts,
    IsTruncated: after + page.length < sizes.length,
    // S3 lists the parts of composite checksums only
    ...(checksum.type === 'COMPOSITE' ? { Parts: page } : {}),
  }
}
