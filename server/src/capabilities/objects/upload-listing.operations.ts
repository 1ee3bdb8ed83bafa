import type {
  ListMultipartUploadsCommandInput,
  ListMultipartUploadsCommandOutput,
  ListPartsCommandInput,
  ListPartsCommandOutput,
  MultipartUpload,
} from '@aws-sdk/client-s3'
import { invalidArgument } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { canonicalUserId } from './bucket.operations.ts'
import { findBucket, type StoredBucket } from './bucket.store.ts'
import { quoteEtag } from './conditions.ts'
import { afterMarker, afterPrefix, commonPrefixOf, NEXT, urlEncodeKey } from './key-order.ts'
import { uploadReference } from './upload.operations.ts'
import {
  findOpenUpload,
  type StoredUpload,
  selectParts,
  selectUploads,
  type UploadPage,
} from './upload.store.ts'

type Answer<Output> = Promise<Omit<Output, '$metadata'>>

const PAGE_MAX = 1000

/** GET /{Bucket}/{Key}?uploadId. @throws NoSuchBucket, AccessDenied, NoSuchUpload, InvalidArgument */
export async function listParts(
  input: ListPartsCommandInput,
  scope: RequestScope,
): Answer<ListPartsCommandOutput> {
  const after = Number(input.PartNumberMarker ?? 0)
  if (!Number.isInteger(after) || after < 0) {
    throw invalidArgument('Argument part-number-marker must be an integer', {
      name: 'part-number-marker',
      value: input.PartNumberMarker,
    })
  }
  const limit = pageSize('max-parts', input.MaxParts)
  const bucket = await findBucket(scope, input)
  const upload = await findOpenUpload(scope.database, bucket, uploadReference(input))
  const found = await selectParts(scope.database, upload.uploadId, { after, limit: limit + 1 })
  const page = found.slice(0, limit)
  const member = `Checksum${upload.checksumAlgorithm}`
  return {
    ...{ Bucket: bucket.name, Key: upload.key, UploadId: upload.uploadId },
    PartNumberMarker: String(after),
    NextPartNumberMarker: String(page.at(-1)?.partNumber ?? 0),
    MaxParts: limit,
    IsTruncated: found.length > limit,
    Parts: page.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: part.lastModified,
      ETag: quoteEtag(part.etag),
      Size: part.sizeBytes,
      ...(upload.checksumAsked ? { [member]: part.checksum } : {}),
    })),
    ...people(scope),
    ...describeUpload(upload),
  }
}

/** GET /{Bucket}?uploads. @throws NoSuchBucket, AccessDenied, InvalidArgument */
export async function listMultipartUploads(
  input: ListMultipartUploadsCommandInput,
  scope: RequestScope,
): Answer<ListMultipartUploadsCommandOutput> {
  const limit = pageSize('max-uploads', input.MaxUploads)
  const bucket = await findBucket(scope, input)
  const found = await collectEntries(scope, bucket, { input, limit: limit + 1 })
  const page = found.slice(0, limit)
  const uploads = page.flatMap((entry) => (typeof entry === 'string' ? [] : [entry]))
  const prefixes = page.flatMap((entry) => (typeof entry === 'string' ? [entry] : []))
  const last = found.length > limit ? page.at(-1) : undefined
  const encode = input.EncodingType === 'url' ? urlEncodeKey : (text: string) => text
  return {
    Bucket: bucket.name,
    KeyMarker: encode(input.KeyMarker ?? ''),
    UploadIdMarker: input.UploadIdMarker ?? '',
    NextKeyMarker: last === undefined ? '' : encode(typeof last === 'string' ? last : last.key),
    NextUploadIdMarker: last === undefined || typeof last === 'string' ? '' : last.uploadId,
    Prefix: encode(input.Prefix ?? ''),
    ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
    MaxUploads: limit,
    IsTruncated: last !== undefined,
    ...(input.EncodingType ? { EncodingType: input.EncodingType } : {}),
    Uploads: uploads.map(
      (upload): MultipartUpload => ({
        UploadId: upload.uploadId,
        Key: encode(upload.key),
        Initiated: upload.initiatedAt,
        ...people(scope),
        ...describeUpload(upload),
      }),
    ),
    ...(prefixes.length === 0
      ? {}
      : { CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })) }),
  }
}

/** Uploads, and common prefixes in place of those that share one, in order. */
async function collectEntries(
  scope: RequestScope,
  bucket: StoredBucket,
  { input, limit }: { input: ListMultipartUploadsCommandInput; limit: number },
): Promise<(StoredUpload | string)[]> {
  const { Delimiter: delimiter, KeyMarker, UploadIdMarker } = input
  const prefix = input.Prefix ?? ''
  const entries: (StoredUpload | string)[] = []
  let position: Pick<UploadPage, 'from' | 'afterUploadId'> = UploadIdMarker
    ? { from: KeyMarker ?? '', afterUploadId: UploadIdMarker }
    : {
        from: KeyMarker ? afterMarker(KeyMarker, { prefix, delimiter }) : '',
        afterUploadId: undefined,
      }
  while (entries.length < limit) {
    const wanted = limit - entries.length
    const batch = await selectUploads(scope.database, bucket.bucketId, {
      ...{ ...position, prefix, limit: wanted },
    })
    for (const upload of batch) {
      const common = delimiter && commonPrefixOf(upload.key, { prefix, delimiter })
      if (!common) entries.push(upload)
      else if (entries.at(-1) !== common) entries.push(common)
    }
    const last = batch.at(-1)
    if (batch.length < wanted || !last) break
    const end = entries.at(-1)
    position =
      typeof end === 'string'
        ? { from: afterPrefix(end) ?? end + NEXT, afterUploadId: undefined }
        : { from: last.key, afterUploadId: last.uploadId }
  }
  return entries
}

function describeUpload({ description, checksumAsked, ...upload }: StoredUpload) {
  return {
    StorageClass: description.StorageClass ?? 'STANDARD',
    ...(checksumAsked
      ? { ChecksumAlgorithm: upload.checksumAlgorithm, ChecksumType: upload.checksumType }
      : {}),
  }
}

/** Who began an upload and whose it is: the account. */
function people(scope: RequestScope) {
  return {
    Initiator: { ID: scope.caller.arn },
    Owner: { ID: canonicalUserId(scope.account) },
  }
}

/** @throws InvalidArgument */
function pageSize(name: string, asked: number = PAGE_MAX): number {
  if (asked < 0 || asked > 2 ** 31 - 1) {
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, {
      name,
      value: asked,
    })
  }
  return Math.min(asked, PAGE_MAX)
}
