import type { UploadPartCopyCommandInput, UploadPartCopyCommandOutput } from '@aws-sdk/client-s3'
import { invalidArgument, invalidRequest } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket } from './bucket.store.ts'
import { quoteEtag } from './conditions.ts'
import { withCopySource } from './copy-source.ts'
import type { ByteRange } from './range.ts'
import { COPY_BYTES_MAX, streamBytes } from './stored-bytes.ts'
import { storePart, uploadReference } from './upload.operations.ts'
import { findOpenUpload } from './upload.store.ts'
import { validatePartNumber } from './upload.validation.ts'

/**
 * PUT /{Bucket}/{Key}?partNumber&uploadId with `x-amz-copy-source`, of the source or of a range of it.
 *
 * @throws NoSuchBucket, NoSuchKey, NoSuchUpload, AccessDenied, PreconditionFailed, InvalidArgument,
 *   InvalidRequest above 5 GiB, InsufficientStorage
 */
export async function uploadPartCopy(
  input: UploadPartCopyCommandInput,
  scope: RequestScope,
): Promise<Omit<UploadPartCopyCommandOutput, '$metadata'>> {
  const partNumber = validatePartNumber(input.PartNumber)
  const bucket = await findBucket(scope, input)
  const upload = await findOpenUpload(scope.database, bucket, uploadReference(input))
  const { part } = await withCopySource(scope, input, async (source) => {
    const range = parseCopyRange(input.CopySourceRange, source.sizeBytes)
    const sizeBytes = range ? range.end - range.start + 1 : source.sizeBytes
    if (sizeBytes > COPY_BYTES_MAX) {
      throw invalidRequest(
        `The specified copy source is larger than the maximum allowable size: ${COPY_BYTES_MAX}`,
      )
    }
    const body = await streamBytes(scope, source, range)
    return storePart(scope, upload, { partNumber, body, asked: undefined })
  })
  return {
    CopyPartResult: {
      ETag: quoteEtag(part.etag),
      LastModified: part.lastModified,
      ...(upload.checksumAsked ? { [`Checksum${upload.checksumAlgorithm}`]: part.checksum } : {}),
    },
  }
}

/** Unlike a reader's `Range`, this must be `bytes=first-last` and lie in the source. @throws InvalidArgument */
export function parseCopyRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | undefined {
  if (header === undefined) return undefined
  const argument = { name: 'x-amz-copy-source-range', value: header }
  const match = /^bytes=(\d+)-(\d+)$/.exec(header)
  if (!match) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are' +
        ' the zero-based offsets of the first and last bytes to copy',
      argument,
    )
  }
  const [start, end] = [Number(match[1]), Number(match[2])]
  if (start > end || end >= sizeBytes) {
    throw invalidArgument(
      `Range specified is not valid for source object of size: ${sizeBytes}`,
      argument,
    )
  }
  return { start, end }
}
