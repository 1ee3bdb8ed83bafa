import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Database } from './database.ts'

const LOCK = 8_420_001
const FOLDER = new URL('../../../migrations/', import.meta.url)

/**
 * Brings the database to the schema that this version of the code expects. Forward only: each file of
 * `server/migrations/` runs once, in the order of names, in a transaction of its own.
 *
 * @throws Error when a file was changed after it was applied
 */
export async function migrate(database: Database): Promise<void> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort()
  await database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [LOCK])
    await transaction.query(
      `create table if not exists schema_migration (
         name text primary key, sha256 text not null, applied_at timestamptz not null default now())`,
    )
    const rows = await transaction.query<{ name: string; sha256: string }>(
      'select name, sha256 from schema_migration',
    )
    const applied = new Map(rows.map((row) => [row.name, row.sha256]))
    for (const name of files) {
      const sql = await readFile(new URL(name, FOLDER), 'utf8')
      const sha256 = createHash('sha256').update(sql).digest('hex')
      const before = applied.get(name)
      if (before === sha256) continue
      if (before)
        throw new Error(`migration ${name} was changed after it was applied: add a new one`)
      await transaction.query(sql)
      await transaction.query('insert into schema_migration (name, sha256) values ($1, $2)', [
        name,
        sha256,
      ])
    }
  })
}
