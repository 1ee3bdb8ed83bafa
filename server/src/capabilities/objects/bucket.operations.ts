import { createHash } from 'node:crypto'
import type {
  Bucket,
  CreateBucketCommandInput,
  CreateBucketCommandOutput,
  DeleteBucketCommandInput,
  DeleteBucketCommandOutput,
  GetBucketLocationCommandInput,
  GetBucketLocationCommandOutput,
  HeadBucketCommandInput,
  HeadBucketCommandOutput,
  ListBucketsCommandInput,
  ListBucketsCommandOutput,
} from '@aws-sdk/client-s3'
import { formatArn, partitionOf } from '../../aws/arn.ts'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import { bucketAlreadyOwnedByYou, bucketNotEmpty, invalidArgument } from '../../aws/s3-errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import {
  deleteEmptyBucket,
  findBucket,
  insertBucket,
  type StoredBucket,
  selectBuckets,
} from './bucket.store.ts'
import {
  chooseBucketRegion,
  validateBucketName,
  validateBucketSettings,
} from './bucket.validation.ts'

type Answer<Output> = Promise<Omit<Output, '$metadata'>>

const BUCKETS_MAX = 10_000

/**
 * PUT /{Bucket}. Making a bucket again is BucketAlreadyOwnedByYou in every region; the exception that AWS
 * keeps for `us-east-1`, where it answers 200 for the sake of old clients, is not made.
 *
 * @throws InvalidBucketName, IllegalLocationConstraintException, InvalidLocationConstraint,
 *   InvalidBucketAclWithObjectOwnership, BucketAlreadyOwnedByYou
 */
export async function createBucket(
  input: CreateBucketCommandInput,
  scope: RequestScope,
): Answer<CreateBucketCommandOutput> {
  const name = input.Bucket ?? ''
  validateBucketName(name)
  validateBucketSettings(input)
  const constraint = input.CreateBucketConfiguration?.LocationConstraint
  const region = chooseBucketRegion(scope.region, constraint)
  if (!(await insertBucket(scope, { name, region }))) throw bucketAlreadyOwnedByYou(name)
  return { Location: `/${name}`, BucketArn: bucketArn({ name, region }) }
}

/** HEAD /{Bucket}. @throws NoSuchBucket (404), AccessDenied (403): without a body, as HEAD has none */
export async function headBucket(
  input: HeadBucketCommandInput,
  scope: RequestScope,
): Answer<HeadBucketCommandOutput> {
  const bucket = await findBucket(scope, input)
  return { BucketRegion: bucket.region, BucketArn: bucketArn(bucket), AccessPointAlias: false }
}

/** GET /{Bucket}?location. Absent stands for `us-east-1`. @throws NoSuchBucket, AccessDenied */
export async function getBucketLocation(
  input: GetBucketLocationCommandInput,
  scope: RequestScope,
): Answer<GetBucketLocationCommandOutput> {
  const { region } = await findBucket(scope, input)
  if (region === 'us-east-1') return {}
  return {
    LocationConstraint: region as NonNullable<GetBucketLocationCommandOutput['LocationConstraint']>,
  }
}

/** DELETE /{Bucket}; unfinished uploads go with it. @throws NoSuchBucket, AccessDenied, BucketNotEmpty */
export async function deleteBucket(
  input: DeleteBucketCommandInput,
  scope: RequestScope,
): Answer<DeleteBucketCommandOutput> {
  const bucket = await findBucket(scope, input)
  if (!(await deleteEmptyBucket(scope, bucket.bucketId))) throw bucketNotEmpty(bucket.name)
  return {}
}

/** GET /. In the order of names; one page of `MaxBuckets`, or of 10,000. @throws InvalidArgument */
export async function listBuckets(
  input: ListBucketsCommandInput,
  scope: RequestScope,
): Answer<ListBucketsCommandOutput> {
  const limit = input.MaxBuckets ?? BUCKETS_MAX
  if (limit < 1 || limit > BUCKETS_MAX) {
    throw invalidArgument(`Argument max-buckets must be an integer between 1 and ${BUCKETS_MAX}`, {
      name: 'max-buckets',
      value: limit,
    })
  }
  const prefix = input.Prefix ?? ''
  const after = afterToken(input.ContinuationToken)
  const region = input.BucketRegion
  const found = await selectBuckets(scope, { prefix, after, region, limit: limit + 1 })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    Buckets: page.map(listed),
    Owner: { ID: canonicalUserId(scope.account) },
    ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
    ...(found.length > limit && last
      ? { ContinuationToken: encodePageToken({ after: last.name }) }
      : {}),
  }
}

/** S3's name of an account in lists: 64 hexadecimal digits that tell nothing of the account's number. */
export function canonicalUserId(account: string): string {
  return createHash('sha256').update(`canonical user ${account}`).digest('hex')
}

function listed(bucket: StoredBucket): Bucket {
  return { Name: bucket.name, CreationDate: bucket.createdAt, BucketRegion: bucket.region }
}

function bucketArn({ name, region }: Pick<StoredBucket, 'name' | 'region'>): string {
  const partition = partitionOf(region)
  return formatArn({ partition, service: 's3', region: '', account: '', resource: name })
}

function afterToken(token: string | undefined): string {
  if (token === undefined) return ''
  const position = decodePageToken<{ after: unknown }>(token)
  if (typeof position?.after === 'string') return position.after
  throw invalidArgument('The continuation token provided is incorrect', {
    name: 'continuation-token',
  })
}
