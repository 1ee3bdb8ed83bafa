import { assert } from '../../base/assert.ts'
import type { Queryable } from '../../platform/database/database.ts'

/** @returns undefined when the account has never been used */
export async function findPresentRealm(
  database: Queryable,
  account: string,
): Promise<number | undefined> {
  const rows = await database.query<{ realm: number }>(
    'select realm from realm where account = $1 and ended_at is null',
    [account],
  )
  return rows[0]?.realm
}

/** Makes processes that would begin or end the account's life at the same time wait for each other. */
export async function lockAccount(transaction: Queryable, account: string): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(hashtextextended('realm/' || $1, 0))`, [
    account,
  ])
}

export async function insertRealm(
  transaction: Queryable,
  account: string,
  at: Date,
): Promise<number> {
  const rows = await transaction.query<{ realm: number }>(
    'insert into realm (account, began_at) values ($1, $2) returning realm',
    [account, at],
  )
  const realm = rows[0]?.realm
  assert(realm !== undefined, 'an inserted realm has a number')
  return realm
}

/** @returns the realm that ended, if there was one */
export async function endRealm(
  transaction: Queryable,
  account: string,
  at: Date,
): Promise<number | undefined> {
  const rows = await transaction.query<{ realm: number }>(
    'update realm set ended_at = $2 where account = $1 and ended_at is null returning realm',
    [account, at],
  )
  return rows[0]?.realm
}

export async function listPresentRealms(
  database: Queryable,
): Promise<readonly { readonly account: string; readonly realm: number }[]> {
  return database.query<{ account: string; realm: number }>(
    'select account, realm from realm where ended_at is null',
  )
}

export async function listEndedRealms(database: Queryable): Promise<readonly number[]> {
  const rows = await database.query<{ realm: number }>(
    'select realm from realm where ended_at is not null order by realm',
  )
  return rows.map((row) => row.realm)
}

/** Tables with rows that belong to a realm, but for the table of realms itself. */
export async function listRealmTables(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ table_name: string }>(
    `select c.table_name from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = current_schema() and c.column_name = 'realm'
       and t.table_type = 'BASE TABLE' and c.table_name <> 'realm'
     order by c.table_name`,
  )
  return rows.map((row) => row.table_name)
}

/**
 * Deletes up to `rowsMax` rows of ended realms from one table.
 * @param table from `listRealmTables`, never from a request
 * @returns how many
 */
export async function deleteRealmRows(
  database: Queryable,
  table: string,
  { realms, rowsMax }: { realms: readonly number[]; rowsMax: number },
): Promise<number> {
  const name = `"${table.replaceAll('"', '""')}"`
  const rows = await database.query<{ deleted: number }>(
    `with doomed as (select ctid from ${name} where realm = any($1::bigint[]) limit $2),
       gone as (delete from ${name} where ctid = any(array(select ctid from doomed)) returning 1)
     select count(*)::integer as deleted from gone`,
    [realms, rowsMax],
  )
  return rows[0]?.deleted ?? 0
}

/** Forgets ended realms; only when none of their rows are left. */
export async function deleteEndedRealms(
  database: Queryable,
  realms: readonly number[],
  endedBefore: Date,
): Promise<void> {
  await database.query('delete from realm where realm = any($1::bigint[]) and ended_at < $2', [
    realms,
    endedBefore,
  ])
}
