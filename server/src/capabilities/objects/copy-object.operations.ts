import type { CopyObjectCommandInput, CopyObjectCommandOutput } from '@aws-sdk/client-s3'
import { invalidArgument, invalidRequest } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket, type StoredBucket } from './bucket.store.ts'
import { checksumMembers, type ObjectChecksum, parseAlgorithm } from './checksum.ts'
import { quoteEtag } from './conditions.ts'
import { withCopySource } from './copy-source.ts'
import { type NewObject, type ObjectContent, putRow, type StoredObject } from './object.store.ts'
import { validateKey, validateWriteConditions, validateWriteHeaders } from './object.validation.ts'
import { describeCopy, describeObject, encryptionMembers } from './object-description.ts'
import { parseTaggingHeader } from './object-tags.validation.ts'
import { wholeSeconds } from './put-object.operations.ts'
import { COPY_BYTES_MAX, keepBytes, measureBytes, streamBytes } from './stored-bytes.ts'

/**
 * PUT /{Bucket}/{Key} with `x-amz-copy-source`. Bytes are shared with the source, not written again; they are
 * read when the source's ETag or checksum is one of parts, since a copy has those of a whole.
 *
 * @throws NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed, InvalidArgument, InvalidRequest for a copy
 *   of an object to itself that changes nothing or a source above 5 GiB, and as PutObject
 */
export async function copyObject(
  input: CopyObjectCommandInput,
  scope: RequestScope,
): Promise<Omit<CopyObjectCommandOutput, '$metadata'>> {
  const key = validateKey(input.Key)
  validateDirectives(input)
  validateWriteHeaders(input)
  validateWriteConditions(input)
  const tags = parseTaggingHeader(input.Tagging)
  const bucket = await findBucket(scope, input)
  const copy = await withCopySource(scope, input, async (source, sourceBucket) => {
    validateSource(source)
    const isSelf = sourceBucket.bucketId === bucket.bucketId && source.key === key
    if (isSelf) validateSelfCopy(input)
    const isReplaced = input.MetadataDirective === 'REPLACE'
    const digests = await digestsOfCopy(scope, source, input)
    const content = await shareContent(scope, source)
    const object: NewObject = {
      ...{ key, content, parts: undefined, sizeBytes: source.sizeBytes, ...digests },
      lastModified: wholeSeconds(scope.clock.now()),
      description: isReplaced
        ? describeObject(input, scope)
        : describeCopy(source.description, input, scope),
      tags: input.TaggingDirective === 'REPLACE' ? tags : source.tags,
    }
    return storeCopy(scope, bucket, { object, input })
  })
  return {
    CopyObjectResult: {
      ETag: quoteEtag(copy.etag),
      LastModified: copy.lastModified,
      ...checksumMembers(copy.checksum),
    },
    ...encryptionMembers(copy.description),
  }
}

async function storeCopy(
  scope: RequestScope,
  bucket: StoredBucket,
  { object, input }: { object: NewObject; input: CopyObjectCommandInput },
): Promise<NewObject> {
  await keepBytes(scope, object.content, () =>
    putRow(scope.database, bucket, { object, conditions: input }),
  )
  return object
}

/** The source's own digests when they are those of a whole, else new ones from its bytes. */
async function digestsOfCopy(
  scope: RequestScope,
  source: StoredObject,
  input: CopyObjectCommandInput,
): Promise<{ etag: string; checksum: ObjectChecksum }> {
  const asked = input.ChecksumAlgorithm && parseAlgorithm(input.ChecksumAlgorithm)
  const algorithm = asked ?? source.checksum.algorithm
  if (!source.parts && algorithm === source.checksum.algorithm) {
    return { etag: source.etag, checksum: source.checksum }
  }
  const measured = await measureBytes(await streamBytes(scope, source), [algorithm])
  const value = measured.checksums.get(algorithm) ?? ''
  return {
    etag: measured.md5.toString('hex'),
    checksum: { algorithm, type: 'FULL_OBJECT', value },
  }
}

/** The same bytes for a second object. A large source keeps its pieces, though the copy has no parts. */
async function shareContent(scope: RequestScope, source: StoredObject): Promise<ObjectContent> {
  if ('inline' in source.content) return source.content
  const blobIds: string[] = []
  try {
    for (const id of source.content.blobIds) blobIds.push(await scope.objects.duplicate(id))
  } catch (error) {
    await scope.objects.settle(blobIds, 'discarded')
    throw error
  }
  return { ...source.content, blobIds }
}

function validateDirectives({ MetadataDirective, TaggingDirective }: CopyObjectCommandInput): void {
  for (const [name, value] of [
    ['x-amz-metadata-directive', MetadataDirective],
    ['x-amz-tagging-directive', TaggingDirective],
  ] as const) {
    if (value !== undefined && value !== 'COPY' && value !== 'REPLACE') {
      const noun = name === 'x-amz-metadata-directive' ? 'metadata' : 'tagging'
      throw invalidArgument(`Unknown ${noun} directive.`, { name, value })
    }
  }
}

function validateSource({ sizeBytes }: StoredObject): void {
  if (sizeBytes > COPY_BYTES_MAX) {
    throw invalidRequest(
      'The specified copy source is larger than the maximum allowable size for a copy source:' +
        ` ${COPY_BYTES_MAX}`,
    )
  }
}

function validateSelfCopy(input: CopyObjectCommandInput): void {
  const isChange =
    input.MetadataDirective === 'REPLACE' ||
    input.StorageClass !== undefined ||
    input.WebsiteRedirectLocation !== undefined ||
    input.ServerSideEncryption !== undefined
  if (isChange) return
  throw invalidRequest(
    'This copy request is illegal because it is trying to copy an object to itself without changing the' +
      " object's metadata, storage class, website redirect location or encryption attributes.",
  )
}
