import { AwsError } from './errors.ts'

/**
 * S3's refusals, with the texts and members that the service prints.
 * @source Amazon S3 API Reference, "Error responses", and responses of the service
 */

export function noSuchBucket(bucket: string): AwsError {
  return refusal('NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket })
}

export function noSuchKey(key: string): AwsError {
  return refusal('NoSuchKey', 'The specified key does not exist.', { Key: key })
}

export function noSuchUpload(uploadId: string): AwsError {
  return refusal(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been' +
      ' aborted or completed.',
    { UploadId: uploadId },
  )
}

export function bucketAlreadyOwnedByYou(bucket: string): AwsError {
  return refusal(
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    { BucketName: bucket },
  )
}

export function bucketNotEmpty(bucket: string): AwsError {
  return refusal('BucketNotEmpty', 'The bucket you tried to delete is not empty', {
    BucketName: bucket,
  })
}

export function invalidBucketName(bucket: string): AwsError {
  return refusal('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: bucket })
}

/** A region's endpoint was asked for a bucket elsewhere, or did not hear where. */
export function illegalLocationConstraint(constraint: string | undefined): AwsError {
  return refusal(
    'IllegalLocationConstraintException',
    `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific` +
      ' endpoint this request was sent to.',
  )
}

export function invalidLocationConstraint(constraint: string): AwsError {
  return refusal('InvalidLocationConstraint', 'The specified location-constraint is not valid', {
    LocationConstraint: constraint,
  })
}

/** S3's own code; the other services say `AccessDeniedException`. */
export function s3AccessDenied(): AwsError {
  return refusal('AccessDenied', 'Access Denied')
}

export function invalidRange(range: string, sizeBytes: number): AwsError {
  return refusal('InvalidRange', 'The requested range is not satisfiable', {
    RangeRequested: range,
    ActualObjectSize: sizeBytes,
  })
}

export function invalidPartNumber(partNumber: number, partCount: number): AwsError {
  return refusal('InvalidPartNumber', 'The requested partnumber is not satisfiable', {
    PartNumberRequested: partNumber,
    ActualPartCount: partCount,
  })
}

/** @param condition the header that did not hold, e.g. `If-Match` */
export function preconditionFailed(condition: string): AwsError {
  return refusal(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition },
  )
}

/** 304: no failure, but no answer with a body either. */
export function notModified(etag: string, lastModified: Date): AwsError {
  return refusal('NotModified', 'Not Modified', { ETag: etag, LastModified: lastModified })
}

export function entityTooSmall(part: {
  ETag: string
  PartNumber: number
  ProposedSize: number
  MinSizeAllowed: number
}): AwsError {
  return refusal(
    'EntityTooSmall',
    'Your proposed upload is smaller than the minimum allowed size',
    part,
  )
}

export function invalidPart(part: {
  UploadId: string
  PartNumber: number
  ETag: string | undefined
}): AwsError {
  return refusal(
    'InvalidPart',
    'One or more of the specified parts could not be found.  The part may not have been uploaded, or' +
      " the specified entity tag may not match the part's entity tag.",
    part,
  )
}

export function invalidPartOrder(uploadId: string): AwsError {
  return refusal(
    'InvalidPartOrder',
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
    { UploadId: uploadId },
  )
}

/** @param algorithm as S3 writes it, e.g. `CRC32` */
export function badChecksum(algorithm: string): AwsError {
  return refusal(
    'BadDigest',
    `The ${algorithm} you specified did not match the calculated checksum.`,
  )
}

export function keyTooLong(sizeBytes: number, sizeMaxBytes: number): AwsError {
  return refusal('KeyTooLongError', 'Your key is too long', {
    Size: sizeBytes,
    MaxSizeAllowed: sizeMaxBytes,
  })
}

export function metadataTooLarge(sizeBytes: number, sizeMaxBytes: number): AwsError {
  return refusal(
    'MetadataTooLarge',
    'Your metadata headers exceed the maximum allowed metadata size',
    { Size: sizeBytes, MaxSizeAllowed: sizeMaxBytes },
  )
}

/** @param name the argument as the request carries it, e.g. `max-keys` */
export function invalidArgument(
  message: string,
  argument: { readonly name: string; readonly value?: unknown },
): AwsError {
  return refusal('InvalidArgument', message, {
    ArgumentName: argument.name,
    ...(argument.value === undefined ? {} : { ArgumentValue: String(argument.value) }),
  })
}

export function invalidRequest(message: string): AwsError {
  return refusal('InvalidRequest', message)
}

export function invalidTag(message: string, key?: string): AwsError {
  return refusal('InvalidTag', message, key === undefined ? {} : { TagKey: key })
}

/** S3's code for more than ten tags. */
export function tooManyTags(): AwsError {
  return refusal('BadRequest', 'Object tags cannot be greater than 10')
}

export function malformedXml(): AwsError {
  return refusal(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  )
}

export function invalidStorageClass(storageClass: string): AwsError {
  return refusal('InvalidStorageClass', 'The storage class you specified is not valid', {
    StorageClassRequested: storageClass,
  })
}

export function invalidEncryptionAlgorithm(): AwsError {
  return refusal(
    'InvalidEncryptionAlgorithmError',
    'The encryption request that you specified is not valid. The valid value is AES256.',
  )
}

/** Buckets have Object Ownership "bucket owner enforced", AWS's default since April 2023. */
export function accessControlListNotSupported(): AwsError {
  return refusal('AccessControlListNotSupported', 'The bucket does not allow ACLs')
}

export function invalidBucketAcl(): AwsError {
  return refusal(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  )
}

/** S3's answer to a header whose function it does not have. */
export function headerNotImplemented(header: string): AwsError {
  return refusal(
    'NotImplemented',
    'A header you provided implies functionality that is not implemented',
    { Header: header },
  )
}

/**
 * The platform's disk is full. AWS has no such code for S3, because its disk never is; the name is that of
 * HTTP's status 507, which neither boto3 nor the AWS CLI tries again.
 */
export function insufficientStorage(): AwsError {
  return new AwsError(
    'InsufficientStorage',
    'The disk that holds the objects of this installation is full: make room, then try again.',
    { fault: 'server' },
  )
}

function refusal(
  code: string,
  message: string,
  members: Readonly<Record<string, unknown>> = {},
): AwsError {
  return new AwsError(code, message, { members })
}
