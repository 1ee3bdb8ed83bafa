import type { Database } from '../../platform/database/database.ts'

/** An arbitrary number that nothing else locks. */
const COLLECTING = 5_400_017

/** Runs `work` unless another process does. @returns undefined when one does */
export function whileNobodyElseCollects<T>(
  database: Database,
  work: () => Promise<T>,
): Promise<T | undefined> {
  return database.transaction(async (transaction) => {
    const rows = await transaction.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock($1) as locked',
      [COLLECTING],
    )
    return rows[0]?.locked ? work() : undefined
  })
}
