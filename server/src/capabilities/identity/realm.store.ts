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
