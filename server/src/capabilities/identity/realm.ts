import { assert } from '../../base/assert.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import {
  endRealm,
  findPresentRealm,
  insertRealm,
  listPresentRealms,
  lockAccount,
} from './realm.store.ts'
import { seedRealm } from './realm-seed.ts'

/** What other capabilities add to the beginning and the end of an account's life, in its transaction. */
export interface RealmHooks {
  readonly began?: readonly RealmHook[]
  readonly ended?: readonly RealmHook[]
}

export type RealmHook = (transaction: Queryable, life: RealmLife) => Promise<void>

export interface RealmLife {
  readonly realm: number
  readonly account: string
  /** When it began, or ended. */
  readonly at: Date
}

/** The lives of accounts: each request belongs to the present one. */
export interface Realms extends AsyncDisposable {
  /**
   * The account's present realm, from memory; a reset by another process shows within moments.
   * @throws AssertionFailure for an account that has none
   */
  present(account: string): number
  /** Ends the present life and begins the next: whatever was there is gone from every API at once. */
  reset(account: string): Promise<number>
}

const TOPIC_PREFIX = 'realm/'

/** The change topic of an account's lives. */
export function realmTopic(account: string): string {
  return `${TOPIC_PREFIX}${account}`
}

/** Reads the lives of all accounts and follows them; begins the configured account's first one. */
export async function openRealms(
  platform: Pick<Platform, 'database' | 'changes' | 'clock' | 'config' | 'log'>,
  hooks: RealmHooks = {},
): Promise<Realms> {
  const { database, changes, clock, config, log } = platform
  const known = new Map<string, number>()
  let isStale = false

  const learn = (account: string, realm: number): void => {
    // numbers only grow: an answer that was under way during a reset does not bring the old one back
    known.set(account, Math.max(realm, known.get(account) ?? 0))
  }
  const load = async (): Promise<void> => {
    isStale = false
    for (const { account, realm } of await listPresentRealms(database)) learn(account, realm)
  }
  const reload = (): void => {
    load().catch((error) => {
      isStale = true
      log.warn('the present realms could not be read', { error })
    })
  }
  const begin = async (transaction: Queryable, account: string): Promise<number> => {
    const at = clock.now()
    const realm = await insertRealm(transaction, account, at)
    for (const hook of [seedRealm, ...(hooks.began ?? [])]) {
      await hook(transaction, { realm, account, at })
    }
    await changes.announce(transaction, realmTopic(account))
    return realm
  }
  const findOrBegin = (account: string): Promise<number> =>
    database.transaction(async (transaction) => {
      await lockAccount(transaction, account)
      return (await findPresentRealm(transaction, account)) ?? begin(transaction, account)
    })

  const subscription = changes.subscribe(TOPIC_PREFIX, reload)
  await load()
  learn(config.account, await findOrBegin(config.account))
  return {
    present: (account) => {
      if (isStale) reload()
      const realm = known.get(account)
      assert(realm !== undefined, `account ${account} has no realm`)
      return realm
    },
    reset: async (account) => {
      const realm = await database.transaction(async (transaction) => {
        await lockAccount(transaction, account)
        const at = clock.now()
        const ended = await endRealm(transaction, account, at)
        if (ended !== undefined) {
          for (const hook of hooks.ended ?? []) {
            await hook(transaction, { realm: ended, account, at })
          }
        }
        return begin(transaction, account)
      })
      learn(account, realm)
      return realm
    },
    [Symbol.asyncDispose]: async () => subscription[Symbol.dispose](),
  }
}
