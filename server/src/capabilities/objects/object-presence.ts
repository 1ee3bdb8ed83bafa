import { AwsError } from '../../aws/errors.ts'
import type { S3Location } from '../../aws/s3-uri.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findBucket, type StoredBucket } from './bucket.store.ts'
import { anyRowUnder, isObject } from './object.store.ts'

type Place = Pick<RequestScope, 'database' | 'realm' | 'account'>

/** Whether an object is there; false without its bucket too. */
export async function objectExists(scope: Place, { bucket, key }: S3Location): Promise<boolean> {
  const found = await bucketIfAny(scope, bucket)
  return found !== undefined && isObject(scope.database, found, key)
}

/** Whether any object's key starts with the location's; false without its bucket too. */
export async function anyObjectUnder(scope: Place, { bucket, key }: S3Location): Promise<boolean> {
  const found = await bucketIfAny(scope, bucket)
  return found !== undefined && anyRowUnder(scope.database, found.bucketId, key)
}

async function bucketIfAny(scope: Place, name: string): Promise<StoredBucket | undefined> {
  try {
    return await findBucket(scope, { Bucket: name })
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchBucket') return undefined
    throw error
  }
}
