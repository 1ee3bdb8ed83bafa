import type { CreateBucketCommandInput } from '@aws-sdk/client-s3'
import {
  headerNotImplemented,
  illegalLocationConstraint,
  invalidBucketAcl,
  invalidBucketName,
  invalidLocationConstraint,
} from '../../aws/s3-errors.ts'

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const IP_ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/
const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-']
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3']
const REGION = /^[a-z]{2,3}(-[a-z]+)+-\d$/

/**
 * @source Amazon S3 User Guide, "General purpose bucket naming rules"
 * @throws InvalidBucketName
 */
export function validateBucketName(name: string): void {
  const isAllowed =
    NAME.test(name) &&
    !name.includes('..') &&
    !IP_ADDRESS.test(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix))
  if (!isAllowed) throw invalidBucketName(name)
}

/**
 * Where a new bucket is to be: `us-east-1`'s endpoint makes buckets anywhere, each other region's only its own
 * and wants to hear it.
 *
 * @source Amazon S3 API Reference, CreateBucket, `LocationConstraint`
 * @throws InvalidLocationConstraint, IllegalLocationConstraintException
 */
export function chooseBucketRegion(
  requestRegion: string,
  locationConstraint: string | undefined,
): string {
  if (locationConstraint === undefined || locationConstraint === '') {
    if (requestRegion !== 'us-east-1') throw illegalLocationConstraint(undefined)
    return requestRegion
  }
  const region = locationConstraint === 'EU' ? 'eu-west-1' : locationConstraint
  if (!REGION.test(region) || region === 'us-east-1') {
    throw invalidLocationConstraint(locationConstraint)
  }
  if (requestRegion !== 'us-east-1' && region !== requestRegion) {
    throw illegalLocationConstraint(locationConstraint)
  }
  return region
}

/** Refuses the settings of a new bucket that nothing here would honour. */
export function validateBucketSettings(input: CreateBucketCommandInput): void {
  const isEnforced =
    input.ObjectOwnership === undefined || input.ObjectOwnership === 'BucketOwnerEnforced'
  if (!isEnforced) throw headerNotImplemented('x-amz-object-ownership')
  const isOtherAcl = input.ACL !== undefined && input.ACL !== 'private'
  const grants = [
    ...[input.GrantFullControl, input.GrantRead, input.GrantReadACP],
    ...[input.GrantWrite, input.GrantWriteACP],
  ]
  if (isOtherAcl || grants.some((grant) => grant !== undefined)) throw invalidBucketAcl()
  if (input.ObjectLockEnabledForBucket) {
    throw headerNotImplemented('x-amz-bucket-object-lock-enabled')
  }
}
