import type { Tag } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'

/** Whose tags are meant. */
export interface TaggedResource {
  readonly realm: number
  readonly arn: string
}

/** Adds tags and overwrites those of the same key. */
export async function upsertTags(
  transaction: Queryable,
  { realm, arn }: TaggedResource,
  tags: ReadonlyMap<string, string>,
): Promise<void> {
  if (tags.size === 0) return
  await transaction.query(
    `insert into tag (realm, resource_arn, key, value)
     select $1, $2, key, value from unnest($3::text[], $4::text[]) as given (key, value)
     on conflict (realm, resource_arn, key) do update set value = excluded.value`,
    [realm, arn, [...tags.keys()], [...tags.values()]],
  )
}

/** Makes those who change one resource's tags wait for each other, so that the quota holds. */
export async function lockTags(
  transaction: Queryable,
  { realm, arn }: TaggedResource,
): Promise<void> {
  await transaction.query(
    `select pg_advisory_xact_lock(hashtextextended('tag/' || $1::bigint || '/' || $2::text, 0))`,
    [realm, arn],
  )
}

/** In the order of keys, those after `page.afterKey`. */
export async function selectTags(
  database: Queryable,
  { realm, arn }: TaggedResource,
  page: { afterKey: string; limit: number },
): Promise<readonly Tag[]> {
  const rows = await database.query<{ key: string; value: string }>(
    `select key, value from tag
     where realm = $1 and resource_arn = $2 and key > $3 order by key limit $4`,
    [realm, arn, page.afterKey, page.limit],
  )
  return rows.map(({ key, value }) => ({ Key: key, Value: value }))
}

export async function deleteTagsByKey(
  database: Queryable,
  { realm, arn }: TaggedResource,
  keys: readonly string[],
): Promise<void> {
  await database.query(
    'delete from tag where realm = $1 and resource_arn = $2 and key = any($3::text[])',
    [realm, arn, keys],
  )
}

export async function deleteAllTags(
  transaction: Queryable,
  { realm, arn }: TaggedResource,
): Promise<void> {
  await transaction.query('delete from tag where realm = $1 and resource_arn = $2', [realm, arn])
}
