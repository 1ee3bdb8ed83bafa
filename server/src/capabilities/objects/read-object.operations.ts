import type { Readable } from 'node:stream'
import type {
  GetObjectCommandInput,
  GetObjectCommandOutput,
  HeadObjectCommandInput,
  HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { invalidPartNumber, invalidRequest } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket } from './bucket.store.ts'
import { checksumMembers } from './checksum.ts'
import { quoteEtag, refusedRead } from './conditions.ts'
import { getRowWithoutContent, type StoredObject } from './object.store.ts'
import { refuseCustomerKey, validateKey, validateVersionId } from './object.validation.ts'
import { describedMembers } from './object-description.ts'
import { type ByteRange, formatContentRange, parseRange, rangeOfPart } from './range.ts'
import { streamBytes, withCurrentObject } from './stored-bytes.ts'

type ReadInput = GetObjectCommandInput | HeadObjectCommandInput
type Described = Omit<StoredObject, 'content'>
type GetObjectOutput = Omit<GetObjectCommandOutput, '$metadata' | 'Body'> & { Body: Readable }

/**
 * GET /{Bucket}/{Key}. An answer with `ContentRange` is partial: 206.
 *
 * @throws NoSuchBucket, AccessDenied, NoSuchKey, NotModified (304), PreconditionFailed (412),
 *   InvalidRange (416), InvalidPartNumber (416), InvalidRequest
 */
export async function getObject(
  input: GetObjectCommandInput,
  scope: RequestScope,
): Promise<GetObjectOutput> {
  const key = validateRead(input)
  const bucket = await findBucket(scope, input)
  return withCurrentObject(scope, { bucket, key }, async (object) => {
    const { members, range } = describeRead(object, input)
    return { ...members, Body: await streamBytes(scope, object, range) }
  })
}

/** HEAD /{Bucket}/{Key}. As `getObject`, without the bytes; a refusal has no body either. */
export async function headObject(
  input: HeadObjectCommandInput,
  scope: RequestScope,
): Promise<Omit<HeadObjectCommandOutput, '$metadata'>> {
  const key = validateRead(input)
  const bucket = await findBucket(scope, input)
  return describeRead(await getRowWithoutContent(scope.database, bucket, key), input).members
}

function validateRead(input: ReadInput): string {
  if (input.Range !== undefined && input.PartNumber !== undefined) {
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter')
  }
  refuseCustomerKey(input)
  validateVersionId(input.VersionId)
  return validateKey(input.Key)
}

function describeRead(object: Described, input: ReadInput) {
  const refusal = refusedRead(
    {
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      ifModifiedSince: input.IfModifiedSince,
      ifUnmodifiedSince: input.IfUnmodifiedSince,
    },
    object,
  )
  if (refusal) throw refusal
  const { range, contentLength } = selectRange(object, input)
  const isPartial = range !== undefined
  const members = {
    AcceptRanges: 'bytes',
    LastModified: object.lastModified,
    ContentLength: contentLength,
    ETag: quoteEtag(object.etag),
    ...describedMembers(object.description),
    ...responseOverrides(input),
    ...(isPartial ? { ContentRange: formatContentRange(range, object.sizeBytes) } : {}),
    ...(object.tags.length > 0 ? { TagCount: object.tags.length } : {}),
    ...(input.PartNumber !== undefined && object.parts
      ? { PartsCount: object.parts.sizes.length }
      : {}),
    ...(input.ChecksumMode === 'ENABLED' ? readChecksum(object, input) : {}),
  }
  return { members, range }
}

/** The part of the object that is asked for; `range` is undefined when that is all of it. */
function selectRange(
  { sizeBytes, parts }: Described,
  { Range, PartNumber }: ReadInput,
): { range: ByteRange | undefined; contentLength: number } {
  if (PartNumber === undefined) {
    const range = parseRange(Range, sizeBytes)
    return { range, contentLength: range ? range.end - range.start + 1 : sizeBytes }
  }
  const partSizes = parts?.sizes ?? [sizeBytes]
  if (PartNumber < 1 || PartNumber > partSizes.length) {
    throw invalidPartNumber(PartNumber, partSizes.length)
  }
  const range = rangeOfPart(partSizes, PartNumber - 1)
  return { range, contentLength: partSizes[PartNumber - 1] ?? 0 }
}

/** A checksum is told for what it covers: the whole object, or one part; not for a range. */
function readChecksum({ checksum, parts }: Described, { Range, PartNumber }: ReadInput) {
  if (Range !== undefined) return {}
  if (PartNumber === undefined || !parts) return checksumMembers(checksum)
  const value = parts.checksums[PartNumber - 1]
  return value === undefined ? {} : checksumMembers({ ...checksum, value })
}

/** The `response-…` parameters put a value in place of what the writer said. */
function responseOverrides(input: ReadInput) {
  const overrides = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires,
  }
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
}
