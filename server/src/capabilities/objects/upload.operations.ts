import type { Readable } from 'node:stream'
import type {
  AbortMultipartUploadCommandInput,
  AbortMultipartUploadCommandOutput,
  CreateMultipartUploadCommandInput,
  CreateMultipartUploadCommandOutput,
  UploadPartCommandInput,
  UploadPartCommandOutput,
} from '@aws-sdk/client-s3'
import { invalidRequest, noSuchUpload } from '../../aws/s3-errors.ts'
import { newHexId } from '../../base/ids.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket } from './bucket.store.ts'
import {
  type AskedChecksum,
  askedChecksum,
  CHECKSUM_DEFAULT,
  multipartChecksumType,
  parseAlgorithm,
} from './checksum.ts'
import { quoteEtag } from './conditions.ts'
import { refuseCustomerKey, validateKey, validateWriteHeaders } from './object.validation.ts'
import { describeObject, encryptionMembers } from './object-description.ts'
import { parseTaggingHeader } from './object-tags.validation.ts'
import { wholeSeconds } from './put-object.operations.ts'
import { keepBytes, takeBytes } from './stored-bytes.ts'
import {
  deleteUpload,
  findOpenUpload,
  insertUpload,
  putPart,
  type StoredPart,
  type StoredUpload,
} from './upload.store.ts'
import { validatePartNumber } from './upload.validation.ts'

type Answer<Output> = Promise<Omit<Output, '$metadata'>>
type UploadPartInput = Omit<UploadPartCommandInput, 'Body'> & {
  readonly Body?: Readable | undefined
}

/**
 * POST /{Bucket}/{Key}?uploads.
 *
 * @throws as PutObject for what it says of the object
 */
export async function createMultipartUpload(
  input: CreateMultipartUploadCommandInput,
  scope: RequestScope,
): Answer<CreateMultipartUploadCommandOutput> {
  const key = validateKey(input.Key)
  validateWriteHeaders(input)
  const tags = parseTaggingHeader(input.Tagging)
  const asked = input.ChecksumAlgorithm && parseAlgorithm(input.ChecksumAlgorithm)
  if (!asked && input.ChecksumType) {
    throw invalidRequest(
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    )
  }
  const checksumAlgorithm = asked ?? CHECKSUM_DEFAULT
  const checksumType = multipartChecksumType(checksumAlgorithm, input.ChecksumType)
  const bucket = await findBucket(scope, input)

  const initiatedAt = scope.clock.now()
  const description = describeObject(input, scope)
  const upload: StoredUpload = {
    ...{ uploadId: newUploadId(initiatedAt), key, initiatedAt, description, tags },
    ...{ checksumAlgorithm, checksumType, checksumAsked: asked !== undefined },
    completion: undefined,
  }
  await insertUpload(scope.database, bucket, upload)
  return {
    ...{ Bucket: bucket.name, Key: key, UploadId: upload.uploadId },
    ...(asked ? { ChecksumAlgorithm: asked, ChecksumType: checksumType } : {}),
    ...encryptionMembers(description),
  }
}

/**
 * PUT /{Bucket}/{Key}?partNumber&uploadId. A number that is used again replaces the part.
 *
 * @throws NoSuchBucket, AccessDenied, NoSuchUpload, InvalidArgument, InvalidRequest, InsufficientStorage
 */
export async function uploadPart(
  input: UploadPartInput,
  scope: RequestScope,
): Answer<UploadPartCommandOutput> {
  const partNumber = validatePartNumber(input.PartNumber)
  const asked = askedChecksum(input)
  refuseCustomerKey(input)
  const bucket = await findBucket(scope, input)
  const upload = await findOpenUpload(scope.database, bucket, uploadReference(input))
  validatePartAlgorithm(upload, asked)

  const { part, told } = await storePart(scope, upload, { partNumber, asked, body: input.Body })
  return {
    ETag: quoteEtag(part.etag),
    [`Checksum${told.algorithm}`]: told.value,
    ...encryptionMembers(upload.description),
  }
}

/** DELETE /{Bucket}/{Key}?uploadId. @throws NoSuchBucket, AccessDenied, NoSuchUpload */
export async function abortMultipartUpload(
  input: AbortMultipartUploadCommandInput,
  scope: RequestScope,
): Answer<AbortMultipartUploadCommandOutput> {
  const bucket = await findBucket(scope, input)
  const reference = uploadReference(input)
  if (!(await deleteUpload(scope.database, bucket, reference))) {
    throw noSuchUpload(reference.uploadId)
  }
  return {}
}

export interface PartSource {
  readonly partNumber: number
  readonly body: Readable | undefined
  readonly asked: AskedChecksum | undefined
}

/**
 * Takes a part's bytes in and makes them the upload's, durably.
 *
 * @returns the part, and the checksum to answer with: by the algorithm that the request asked for, which need
 *   not be the upload's when the client chose none for that
 */
export async function storePart(
  scope: RequestScope,
  upload: StoredUpload,
  { partNumber, body, asked }: PartSource,
): Promise<{ part: StoredPart; told: Required<AskedChecksum> }> {
  const algorithm = upload.checksumAlgorithm
  const toldAlgorithm = asked?.algorithm ?? algorithm
  const algorithms = [...new Set([algorithm, toldAlgorithm])]
  const taken = await takeBytes(scope, body, { algorithms, asked, mayBeInline: false })
  const part = await keepBytes(scope, taken.content, async () => {
    const made = {
      partNumber,
      sizeBytes: taken.sizeBytes,
      etag: taken.md5.toString('hex'),
      checksum: taken.checksums.get(algorithm) ?? '',
      lastModified: wholeSeconds(scope.clock.now()),
      blobId: 'inline' in taken.content ? undefined : taken.content.blobIds[0],
    }
    await putPart(scope.database, upload.uploadId, made)
    return made
  })
  const value = taken.checksums.get(toldAlgorithm) ?? ''
  return { part, told: { algorithm: toldAlgorithm, value } }
}

export function uploadReference(input: {
  readonly Key: string | undefined
  readonly UploadId: string | undefined
}): { key: string; uploadId: string } {
  return { key: validateKey(input.Key), uploadId: input.UploadId ?? '' }
}

/** Ids of one key sort by time: S3 lists uploads in the order in which they were begun. */
function newUploadId(initiatedAt: Date): string {
  return `${initiatedAt.getTime().toString(16).padStart(12, '0')}${newHexId(52)}`
}

/** A chosen algorithm binds the parts. @throws InvalidRequest */
function validatePartAlgorithm(upload: StoredUpload, asked: AskedChecksum | undefined): void {
  const { checksumAlgorithm, checksumAsked, checksumType } = upload
  if (!checksumAsked || asked?.algorithm === checksumAlgorithm) return
  if (!asked && checksumType === 'FULL_OBJECT') return
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${checksumAlgorithm.toLowerCase()},` +
      ` actual checksum Type: ${asked?.algorithm.toLowerCase() ?? 'null'}`,
  )
}
