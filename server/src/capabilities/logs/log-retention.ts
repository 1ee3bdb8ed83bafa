import type { Platform } from '../../platform/scope.ts'
import { deleteExpiredChunks } from './log-chunk.store.ts'

const BATCH_CHUNKS = 1_000

/**
 * Deletes what retention no longer allows; readers do not see it from the very instant on.
 * @returns how many batches of events were deleted
 */
export async function sweepExpiredLogs({
  database,
  clock,
}: Pick<Platform, 'database' | 'clock'>): Promise<number> {
  const nowMs = clock.now().getTime()
  let total = 0
  for (;;) {
    const deleted = await deleteExpiredChunks(database, { nowMs, limit: BATCH_CHUNKS })
    total += deleted
    if (deleted < BATCH_CHUNKS) return total
  }
}
