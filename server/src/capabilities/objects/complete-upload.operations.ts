import { createHash } from 'node:crypto'
import type {
  CompleteMultipartUploadCommandInput,
  CompleteMultipartUploadCommandOutput,
} from '@aws-sdk/client-s3'
import { badChecksum, invalidRequest } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket, type StoredBucket } from './bucket.store.ts'
import {
  askedChecksum,
  checksumMembers,
  compositeChecksum,
  type ObjectChecksum,
} from './checksum.ts'
import { quoteEtag } from './conditions.ts'
import { combineCrcs } from './crc-combination.ts'
import { type NewObject, putRow } from './object.store.ts'
import { validateWriteConditions } from './object.validation.ts'
import { encryptionMembers } from './object-description.ts'
import { wholeSeconds } from './put-object.operations.ts'
import { uploadReference } from './upload.operations.ts'
import {
  completeUpload,
  findUpload,
  type StoredPart,
  type StoredUpload,
  selectParts,
  type UploadCompletion,
} from './upload.store.ts'
import { chooseParts } from './upload.validation.ts'

/**
 * POST /{Bucket}/{Key}?uploadId. The object becomes the list of its parts: no byte is moved. Completing again
 * answers as the first time.
 *
 * @throws NoSuchBucket, AccessDenied, NoSuchUpload, MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall,
 *   InvalidRequest, BadDigest, PreconditionFailed
 */
export async function completeMultipartUpload(
  input: CompleteMultipartUploadCommandInput,
  scope: RequestScope,
): Promise<Omit<CompleteMultipartUploadCommandOutput, '$metadata'>> {
  validateWriteConditions(input)
  const bucket = await findBucket(scope, input)
  const { upload, completion } = await scope.database.transaction(async (transaction) => {
    const reference = uploadReference(input)
    const found = await findUpload(transaction, bucket, { ...reference, lock: true })
    if (found.completion) return { upload: found, completion: found.completion }

    const stored = await selectParts(transaction, found.uploadId)
    const listed = input.MultipartUpload?.Parts ?? []
    const parts = chooseParts(found, { listed, stored })
    const object = await assembleObject(found, parts, scope.clock.now())
    validateWhole(object, input)
    const result = { etag: object.etag, checksum: object.checksum }
    await putRow(transaction, bucket, { object, conditions: input })
    await completeUpload(transaction, found.uploadId, {
      usedParts: parts.map(({ partNumber }) => partNumber),
      completion: result,
      completedAt: object.lastModified,
    })
    return { upload: found, completion: result }
  })
  return describeCompletion(bucket, upload, completion)
}

async function assembleObject(
  upload: StoredUpload,
  parts: readonly StoredPart[],
  now: Date,
): Promise<NewObject> {
  const sizes = parts.map(({ sizeBytes }) => sizeBytes)
  return {
    key: upload.key,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    etag: multipartEtag(parts),
    lastModified: wholeSeconds(now),
    content: { blobIds: parts.map(({ blobId }) => blobId ?? ''), blobSizes: sizes },
    parts: { sizes, checksums: parts.map(({ checksum }) => checksum) },
    checksum: await wholeChecksum(upload, parts),
    description: upload.description,
    tags: upload.tags,
  }
}

/** The MD5 of the parts' MD5s, marked with their number. */
function multipartEtag(parts: readonly StoredPart[]): string {
  const hash = createHash('md5')
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'))
  return `${hash.digest('hex')}-${parts.length}`
}

async function wholeChecksum(
  { checksumAlgorithm: algorithm, checksumType: type }: StoredUpload,
  parts: readonly StoredPart[],
): Promise<ObjectChecksum> {
  const values = parts.map(({ checksum, sizeBytes }) => ({ value: checksum, sizeBytes }))
  const value =
    type === 'FULL_OBJECT'
      ? combineCrcs(algorithm, values)
      : await compositeChecksum(
          algorithm,
          parts.map(({ checksum }) => checksum),
        )
  return { algorithm, type, value }
}

/** Compares the whole with what the client expects of it. @throws InvalidRequest, BadDigest */
function validateWhole(object: NewObject, input: CompleteMultipartUploadCommandInput): void {
  const { checksum, sizeBytes } = object
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== sizeBytes) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was` +
        ` computed: ${sizeBytes}`,
    )
  }
  if (input.ChecksumType !== undefined && input.ChecksumType !== checksum.type) {
    throw invalidRequest(
      `The upload was created using the ${checksum.type} checksum mode. The complete request must use the` +
        ' same checksum mode.',
    )
  }
  // a composite value carries the number of parts, which askedChecksum would take for a wrong length
  const given = input[`Checksum${checksum.algorithm}`]
  const isOther = given === undefined && askedChecksum(input) !== undefined
  const isSame = given === checksum.value || given === checksum.value.replace(/-\d+$/, '')
  if (isOther || (given !== undefined && !isSame)) throw badChecksum(checksum.algorithm)
}

function describeCompletion(
  bucket: StoredBucket,
  upload: StoredUpload,
  { etag, checksum }: UploadCompletion,
) {
  const path = upload.key.split('/').map(encodeURIComponent).join('/')
  return {
    Location: `https://${bucket.name}.s3.${bucket.region}.amazonaws.com/${path}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: quoteEtag(etag),
    ...checksumMembers(checksum),
    ...encryptionMembers(upload.description),
  }
}
