import type { Queryable } from '../../platform/database/database.ts'
import { ALARM_COLUMNS, type AlarmRow, alarmOf } from './alarm.store.ts'
import type { CompositeAlarm, MetricAlarm } from './alarm.ts'

const IN_PRESENT_REALM =
  'exists (select from realm r where r.realm = a.realm and r.ended_at is null)'
/** Further ahead than any metric alarm looks: the clock was put back since. */
const AHEAD_MAX = `interval '2 minutes'`

/** Takes metric alarms that are due, and that no other control has in its hands. */
export async function takeDueAlarms(
  transaction: Queryable,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly MetricAlarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm a
     where (next_look_at <= $1 or next_look_at > $1::timestamptz + ${AHEAD_MAX})
       and kind = 'MetricAlarm' and ${IN_PRESENT_REALM}
     order by alarm_id limit $2 for update skip locked`,
    [now, limit],
  )
  return metricAlarms(rows)
}

/** Takes metric alarms that are evaluated every few seconds, in the order of their ids. */
export async function takeQuickAlarms(
  transaction: Queryable,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Promise<readonly MetricAlarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm a where evaluation_seconds < 60 and alarm_id > $1 and ${IN_PRESENT_REALM}
     order by alarm_id limit $2 for update skip locked`,
    [afterId, limit],
  )
  return metricAlarms(rows)
}

/** Composite alarms whose wait for their suppressor is over; to be locked and looked at again. */
export async function listDueComposites(
  database: Queryable,
  now: Date,
): Promise<readonly CompositeAlarm[]> {
  const rows = await database.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm a
     where next_look_at <= $1 and kind = 'CompositeAlarm' and ${IN_PRESENT_REALM}`,
    [now],
  )
  return rows.map(alarmOf).filter((alarm) => alarm.kind === 'CompositeAlarm')
}

export async function updateNextLooks(
  transaction: Queryable,
  looks: readonly { readonly alarmId: number; readonly at: Date | undefined }[],
): Promise<void> {
  await transaction.query(
    `update alarm a set next_look_at = n.at
     from unnest($1::bigint[], $2::timestamptz[]) as n (alarm_id, at) where a.alarm_id = n.alarm_id`,
    [looks.map(({ alarmId }) => alarmId), looks.map(({ at }) => at)],
  )
}

/** When the next alarm is due, and whether some are evaluated every few seconds. */
export async function readAgenda(
  database: Queryable,
): Promise<{ readonly nextLookAt: Date | undefined; readonly hasQuickAlarms: boolean }> {
  const rows = await database.query<{ next_look_at: Date | null; has_quick: boolean }>(
    `select min(next_look_at) as next_look_at, bool_or(evaluation_seconds < 60) is true as has_quick
     from alarm a where ${IN_PRESENT_REALM}`,
  )
  return {
    nextLookAt: rows[0]?.next_look_at ?? undefined,
    hasQuickAlarms: rows[0]?.has_quick ?? false,
  }
}

function metricAlarms(rows: readonly AlarmRow[]): readonly MetricAlarm[] {
  return rows.map(alarmOf).filter((alarm) => alarm.kind === 'MetricAlarm')
}
