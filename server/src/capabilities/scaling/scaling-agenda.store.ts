import type { Queryable } from '../../platform/database/database.ts'

const PRESENT =
  'scalable_target target join realm on realm.realm = target.realm and realm.ended_at is null'

/** The targets with which something is to be done: begun, out of bounds perhaps, or due. */
export async function listTargetsAtWork(
  database: Queryable,
  now: Date,
): Promise<readonly string[]> {
  const rows = await database.query<{ target_id: string }>(
    `select target_id from ${PRESENT}
     where bounds_changed or look_at <= $1
       or exists (select 1 from scheduled_action action
                  where action.target_id = target.target_id and next_at <= $1)
       or exists (select 1 from scaling_activity activity
                  where activity.target_id = target.target_id and status_code in ('Pending', 'InProgress'))`,
    [now],
  )
  return rows.map((row) => row.target_id)
}

/** What control has to look out for. */
export interface ScalingAgenda {
  /** The next moment at which a target is to be looked at. */
  readonly nextAt: Date | undefined
  /** Some target may have no capacity at all, so that requests may wait for its first. */
  readonly hasZeroMinimum: boolean
}

export async function readAgenda(database: Queryable): Promise<ScalingAgenda> {
  const rows = await database.query<{ next: Date | null; zero: boolean | null }>(
    `select least(min(look_at), min(next_at)) as next, bool_or(min_capacity = 0) as zero
     from ${PRESENT} left join scheduled_action action using (target_id)`,
  )
  return { nextAt: rows[0]?.next ?? undefined, hasZeroMinimum: rows[0]?.zero ?? false }
}
