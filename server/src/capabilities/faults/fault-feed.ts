import { after, systemClock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
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
  const stopped = new AbortController()
  let subscription: Disposable | undefined
  let wake = new AbortController()

  const look = async (): Promise<number> => {
    try {
      const changes = await options.openChanges()
      subscription ??= changes.subscribe(FAULT_TOPIC, () => wake.abort())
      table.replace(await listFaults(database))
      return SWEEP_MS
    } catch (error) {
      log.debug('the injected faults could not be read', { error })
      return RETRY_MS
    }
  }
  const follow = async (firstPauseMs: number): Promise<void> => {
    let pauseMs = firstPauseMs
    while (!stopped.signal.aborted) {
      const signal = AbortSignal.any([stopped.signal, wake.signal])
      // an abort is how the pause ends early
      await after(systemClock, pauseMs, signal).catch(() => undefined)
      wake = new AbortController()
      if (!stopped.signal.aborted) pauseMs = await look()
    }
  }

  const following = follow(await look())
  return {
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      await following
      subscription?.[Symbol.dispose]()
    },
  }
}
