import { noSuchBucket, s3AccessDenied } from '../../aws/s3-errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'

export interface StoredBucket {
  readonly bucketId: number
  readonly name: string
  readonly region: string
  readonly createdAt: Date
}

/** What every operation inside a bucket says: which one, and whose it takes it for. */
export interface BucketReference {
  readonly Bucket: string | undefined
  readonly ExpectedBucketOwner?: string | undefined
}

const COLUMNS = `bucket_id as "bucketId", name, region, created_at as "createdAt"`

/** @throws NoSuchBucket, or AccessDenied when it is not the expected owner's */
export async function findBucket(
  scope: Pick<RequestScope, 'database' | 'realm' | 'account'>,
  { Bucket: name = '', ExpectedBucketOwner: owner }: BucketReference,
): Promise<StoredBucket> {
  const [bucket] = await scope.database.query<StoredBucket & Record<string, unknown>>(
    `select ${COLUMNS} from bucket where realm = $1 and name = $2`,
    [scope.realm, name],
  )
  if (!bucket) throw noSuchBucket(name)
  if (owner !== undefined && owner !== scope.account) throw s3AccessDenied()
  return bucket
}

/** @returns false when the name is taken */
export async function insertBucket(
  scope: Pick<RequestScope, 'database' | 'realm' | 'clock'>,
  { name, region }: { name: string; region: string },
): Promise<boolean> {
  const rows = await scope.database.query(
    `insert into bucket (realm, name, region, created_at) values ($1, $2, $3, $4)
     on conflict (realm, name) do nothing returning bucket_id`,
    [scope.realm, name, region, scope.clock.now()],
  )
  return rows.length > 0
}

/** Deletes a bucket and its unfinished uploads. @returns false when objects are in it */
export async function deleteEmptyBucket(
  scope: Pick<RequestScope, 'database'>,
  bucketId: number,
): Promise<boolean> {
  try {
    await scope.database.query('delete from bucket where bucket_id = $1', [bucketId])
    return true
  } catch (error) {
    if (isForeignKeyViolation(error)) return false
    throw error
  }
}

export interface BucketPage {
  readonly prefix: string
  /** Names greater than this. */
  readonly after: string
  readonly region: string | undefined
  readonly limit: number
}

export async function selectBuckets(
  scope: Pick<RequestScope, 'database' | 'realm'>,
  { prefix, after, region, limit }: BucketPage,
): Promise<readonly StoredBucket[]> {
  return scope.database.query<StoredBucket & Record<string, unknown>>(
    `select ${COLUMNS} from bucket
     where realm = $1 and name > $2 and starts_with(name, $3)
       and ($4::text is null or region = $4)
     order by name limit $5`,
    [scope.realm, after, prefix, region ?? null, limit],
  )
}

/** Takes buckets of ended realms away, with all in them. @returns how many there were */
export async function deleteEndedBuckets(database: Queryable): Promise<number> {
  const ended = `select bucket_id from bucket join realm using (realm) where ended_at is not null`
  await database.query(`delete from object where bucket_id in (${ended})`)
  const rows = await database.query(
    `delete from bucket where bucket_id in (${ended}) returning bucket_id`,
  )
  return rows.length
}

/** A row that refers to a bucket was written while the bucket was deleted, or the other way round. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23503'
}
