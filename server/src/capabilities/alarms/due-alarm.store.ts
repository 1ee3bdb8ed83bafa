import type { Queryable } from '../../platform/database/database.ts'
import { ALARM_COLUMNS, type AlarmRow, alarmOf } from './alarm.store.ts'
import type { CompositeAlarm, MetricAlarm } from './alarm.ts'

const IN_PRESENT_REALM =
  'exists (select from realm r where r.realm = a.realm and r.ended_at is null)'

/** Takes metric alarms that are due, and that no other control has in its hands; all when the clock was put back. */
export async function takeDueAlarms(
  transaction: Queryable,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly MetricAlarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm a
     where (next_look_at <= $1 or evaluated_at > $1)
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

/** Of alarms that were evaluated at that time. */
export async function updateEvaluatedAt(
  transaction: Queryable,
  alarmIds: readonly number[],
  at: Date,
): Promise<void> {
  await transaction.query('update alarm set evaluated_at = $2 where alarm_id = any($1::bigint[])', [
    alarmIds,
    at,
  ])
}

/** Takes metric alarms that rest, and that no other control has in its hands. */
export async function takeRestingAlarms(
  transaction: Queryable,
  alarmIds: readonly number[],
): Promise<readonly MetricAlarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm a where alarm_id = any($1::bigint[])
     order by alarm_id for update skip locked`,
    [alarmIds],
  )
  return metricAlarms(rows)
}

/** When the next alarm is due, and whether some have to be looked at when there is new data. */
export interface AlarmAgenda {
  readonly nextLookAt: Date | undefined
  /** Some are evaluated every few seconds. */
  readonly hasQuickAlarms: boolean
  /** Some rest until there is new data. */
  readonly hasRestingAlarms: boolean
}

export async function readAgenda(database: Queryable): Promise<AlarmAgenda> {
  const rows = await database.query<{
    next_look_at: Date | null
    has_quick: boolean
    has_resting: boolean
  }>(
    `select min(next_look_at) as next_look_at, bool_or(evaluation_seconds < 60) is true as has_quick,
       exists (select from alarm_rest) as has_resting
     from alarm a where ${IN_PRESENT_REALM}`,
  )
  return {
    nextLookAt: rows[0]?.next_look_at ?? undefined,
    hasQuickAlarms: rows[0]?.has_quick ?? false,
    hasRestingAlarms: rows[0]?.has_resting ?? false,
  }
}

function metricAlarms(rows: readonly AlarmRow[]): readonly MetricAlarm[] {
  return rows.map(alarmOf).filter((alarm) => alarm.kind === 'MetricAlarm')
}
