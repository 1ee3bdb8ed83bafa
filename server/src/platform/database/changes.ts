import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Database, Queryable } from './database.ts'

/**
 * Says that something changed, and lets many wait for it on one connection. A topic is a resource's ARN
 * or another agreed name. Changes are hints: the waiter looks again at the rows.
 */
export interface Changes {
  /**
   * Tells every process, when `transaction` commits, that `topic` changed.
   * Topics are cut at 7,000 bytes; Postgres delivers equal ones of one transaction once.
   */
  announce(transaction: Queryable, topic: string): Promise<void>
  /** Tells every process at once, of nothing that is in a row. */
  tell(topic: string): Promise<void>
  /** Tells this process's waiters at once; for changes that are not rows, such as a task's. */
  hint(topic: string): void
  /**
   * Runs `look` now and after each change of `topic` until it answers something other than undefined, and
   * resolves with that. Resolves with undefined at `deadline`, or when `signal` aborts.
   */
  waitFor<T>(
    topic: string,
    look: () => Promise<T | undefined>,
    options?: WaitOptions,
  ): Promise<T | undefined>
  /** Calls `changed` for every topic that starts with `prefix`, and with undefined when some may be missed. */
  subscribe(prefix: string, changed: (topic: string | undefined) => void): Disposable
  /** Ends every wait with undefined, for a shutdown. */
  release(): void
  close(): Promise<void>
}

export interface WaitOptions {
  readonly deadline?: Date
  readonly signal?: AbortSignal
  /** Look again after this long without a change, in case one was missed. */
  readonly sweepMs?: number
}

interface Wait {
  readonly deadline: Date | undefined
  readonly signal: AbortSignal
  readonly sweepMs: number
}

interface PendingChange {
  readonly arrived: Promise<void>
  readonly cancel: () => void
}

/** Where topics are told, for statements that announce by themselves: `pg_notify(channel, topic)`. */
export const CHANGES_CHANNEL = 'sagebrush_changes'
const TOPIC_BYTES_MAX = 7_000
const SWEEP_MS = 5_000

export async function openChanges(options: {
  database: Database
  clock: Clock
  log: Log
}): Promise<Changes> {
  const waiters = new Map<string, Set<() => void>>()
  const subscribers = new Set<{ prefix: string; changed: (topic: string | undefined) => void }>()
  const released = new AbortController()

  const wake = (topic: string): void => {
    for (const waiter of [...(waiters.get(topic) ?? [])]) waiter()
    for (const { prefix, changed } of subscribers) if (topic.startsWith(prefix)) changed(topic)
  }
  const wakeAll = (): void => {
    for (const set of [...waiters.values()]) for (const waiter of [...set]) waiter()
    for (const { changed } of subscribers) changed(undefined)
  }
  const listener = await options.database.listen(CHANGES_CHANNEL, {
    received: wake,
    reconnected: wakeAll,
  })

  const nextChange = (topic: string, wait: Wait): PendingChange => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const own = new AbortController()
    const done = (): void => {
      own.abort()
      const set = waiters.get(topic)
      set?.delete(done)
      if (set?.size === 0) waiters.delete(topic)
      wait.signal.removeEventListener('abort', done)
      released.signal.removeEventListener('abort', done)
      clearTimeout(sweep)
      resolve()
    }
    const sweep = setTimeout(done, wait.sweepMs)
    sweep.unref()
    const set = waiters.get(topic) ?? new Set()
    waiters.set(topic, set.add(done))
    wait.signal.addEventListener('abort', done, { once: true })
    released.signal.addEventListener('abort', done, { once: true })
    if (wait.deadline) options.clock.until(wait.deadline, own.signal).then(done, () => undefined)
    return { arrived: promise, cancel: done }
  }

  return {
    announce: async (transaction, topic) => {
      await transaction.query('select pg_notify($1, $2)', [
        CHANGES_CHANNEL,
        topic.slice(0, TOPIC_BYTES_MAX),
      ])
    },
    tell: async (topic) => {
      // not counted as work, since it is by this that control asks whether work is under way
      await options.database.uncounted.query('select pg_notify($1, $2)', [CHANGES_CHANNEL, topic])
    },
    hint: wake,
    waitFor: async (topic, look, { deadline, signal, sweepMs } = {}) => {
      const wait = {
        deadline,
        signal: signal ?? new AbortController().signal,
        sweepMs: sweepMs ?? SWEEP_MS,
      }
      for (;;) {
        // the wait begins before the look, so that no change falls between the two
        const change = nextChange(topic, wait)
        try {
          const found = await look()
          if (found !== undefined) return found
          const over = wait.signal.aborted || released.signal.aborted
          if (over || (deadline && options.clock.now() >= deadline)) return undefined
          await change.arrived
        } finally {
          change.cancel()
        }
      }
    },
    subscribe: (prefix, changed) => {
      const subscriber = { prefix, changed }
      subscribers.add(subscriber)
      return { [Symbol.dispose]: () => void subscribers.delete(subscriber) }
    },
    release: () => released.abort(),
    close: async () => {
      released.abort()
      await listener[Symbol.asyncDispose]()
    },
  }
}
