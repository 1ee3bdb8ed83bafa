import { systemClock } from '../../base/clock.ts'
import type { Platform } from '../../platform/scope.ts'
import { whileNobodyElseCollects } from './capture.store.ts'
import { collectCaptures } from './capture-collector.ts'
import { CAPTURED_TOPIC_PREFIX, captureFolder } from './capture-folder.ts'

/** Looked at this often though nothing is told: Postgres may have been away. Real time. */
const SWEEP_MS = 2_000

/**
 * Stores what gateways capture, a minute's records in the moment after it. Control does it for all gateways,
 * so that their records of one minute become one object, and so that what a gateway left behind that died is
 * not lost.
 */
export function superviseCaptures(platform: Platform): AsyncDisposable {
  const { changes, clock, config, database, log } = platform
  const folder = captureFolder(config.dataDir)
  const stopped = new AbortController()
  let hint = Promise.withResolvers<void>()
  let complained = false

  const look = async (): Promise<Date | undefined> => {
    try {
      const due = await whileNobodyElseCollects(database, () => collectCaptures(platform, folder))
      complained = false
      return due
    } catch (error) {
      if (!complained) log.warn('captured records could not be stored yet', { error })
      complained = true
      return undefined
    }
  }
  const follow = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const heard = hint.promise
      const due = await look()
      const over = new AbortController()
      const signal = AbortSignal.any([over.signal, stopped.signal])
      const sweepAt = new Date(systemClock.now().getTime() + SWEEP_MS)
      const waits = [heard, systemClock.until(sweepAt, signal)]
      if (due) waits.push(clock.until(due, signal))
      // whatever ends first; the others are called off
      await Promise.race(waits).catch(() => undefined)
      over.abort()
      await Promise.allSettled(waits.slice(1))
    }
  }
  const subscription = changes.subscribe(CAPTURED_TOPIC_PREFIX, () => {
    hint.resolve()
    hint = Promise.withResolvers<void>()
  })
  const following = follow()
  return {
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      subscription[Symbol.dispose]()
      await following
    },
  }
}
