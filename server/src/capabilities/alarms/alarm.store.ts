import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { AlarmState } from './alarm.states.ts'
import type {
  Alarm,
  CompositeAlarmConfiguration,
  MetricAlarm,
  MetricAlarmConfiguration,
} from './alarm.ts'
import type { Suppression } from './suppression.states.ts'

export interface AlarmRow extends Row {
  alarm_id: number
  realm: number
  account: string
  region: string
  name: string
  arn: string
  kind: Alarm['kind']
  configuration: MetricAlarmConfiguration & CompositeAlarmConfiguration
  actions_enabled: boolean
  configured_at: Date
  state: AlarmState
  state_reason: string
  state_reason_data: string | null
  state_updated_at: Date
  state_changed_at: Date
  suppression: Suppression | null
}

export const ALARM_COLUMNS = `alarm_id, realm, account, region, name, arn, kind, configuration, actions_enabled,
  configured_at, state, state_reason, state_reason_data, state_updated_at, state_changed_at, suppression`

type InRegion = Pick<Place, 'realm' | 'region'>

export interface AlarmDefinition {
  readonly name: string
  readonly arn: string
  readonly kind: Alarm['kind']
  readonly configuration: object
  readonly actionsEnabled: boolean
  readonly at: Date
  readonly initialReason: string
  /** Of metric alarms. */
  readonly evaluationSeconds: number | undefined
}

/**
 * Makes the alarm, or gives the one of the same name another configuration and leaves its state. A metric alarm
 * is due for evaluation at once.
 *
 * @returns undefined when the name is that of an alarm of the other kind
 */
export async function upsertAlarm(
  transaction: Queryable,
  { realm, account, region }: Place,
  alarm: AlarmDefinition,
): Promise<{ readonly alarm: Alarm; readonly isNew: boolean } | undefined> {
  const rows = await transaction.query<AlarmRow & { is_new: boolean }>(
    `insert into alarm as a (realm, account, region, name, arn, kind, configuration, actions_enabled,
       configured_at, state, state_reason, state_updated_at, state_changed_at, evaluation_seconds, next_look_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'INSUFFICIENT_DATA', $10, $9, $9, $11,
       case when $11::integer is not null then $9::timestamptz end)
     on conflict (realm, region, name) do update set configuration = excluded.configuration,
       actions_enabled = excluded.actions_enabled, configured_at = excluded.configured_at,
       evaluation_seconds = excluded.evaluation_seconds, next_look_at = excluded.next_look_at
     where a.kind = excluded.kind
     returning ${ALARM_COLUMNS}, xmax = 0 as is_new`,
    [
      realm,
      account,
      region,
      alarm.name,
      alarm.arn,
      alarm.kind,
      JSON.stringify(alarm.configuration),
      alarm.actionsEnabled,
      alarm.at,
      alarm.initialReason,
      alarm.evaluationSeconds,
    ],
  )
  return rows[0] && { alarm: alarmOf(rows[0]), isNew: rows[0].is_new }
}

export async function findAlarms(
  database: Queryable,
  { realm, region }: InRegion,
  names: readonly string[],
): Promise<readonly Alarm[]> {
  const rows = await database.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm where realm = $1 and region = $2 and name = any($3) order by name`,
    [realm, region, names],
  )
  return rows.map(alarmOf)
}

/**
 * Keeps others from changing these metric alarms, or from counting on their states, until the transaction ends.
 * Locks are taken in one order: metric alarms by their ids, then `lockComposites`.
 */
export async function lockMetricAlarms(
  transaction: Queryable,
  { realm, region }: InRegion,
  names: readonly string[],
): Promise<readonly MetricAlarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm
     where realm = $1 and region = $2 and name = any($3) and kind = 'MetricAlarm'
     order by alarm_id for update`,
    [realm, region, names],
  )
  return rows.map(alarmOf).filter(isMetricAlarm)
}

/** The composite alarms of a place have one lock together: they look at each other. */
export async function lockComposites(
  transaction: Queryable,
  { realm, region }: InRegion,
): Promise<void> {
  await transaction.query(
    `select pg_advisory_xact_lock(hashtextextended('composite-alarm/' || $1::bigint || '/' || $2::text, 0))`,
    [realm, region],
  )
}

/** New states, all at once; the rows are locked. */
export async function updateStates(
  transaction: Queryable,
  states: readonly {
    readonly alarmId: number
    readonly from: AlarmState
    readonly to: AlarmState
    readonly reason: string
    readonly reasonData: string | undefined
    readonly at: Date
  }[],
): Promise<void> {
  await transaction.query(
    `update alarm a set state = c.state, state_reason = c.reason, state_reason_data = c.reason_data,
       state_updated_at = c.at, state_changed_at = case when a.state = c.state then a.state_changed_at else c.at end
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
       as c (alarm_id, from_state, state, reason, reason_data, at)
     where a.alarm_id = c.alarm_id and a.state = c.from_state`,
    [
      states.map(({ alarmId }) => alarmId),
      states.map(({ from }) => from),
      states.map(({ to }) => to),
      states.map(({ reason }) => reason),
      states.map(({ reasonData }) => reasonData),
      states.map(({ at }) => at),
    ],
  )
}

/** @returns the alarms that there are, as they are now */
export async function updateActionsEnabled(
  transaction: Queryable,
  { realm, region }: InRegion,
  change: { readonly names: readonly string[]; readonly enabled: boolean; readonly at: Date },
): Promise<readonly Alarm[]> {
  const rows = await transaction.query<AlarmRow>(
    `update alarm set actions_enabled = $4, configured_at = $5,
       -- one that rests may have actions to repeat from now on
       next_look_at = case when kind = 'MetricAlarm' and $4 then coalesce(least(next_look_at, $5), $5)
         else next_look_at end
     where alarm_id = any(array(select alarm_id from alarm
       where realm = $1 and region = $2 and name = any($3) and actions_enabled <> $4
       order by alarm_id for update))
     returning ${ALARM_COLUMNS}`,
    [realm, region, change.names, change.enabled, change.at],
  )
  return rows.map(alarmOf)
}

export async function deleteAlarmRecords(
  transaction: Queryable,
  alarmIds: readonly number[],
): Promise<void> {
  await transaction.query('delete from alarm where alarm_id = any($1::bigint[])', [alarmIds])
}

export function alarmOf(row: AlarmRow): Alarm {
  const facts = {
    alarmId: row.alarm_id,
    place: { realm: row.realm, account: row.account, region: row.region },
    name: row.name,
    arn: row.arn,
    configuration: row.configuration,
    actionsEnabled: row.actions_enabled,
    configuredAt: row.configured_at,
    state: row.state,
    stateReason: row.state_reason,
    stateReasonData: row.state_reason_data ?? undefined,
    stateUpdatedAt: row.state_updated_at,
    stateChangedAt: row.state_changed_at,
  }
  return row.kind === 'MetricAlarm'
    ? { ...facts, kind: row.kind }
    : { ...facts, kind: row.kind, suppression: row.suppression ?? undefined }
}

function isMetricAlarm(alarm: Alarm): alarm is MetricAlarm {
  return alarm.kind === 'MetricAlarm'
}
