import type { CompletedPart } from '@aws-sdk/client-s3'
import {
  entityTooSmall,
  invalidArgument,
  invalidPart,
  invalidPartOrder,
  invalidRequest,
  malformedXml,
} from '../../aws/s3-errors.ts'
import { quoteEtag, unquoteEtag } from './conditions.ts'
import type { StoredPart, StoredUpload } from './upload.store.ts'

/** @source Amazon S3 User Guide, "Amazon S3 multipart upload limits" */
const PART_NUMBER_MAX = 10_000
const PART_BYTES_MIN = 5 * 1024 ** 2

/** @throws InvalidArgument */
export function validatePartNumber(partNumber: number | undefined): number {
  if (partNumber !== undefined && partNumber >= 1 && partNumber <= PART_NUMBER_MAX)
    return partNumber
  throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', {
    name: 'partNumber',
    value: partNumber,
  })
}

/**
 * The stored parts that a list of completed ones names, in order.
 *
 * @throws MalformedXML for an empty list, InvalidPartOrder, InvalidPart, EntityTooSmall for a part below 5 MiB
 *   that is not the last, InvalidRequest when a checksum is missing
 */
export function chooseParts(
  upload: StoredUpload,
  { listed, stored }: { listed: readonly CompletedPart[]; stored: readonly StoredPart[] },
): StoredPart[] {
  if (listed.length === 0) throw malformedXml()
  validateOrder(upload, listed)
  const byNumber = new Map(stored.map((part) => [part.partNumber, part]))
  const chosen = listed.map((part) => {
    const found = byNumber.get(part.PartNumber ?? 0)
    if (!found || !isSamePart(upload, { part, found })) {
      throw invalidPart({
        UploadId: upload.uploadId,
        PartNumber: part.PartNumber ?? 0,
        ETag: part.ETag,
      })
    }
    return found
  })
  for (const part of chosen.slice(0, -1)) {
    if (part.sizeBytes >= PART_BYTES_MIN) continue
    throw entityTooSmall({
      ETag: quoteEtag(part.etag),
      PartNumber: part.partNumber,
      ProposedSize: part.sizeBytes,
      MinSizeAllowed: PART_BYTES_MIN,
    })
  }
  return chosen
}

function validateOrder(upload: StoredUpload, listed: readonly CompletedPart[]): void {
  // a composite checksum is of consecutive parts
  const isConsecutive = upload.checksumAsked && upload.checksumType === 'COMPOSITE'
  for (const [index, { PartNumber }] of listed.entries()) {
    const number = validatePartNumber(PartNumber)
    const before = listed[index - 1]?.PartNumber ?? 0
    if (number <= before || (isConsecutive && number !== index + 1)) {
      throw invalidPartOrder(upload.uploadId)
    }
  }
}

function isSamePart(
  upload: StoredUpload,
  { part, found }: { part: CompletedPart; found: StoredPart },
): boolean {
  const checksum = part[`Checksum${upload.checksumAlgorithm}`]
  if (checksum === undefined && upload.checksumAsked && upload.checksumType === 'COMPOSITE') {
    throw invalidRequest(
      `The upload was created using a ${upload.checksumAlgorithm.toLowerCase()} checksum. The complete` +
        ' request must include the checksum for each part. It was missing for part' +
        ` ${found.partNumber} in the request.`,
    )
  }
  const isSameChecksum = checksum === undefined || checksum === found.checksum
  return isSameChecksum && unquoteEtag(part.ETag ?? '') === found.etag
}
