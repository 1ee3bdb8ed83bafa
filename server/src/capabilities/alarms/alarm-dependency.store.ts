import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { ALARM_COLUMNS, type AlarmRow, alarmOf } from './alarm.store.ts'
import type { CompositeAlarm } from './alarm.ts'
import type { Suppression } from './suppression.states.ts'

/** How a composite alarm depends on another: by its rule, or for its actions only. */
export type DependencyRole = 'Rule' | 'Suppressor'

type InRegion = Pick<Place, 'realm' | 'region'>

/** Rules are no deeper than this. */
const DEPTH_MAX = 100

/** What a composite alarm looks at, in place of what it looked at before. */
export async function replaceDependencies(
  transaction: Queryable,
  { realm, region }: InRegion,
  dependencies: {
    readonly parentId: number
    readonly children: readonly { readonly name: string; readonly role: DependencyRole }[]
  },
): Promise<void> {
  const { parentId, children } = dependencies
  await transaction.query('delete from alarm_dependency where parent_id = $1', [parentId])
  await transaction.query(
    `insert into alarm_dependency (parent_id, realm, region, child_name, role)
     select $1, $2, $3, name, role from unnest($4::text[], $5::text[]) as c (name, role)`,
    [parentId, realm, region, children.map(({ name }) => name), children.map(({ role }) => role)],
  )
}

/**
 * The composite alarms whose rules look at any of these, directly or through others, those first on which others
 * depend. The caller holds `lockComposites`.
 */
export async function listAncestors(
  transaction: Queryable,
  { realm, region }: InRegion,
  names: readonly string[],
): Promise<readonly CompositeAlarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `with recursive up (alarm_id, depth) as (
       select parent_id, 1 from alarm_dependency
       where realm = $1 and region = $2 and child_name = any($3) and role = 'Rule'
       union
       select d.parent_id, up.depth + 1 from up join alarm a using (alarm_id)
         join alarm_dependency d on d.realm = a.realm and d.region = a.region and d.child_name = a.name
           and d.role = 'Rule'
       where up.depth < ${DEPTH_MAX})
     select ${ALARM_COLUMNS} from alarm join (select alarm_id, max(depth) as depth from up group by 1) u
       using (alarm_id)
     order by u.depth, alarm_id`,
    [realm, region, names],
  )
  return composites(rows)
}

/** Names of the alarms that these look at by their rules, directly or through others, and their own. */
export async function listDescendantNames(
  database: Queryable,
  { realm, region }: InRegion,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `with recursive down (name) as (
       select unnest($3::text[]) collate "C"
       union
       select d.child_name from down
         join alarm a on a.realm = $1 and a.region = $2 and a.name = down.name
         join alarm_dependency d on d.parent_id = a.alarm_id and d.role = 'Rule')
     select name from down`,
    [realm, region, names],
  )
  return rows.map(({ name }) => name)
}

/** Composite alarms that look at any of these directly. */
export async function listParents(
  database: Queryable,
  { realm, region }: InRegion,
  {
    names,
    roles,
  }: { readonly names: readonly string[]; readonly roles: readonly DependencyRole[] },
): Promise<readonly CompositeAlarm[]> {
  const rows = await database.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm where alarm_id = any(array(
       select parent_id from alarm_dependency
       where realm = $1 and region = $2 and child_name = any($3) and role = any($4)))
     order by name`,
    [realm, region, names, roles],
  )
  return composites(rows)
}

/** Which of these some composite alarm looks at, other than those of `except`. */
export async function listNamesInUse(
  database: Queryable,
  { realm, region }: InRegion,
  { names, except }: { readonly names: readonly string[]; readonly except: readonly number[] },
): Promise<readonly string[]> {
  const rows = await database.query<{ child_name: string }>(
    `select distinct child_name from alarm_dependency
     where realm = $1 and region = $2 and child_name = any($3) and parent_id <> all($4::bigint[])
     order by child_name`,
    [realm, region, names, except],
  )
  return rows.map(({ child_name }) => child_name)
}

export async function updateSuppressions(
  transaction: Queryable,
  suppressions: readonly {
    readonly alarmId: number
    readonly suppression: Suppression | undefined
  }[],
): Promise<void> {
  await transaction.query(
    `update alarm a set suppression = s.suppression, next_look_at = (s.suppression ->> 'until')::timestamptz
     from unnest($1::bigint[], $2::jsonb[]) as s (alarm_id, suppression) where a.alarm_id = s.alarm_id`,
    [
      suppressions.map(({ alarmId }) => alarmId),
      suppressions.map(({ suppression }) => suppression && JSON.stringify(suppression)),
    ],
  )
}

function composites(rows: readonly AlarmRow[]): readonly CompositeAlarm[] {
  return rows.map(alarmOf).filter((alarm) => alarm.kind === 'CompositeAlarm')
}
