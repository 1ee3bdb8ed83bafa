import type { Queryable, Row } from '../../platform/database/database.ts'

export interface DashboardRecord {
  readonly name: string
  readonly lastModified: Date
  /** Of the body, in UTF-8. */
  readonly sizeBytes: number
}

interface DashboardRow extends Row {
  name: string
  last_modified: Date
  size: number
}

/** Makes a dashboard, or gives one another body. @returns whether it was made */
export async function upsertDashboard(
  transaction: Queryable,
  { realm }: { realm: number },
  dashboard: { name: string; body: string; lastModified: Date },
): Promise<boolean> {
  const rows = await transaction.query<{ is_new: boolean }>(
    `insert into metric_dashboard (realm, name, body, last_modified) values ($1, $2, $3, $4)
     on conflict (realm, name) do update set
       body = excluded.body, last_modified = excluded.last_modified
     returning xmax = 0 as is_new`,
    [realm, dashboard.name, dashboard.body, dashboard.lastModified],
  )
  return rows[0]?.is_new ?? false
}

export async function findDashboardBody(
  database: Queryable,
  { realm }: { realm: number },
  name: string,
): Promise<string | undefined> {
  const rows = await database.query<{ body: string }>(
    'select body from metric_dashboard where realm = $1 and name = $2',
    [realm, name],
  )
  return rows[0]?.body
}

/** In the order of names, those behind `after` that begin with `prefix`. */
export async function listDashboardRecords(
  database: Queryable,
  { realm }: { realm: number },
  page: { prefix: string; after: string; limit: number },
): Promise<readonly DashboardRecord[]> {
  const rows = await database.query<DashboardRow>(
    `select name, last_modified, octet_length(body) as size from metric_dashboard
     where realm = $1 and starts_with(name, $2) and name > $3 order by name limit $4`,
    [realm, page.prefix, page.after, page.limit],
  )
  return rows.map((row) => ({
    name: row.name,
    lastModified: row.last_modified,
    sizeBytes: row.size,
  }))
}

/** @returns the names that were there */
export async function deleteDashboardRows(
  transaction: Queryable,
  { realm }: { realm: number },
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await transaction.query<{ name: string }>(
    'delete from metric_dashboard where realm = $1 and name = any($2::text[]) returning name',
    [realm, names],
  )
  return rows.map(({ name }) => name)
}
