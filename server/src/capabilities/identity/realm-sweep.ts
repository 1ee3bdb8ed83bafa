import type { Platform } from '../../platform/scope.ts'
import {
  deleteEndedRealms,
  deleteRealmRows,
  listEndedRealms,
  listRealmRows,
} from './realm-sweep.store.ts'

const BATCH_ROWS = 5_000
/** Requests that began before a reset may still write rows of the old life for a while. */
const LATE_WRITES_MS = 3_600_000
const FOREIGN_KEY_VIOLATION = '23503'

/**
 * Cleans up behind resets: removes the tasks of ended realms, then their rows, in batches, from every table
 * that has a `realm` column and from those that refer to such rows.
 *
 * @returns how many rows were deleted
 */
export async function sweepEndedRealms({
  database,
  engine,
  clock,
}: Pick<Platform, 'database' | 'engine' | 'clock'>): Promise<number> {
  const realms = await listEndedRealms(database)
  if (realms.length === 0) return 0
  for (const task of await engine.list()) {
    if (realms.includes(task.realm)) await engine.remove(task.taskId)
  }
  let deleted = 0
  let isBlocked = false
  for (const rows of await listRealmRows(database)) {
    const batch = { realms, rowsMax: BATCH_ROWS }
    const outcome = await deleteAll(() => deleteRealmRows(database, rows, batch))
    deleted += outcome.deleted
    isBlocked ||= outcome.isBlocked
  }
  if (deleted === 0 && !isBlocked) {
    await deleteEndedRealms(database, realms, new Date(clock.now().getTime() - LATE_WRITES_MS))
  }
  return deleted
}

async function deleteAll(
  deleteBatch: () => Promise<number>,
): Promise<{ deleted: number; isBlocked: boolean }> {
  let total = 0
  for (;;) {
    try {
      const deleted = await deleteBatch()
      total += deleted
      if (deleted < BATCH_ROWS) return { deleted: total, isBlocked: false }
    } catch (error) {
      // rows further down still refer to these: those are cleared in this sweep, these in the next
      if (isForeignKeyViolation(error)) return { deleted: total, isBlocked: true }
      throw error
    }
  }
}

function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === FOREIGN_KEY_VIOLATION
}
