import { after, systemClock } from '../../base/clock.ts'
import type { Platform } from '../../platform/scope.ts'
import { deleteEndedBuckets } from './bucket.store.ts'
import { removeGarbage, selectReferenced } from './garbage.store.ts'
import { forgetCompletedUploads } from './upload.store.ts'

/** How often what is not needed any more is looked for, in the operating system's time. */
const SWEEP_INTERVAL_MS = 5_000

/** How long completing an upload again answers as the first time. */
const COMPLETED_UPLOAD_KEPT_MS = 24 * 3600 * 1000

/**
 * Brings bytes and rows together: first resolves what a crash left in flight, then removes every few seconds
 * the bytes that no row needs. Several processes may do so at once.
 *
 * @returns ends the sweeping
 */
export async function reconcileObjects(platform: Platform): Promise<AsyncDisposable> {
  const { database, objects, log } = platform
  await objects.reconcile((ids) => selectReferenced(database, ids))
  const stop = new AbortController()
  const sweeping = (async () => {
    while (!stop.signal.aborted) {
      await sweepObjects(platform).catch((error) =>
        log.warn('object garbage was not removed', { error }),
      )
      await after(systemClock, SWEEP_INTERVAL_MS, stop.signal).catch(() => undefined)
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await sweeping
    },
  }
}

/** One round of the sweep. `graceSeconds` spares bytes whose row has only just let go of them. */
export async function sweepObjects(
  { database, objects, clock }: Pick<Platform, 'database' | 'objects' | 'clock'>,
  options: { readonly graceSeconds?: number } = {},
): Promise<void> {
  await deleteEndedBuckets(database)
  const completedBefore = new Date(clock.now().getTime() - COMPLETED_UPLOAD_KEPT_MS)
  await forgetCompletedUploads(database, completedBefore)
  await removeGarbage(database, { ...options, remove: (ids) => objects.remove(ids) })
}
