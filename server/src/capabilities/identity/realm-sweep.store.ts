import type { Queryable } from '../../platform/database/database.ts'

/** Rows that go with a realm: those of a table with a `realm` column, or those that refer to such rows. */
export interface RealmRows {
  readonly table: string
  /** Present where the table has no realm of its own: how its rows refer to those that have one. */
  readonly reference?: {
    readonly columns: readonly string[]
    readonly table: string
    readonly targetColumns: readonly string[]
  }
}

export async function listEndedRealms(database: Queryable): Promise<readonly number[]> {
  const rows = await database.query<{ realm: number }>(
    'select realm from realm where ended_at is not null order by realm',
  )
  return rows.map((row) => row.realm)
}

/**
 * Everything that belongs to realms, from the catalogue: first what refers to rows of realms and does not
 * go with them by itself (`on delete cascade` does), then the tables that have a `realm` column.
 */
export async function listRealmRows(database: Queryable): Promise<readonly RealmRows[]> {
  const tables = await database.query<{ table: string }>(
    `select c.table_name as "table" from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = current_schema() and c.column_name = 'realm'
       and t.table_type = 'BASE TABLE' and c.table_name <> 'realm'
     order by c.table_name`,
  )
  const names = tables.map(({ table }) => table)
  const dependents = await database.query<{
    table: string
    columns: string[]
    target: string
    target_columns: string[]
  }>(
    `select child.relname::text as "table", parent.relname::text as target,
       (select array_agg(a.attname::text order by k.n)
          from unnest(f.conkey) with ordinality k (attnum, n)
          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum) as columns,
       (select array_agg(a.attname::text order by k.n)
          from unnest(f.confkey) with ordinality k (attnum, n)
          join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum) as target_columns
     from pg_constraint f
     join pg_class child on child.oid = f.conrelid
     join pg_class parent on parent.oid = f.confrelid
     where f.contype = 'f' and f.confdeltype in ('a', 'r')
       and f.connamespace = current_schema()::regnamespace
       and parent.relname = any($1::text[]) and child.relname <> all($1::text[])`,
    [names],
  )
  return [
    ...dependents.map(({ table, columns, target, target_columns: targetColumns }) => ({
      table,
      reference: { columns, table: target, targetColumns },
    })),
    ...tables,
  ]
}

/**
 * Deletes up to `rowsMax` rows of realms.
 * @param rows from `listRealmRows`, never from a request
 * @returns how many
 */
export async function deleteRealmRows(
  database: Queryable,
  rows: RealmRows,
  { realms, rowsMax }: { realms: readonly number[]; rowsMax: number },
): Promise<number> {
  const table = identifier(rows.table)
  const doomed = rows.reference
    ? `select child.ctid from ${table} child join ${identifier(rows.reference.table)} parent
         on ${joinCondition(rows.reference)} where parent.realm = any($1::bigint[]) limit $2`
    : `select ctid from ${table} where realm = any($1::bigint[]) limit $2`
  const found = await database.query<{ deleted: number }>(
    `with gone as (delete from ${table} where ctid = any(array(${doomed})) returning 1)
     select count(*)::integer as deleted from gone`,
    [realms, rowsMax],
  )
  return found[0]?.deleted ?? 0
}

/** Forgets ended realms, of which no rows are left. */
export async function deleteEndedRealms(
  database: Queryable,
  realms: readonly number[],
  endedBefore: Date,
): Promise<void> {
  await database.query('delete from realm where realm = any($1::bigint[]) and ended_at < $2', [
    realms,
    endedBefore,
  ])
}

function joinCondition({ columns, targetColumns }: NonNullable<RealmRows['reference']>): string {
  return columns
    .map((column, index) => {
      const target = identifier(targetColumns[index] ?? column)
      return `child.${identifier(column)} = parent.${target}`
    })
    .join(' and ')
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
