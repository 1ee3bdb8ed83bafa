import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import {
  accessControlListNotSupported,
  headerNotImplemented,
  invalidArgument,
  invalidEncryptionAlgorithm,
  invalidRequest,
  invalidStorageClass,
  keyTooLong,
  metadataTooLarge,
} from '../../aws/s3-errors.ts'

/** @source Amazon S3 User Guide, "Naming Amazon S3 objects" and "Working with object metadata" */
const KEY_BYTES_MAX = 1024
const METADATA_BYTES_MAX = 2048

/** Classes whose objects can be read at once; the archive classes need RestoreObject first. */
const STORAGE_CLASSES = [
  ...['STANDARD', 'REDUCED_REDUNDANCY', 'STANDARD_IA', 'ONEZONE_IA'],
  ...['INTELLIGENT_TIERING', 'GLACIER_IR'],
]

/** Ownership "bucket owner enforced" accepts these, which grant nothing that the owner has not. */
const CANNED_ACLS = ['private', 'bucket-owner-full-control', 'bucket-owner-read']

type WriteHeaders = Pick<
  PutObjectCommandInput,
  | 'ACL'
  | 'GrantFullControl'
  | 'GrantRead'
  | 'GrantReadACP'
  | 'GrantWriteACP'
  | 'Metadata'
  | 'ObjectLockLegalHoldStatus'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'SSECustomerAlgorithm'
  | 'SSECustomerKey'
  | 'SSEKMSKeyId'
  | 'ServerSideEncryption'
  | 'StorageClass'
>

/** @throws KeyTooLongError, or InvalidArgument for a key that the index cannot hold */
export function validateKey(key: string | undefined): string {
  if (!key) throw invalidArgument('Object key is missing', { name: 'key' })
  const sizeBytes = Buffer.byteLength(key)
  if (sizeBytes > KEY_BYTES_MAX) throw keyTooLong(sizeBytes, KEY_BYTES_MAX)
  if (key.includes('\0')) {
    throw invalidArgument('Object key has a NUL character', { name: 'key' })
  }
  return key
}

/** Refuses what a writing request says of the object when it cannot be kept or honoured. */
export function validateWriteHeaders(input: WriteHeaders): void {
  const grants = [input.GrantFullControl, input.GrantRead, input.GrantReadACP, input.GrantWriteACP]
  const isOtherAcl = input.ACL !== undefined && !CANNED_ACLS.includes(input.ACL)
  if (isOtherAcl || grants.some((grant) => grant !== undefined)) {
    throw accessControlListNotSupported()
  }
  if (input.ObjectLockMode || input.ObjectLockRetainUntilDate || input.ObjectLockLegalHoldStatus) {
    throw invalidRequest('Bucket is missing Object Lock Configuration')
  }
  refuseCustomerKey(input)
  validateEncryption(input)
  if (input.StorageClass !== undefined && !STORAGE_CLASSES.includes(input.StorageClass)) {
    throw invalidStorageClass(input.StorageClass)
  }
  const metadata = Object.entries(input.Metadata ?? {})
  const sizeBytes = metadata.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0)
  if (sizeBytes > METADATA_BYTES_MAX) throw metadataTooLarge(sizeBytes, METADATA_BYTES_MAX)
}

/** Bytes are not encrypted under a caller's key here, so no caller may believe that they are. */
export function refuseCustomerKey(input: {
  readonly SSECustomerAlgorithm?: string | undefined
  readonly SSECustomerKey?: string | undefined
}): void {
  if (input.SSECustomerAlgorithm !== undefined || input.SSECustomerKey !== undefined) {
    throw headerNotImplemented('x-amz-server-side-encryption-customer-algorithm')
  }
}

/** Buckets here have no versions: the only one is `null`. @throws InvalidArgument */
export function validateVersionId(versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== 'null') {
    throw invalidArgument('Invalid version id specified', { name: 'versionId', value: versionId })
  }
}

/** @throws NotImplemented for `If-None-Match` with an ETag, which S3 does not have on writes */
export function validateWriteConditions(input: {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
}): void {
  if (input.IfNoneMatch !== undefined && input.IfNoneMatch !== '*') {
    throw headerNotImplemented('If-None-Match')
  }
  if (input.IfMatch !== undefined && input.IfNoneMatch !== undefined) {
    throw headerNotImplemented('If-Match')
  }
}

function validateEncryption(input: WriteHeaders): void {
  const encryption: string | undefined = input.ServerSideEncryption
  const isKms = encryption === 'aws:kms' || encryption === 'aws:kms:dsse'
  if (encryption !== undefined && encryption !== 'AES256' && !isKms) {
    throw invalidEncryptionAlgorithm()
  }
  if (input.SSEKMSKeyId !== undefined && !isKms) {
    throw invalidArgument(
      'Server Side Encryption with AWS KMS managed key requires HTTP header' +
        ' x-amz-server-side-encryption : aws:kms',
      { name: 'x-amz-server-side-encryption' },
    )
  }
}
