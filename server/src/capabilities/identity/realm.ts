import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Changes } from '../../platform/database/changes.ts'
import type { Database, Queryable } from '../../platform/database/database.ts'
import { endRealm, findPresentRealm, insertRealm, lockAccount } from './realm.store.ts'

/** What other capabilities add to the beginning and the end of an account's life, in its transaction. */
export interface RealmHooks {
  readonly began: readonly RealmHook[]
  readonly ended: readonly RealmHook[]
}

export type RealmHook = (transaction: Queryable, life: RealmLife) => Promise<void>

export interface RealmLife {
  readonly realm: number
  readonly account: string
  /** When it began, or ended. */
  readonly at: Date
}

/** The lives of accounts: each request belongs to the present one. */
export interface Realms extends Disposable {
  /** The account's present realm; its first begins here. Costs nothing but the first time after a change. */
  present(account: string): Promise<number>
  /** The same where it is known already, for those who cannot wait. */
  known(account: string): number | undefined
  /** Ends the present life and begins the next: whatever was there is gone from every API at once. */
  reset(account: string): Promise<number>
}

export function realmTopic(account: string): string {
  return `${TOPIC_PREFIX}${account}`
}

const TOPIC_PREFIX = 'realm/'

export function openRealms(options: {
  readonly database: Database
  readonly changes: Changes
  readonly clock: Clock
  readonly hooks: RealmHooks
}): Realms {
  const { database, changes, clock, hooks } = options
  const known = new Map<string, number>()
  let changeCount = 0
  const forget = (account: string | undefined): void => {
    changeCount += 1
    if (account === undefined) known.clear()
    else known.delete(account)
  }
  const subscription = changes.subscribe(TOPIC_PREFIX, (topic) =>
    forget(topic?.slice(TOPIC_PREFIX.length)),
  )

  const begin = async (transaction: Queryable, account: string): Promise<number> => {
    const at = clock.now()
    const realm = await insertRealm(transaction, account, at)
    assert(Number.isInteger(realm), 'a realm has a number')
    for (const hook of hooks.began) await hook(transaction, { realm, account, at })
    await changes.announce(transaction, realmTopic(account))
    return realm
  }
  const findOrBegin = async (account: string): Promise<number> => {
    const found = await findPresentRealm(database, account)
    if (found !== undefined) return found
    return database.transaction(async (transaction) => {
      await lockAccount(transaction, account)
      return (await findPresentRealm(transaction, account)) ?? begin(transaction, account)
    })
  }

  return {
    present: async (account) => {
      const remembered = known.get(account)
      if (remembered !== undefined) return remembered
      const countBefore = changeCount
      const realm = await findOrBegin(account)
      // what was read while a change came in may be of before it
      if (changeCount === countBefore) known.set(account, realm)
      return realm
    },
    known: (account) => known.get(account),
    reset: async (account) => {
      const realm = await database.transaction(async (transaction) => {
        await lockAccount(transaction, account)
        const at = clock.now()
        const ended = await endRealm(transaction, account, at)
        if (ended !== undefined) {
          for (const hook of hooks.ended) await hook(transaction, { realm: ended, account, at })
        }
        return begin(transaction, account)
      })
      forget(account)
      return realm
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  }
}
