import { inRealTime, keepLooking } from '../../base/lookout.ts'
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
  let complained = false

  const lookout = keepLooking(async () => {
    const sweep = inRealTime(SWEEP_MS)
    try {
      const due = await whileNobodyElseCollects(database, () => collectCaptures(platform, folder))
      complained = false
      return due ? [sweep, { clock, at: due }] : [sweep]
    } catch (error) {
      if (!complained) log.warn('captured records could not be stored yet', { error })
      complained = true
      return [sweep]
    }
  })
  const subscription = changes.subscribe(CAPTURED_TOPIC_PREFIX, () => lookout.hint())
  return {
    [Symbol.asyncDispose]: async () => {
      subscription[Symbol.dispose]()
      await lookout[Symbol.asyncDispose]()
    },
  }
}
