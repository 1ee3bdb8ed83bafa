import type { Database, Queryable } from '../../platform/database/database.ts'

const BATCH = 1000
const GRACE_SECONDS = 5

/** Which of these bytes a row refers to. */
export async function selectReferenced(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }>(
    `select id from unnest($1::text[]) as asked (id)
     where exists (select from object where blob_ids @> array[id] and blob_ids <> '{}')
       or exists (select from object_part where blob_id = id)`,
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}

/**
 * Removes the bytes that no row refers to and then forgets them; what `remove` spares is tried again another
 * time. A crash between the two makes the removal happen again, which is harmless.
 */
export async function removeGarbage(
  database: Database,
  options: {
    readonly remove: (ids: readonly string[]) => Promise<readonly string[]>
    readonly graceSeconds?: number
  },
): Promise<void> {
  for (let isMore = true; isMore; ) {
    isMore = await database.transaction(async (transaction) => {
      const rows = await transaction.query<{ id: string }>(
        `select blob_id as id from object_garbage
         where discarded_at <= now() - make_interval(secs => $1)
         limit $2 for update skip locked`,
        [options.graceSeconds ?? GRACE_SECONDS, BATCH],
      )
      if (rows.length === 0) return false
      const gone = await options.remove(rows.map(({ id }) => id))
      await transaction.query('delete from object_garbage where blob_id = any($1)', [gone])
      return gone.length === BATCH
    })
  }
}
