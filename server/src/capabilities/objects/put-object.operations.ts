import type { Readable } from 'node:stream'
import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3'
import { headerNotImplemented } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket } from './bucket.store.ts'
import { askedChecksum, CHECKSUM_DEFAULT, checksumMembers } from './checksum.ts'
import { quoteEtag } from './conditions.ts'
import { checkWriteConditions, type NewObject, putRow } from './object.store.ts'
import { validateKey, validateWriteConditions, validateWriteHeaders } from './object.validation.ts'
import { describeObject, encryptionMembers } from './object-description.ts'
import { parseTaggingHeader } from './object-tags.validation.ts'
import { keepBytes, takeBytes } from './stored-bytes.ts'

type PutObjectInput = Omit<PutObjectCommandInput, 'Body'> & { readonly Body?: Readable | undefined }

/**
 * PUT /{Bucket}/{Key}. The object is there, whole and durable, when this answers, and not at all before.
 *
 * @throws NoSuchBucket, AccessDenied, KeyTooLongError, MetadataTooLarge, InvalidTag, InvalidStorageClass,
 *   AccessControlListNotSupported, PreconditionFailed, InvalidRequest, InsufficientStorage
 */
export async function putObject(
  input: PutObjectInput,
  scope: RequestScope,
): Promise<Omit<PutObjectCommandOutput, '$metadata'>> {
  const { key, asked, tags } = validatePut(input)
  const bucket = await findBucket(scope, input)
  await checkWriteConditions(scope.database, bucket, { key, conditions: input })

  const algorithm = asked?.algorithm ?? CHECKSUM_DEFAULT
  const taken = await takeBytes(scope, input.Body, {
    algorithms: [algorithm],
    asked,
    mayBeInline: true,
  })
  const object: NewObject = {
    ...{ key, tags, parts: undefined },
    sizeBytes: taken.sizeBytes,
    etag: taken.md5.toString('hex'),
    lastModified: wholeSeconds(scope.clock.now()),
    content: taken.content,
    checksum: { algorithm, type: 'FULL_OBJECT', value: taken.checksums.get(algorithm) ?? '' },
    description: describeObject(input, scope),
  }
  await keepBytes(scope, taken.content, () =>
    putRow(scope.database, bucket, { object, conditions: input }),
  )
  return {
    ETag: quoteEtag(object.etag),
    ...checksumMembers(object.checksum),
    ...encryptionMembers(object.description),
  }
}

/** S3 keeps no fractions: an object's time must compare equal to the header that tells it. */
export function wholeSeconds(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000)
}

function validatePut(input: PutObjectInput) {
  const key = validateKey(input.Key)
  validateWriteHeaders(input)
  validateWriteConditions(input)
  if (input.WriteOffsetBytes !== undefined) throw headerNotImplemented('x-amz-write-offset-bytes')
  return { key, asked: askedChecksum(input), tags: parseTaggingHeader(input.Tagging) }
}
