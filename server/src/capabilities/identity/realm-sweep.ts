import type { Platform } from '../../platform/scope.ts'
import {
  deleteEndedRealms,
  deleteRealmRows,
  listEndedRealms,
  listRealmTables,
} from './realm.store.ts'

const BATCH_ROWS = 5_000
/** Requests that began before a reset may still write rows of the old life for a while. */
const LATE_WRITES_MS = 3_600_000
const FOREIGN_KEY_VIOLATION = '23503'

/**
 * Cleans up behind resets: removes the tasks of ended realms, then their rows from every table that has a
 * `realm` column, in batches.
 *
 * @param tablesSweptElsewhere whose rows point to something outside of Postgres, such as object bytes, and
 *   which their capability therefore cleans up itself
 * @returns how many rows were deleted
 */
export async function sweepEndedRealms(
  { database, engine, clock }: Pick<Platform, 'database' | 'engine' | 'clock'>,
  tablesSweptElsewhere: readonly string[] = [],
): Promise<number> {
  const realms = await listEndedRealms(database)
  if (realms.length === 0) return 0
  for (const task of await engine.list()) {
    if (realms.includes(task.realm)) await engine.remove(task.taskId)
  }
  const tables = await listRealmTables(database)
  let deleted = 0
  for (const table of tables) {
    if (tablesSweptElsewhere.includes(table)) continue
    deleted += await deleteAll((rowsMax) => deleteRealmRows(database, table, { realms, rowsMax }))
  }
  if (deleted === 0) {
    await deleteEndedRealms(database, realms, new Date(clock.now().getTime() - LATE_WRITES_MS))
  }
  return deleted
}

async function deleteAll(deleteBatch: (rowsMax: number) => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const deleted = await deleteBatch(BATCH_ROWS).catch((error: unknown) => {
      // rows of another table still refer to these: that one is cleared in this sweep, these in the next
      if (isForeignKeyViolation(error)) return 0
      throw error
    })
    total += deleted
    if (deleted < BATCH_ROWS) return total
  }
}

function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === FOREIGN_KEY_VIOLATION
}
