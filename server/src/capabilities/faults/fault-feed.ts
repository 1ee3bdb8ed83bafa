import type { Log } from '../../base/log.ts'
import { inRealTime, keepLooking } from '../../base/lookout.ts'
import type { Changes } from '../../platform/database/changes.ts'
import type { Database } from '../../platform/database/database.ts'
import { listFaults } from './fault.store.ts'
import { FAULT_TOPIC } from './fault.ts'
import type { FaultTable } from './fault-table.ts'

export interface FaultFeedOptions {
  readonly table: FaultTable
  readonly database: Database
  /** Fails while Postgres is away; is then called again. */
  readonly openChanges: () => Promise<Changes>
  readonly log: Log
}

const RETRY_MS = 1_000
/** Looked at this often though nothing is announced, in case something was missed. */
const SWEEP_MS = 10_000

/** Keeps a gateway's table of injected faults; while Postgres is away it stays as it is. */
export async function startFaultFeed(options: FaultFeedOptions): Promise<AsyncDisposable> {
  const { table, database, log } = options
  let subscription: Disposable | undefined

  const lookout = keepLooking(async () => {
    try {
      const changes = await options.openChanges()
      subscription ??= changes.subscribe(FAULT_TOPIC, () => lookout.hint())
      table.replace(await listFaults(database))
      return [inRealTime(SWEEP_MS)]
    } catch (error) {
      log.debug('the injected faults could not be read', { error })
      return [inRealTime(RETRY_MS)]
    }
  })
  await lookout.first
  return {
    [Symbol.asyncDispose]: async () => {
      await lookout[Symbol.asyncDispose]()
      subscription?.[Symbol.dispose]()
    },
  }
}
