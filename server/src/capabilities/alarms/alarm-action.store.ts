import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { Alarm, AlarmReading } from './alarm.ts'

/** An action that is to be taken. */
export interface AlarmAction {
  readonly alarm: Pick<Alarm, 'place' | 'name' | 'kind'>
  readonly actionArn: string
  /** Invoked again because the alarm stays in its state. */
  readonly isRepeat: boolean
  /** The alarm as it was when the action was called for. */
  readonly reading: AlarmReading
}

export interface QueuedAction extends AlarmAction {
  readonly actionId: number
}

interface ActionRow extends Row {
  action_id: number
  realm: number
  account: string
  region: string
  alarm_name: string
  alarm_kind: Alarm['kind']
  action_arn: string
  is_repeat: boolean
  reading: Omit<AlarmReading, 'stateUpdatedAt'> & { stateUpdatedAt: string }
}

/** A repeat is not queued behind one of its kind that still waits. */
export async function insertActions(
  transaction: Queryable,
  actions: readonly AlarmAction[],
): Promise<void> {
  if (actions.length === 0) return
  await transaction.query(
    `insert into alarm_action (realm, account, region, alarm_name, alarm_kind, action_arn, is_repeat, reading)
     select n.* from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::boolean[], $8::jsonb[]) as n (realm, account, region, name, kind, action_arn, is_repeat, reading)
     where not n.is_repeat or not exists (select from alarm_action a where a.realm = n.realm
       and a.region = n.region and a.alarm_name = n.name and a.action_arn = n.action_arn)`,
    [
      actions.map(({ alarm }) => alarm.place.realm),
      actions.map(({ alarm }) => alarm.place.account),
      actions.map(({ alarm }) => alarm.place.region),
      actions.map(({ alarm }) => alarm.name),
      actions.map(({ alarm }) => alarm.kind),
      actions.map(({ actionArn }) => actionArn),
      actions.map(({ isRepeat }) => isRepeat),
      actions.map(({ reading }) => JSON.stringify(reading)),
    ],
  )
}

/** Up to `limit` actions that nobody has in hand, the oldest first, leaving out those of `except`. */
export async function listActionIds(
  database: Queryable,
  { except, limit }: { readonly except: readonly number[]; readonly limit: number },
): Promise<readonly number[]> {
  const rows = await database.query<{ action_id: number }>(
    `select action_id from alarm_action where action_id <> all($1::bigint[]) order by action_id limit $2`,
    [except, limit],
  )
  return rows.map(({ action_id }) => action_id)
}

/** Takes an action for as long as the transaction lasts. @returns undefined when another has it, or it is done */
export async function takeAction(
  transaction: Queryable,
  actionId: number,
): Promise<QueuedAction | undefined> {
  const rows = await transaction.query<ActionRow>(
    `select action_id, realm, account, region, alarm_name, alarm_kind, action_arn, is_repeat, reading
     from alarm_action where action_id = $1 for update skip locked`,
    [actionId],
  )
  return rows[0] && queuedAction(rows[0])
}

export async function deleteAction(transaction: Queryable, actionId: number): Promise<void> {
  await transaction.query('delete from alarm_action where action_id = $1', [actionId])
}

export async function countAttempt(database: Queryable, actionId: number): Promise<void> {
  await database.query('update alarm_action set attempts = attempts + 1 where action_id = $1', [
    actionId,
  ])
}

function queuedAction(row: ActionRow): QueuedAction {
  const place: Place = { realm: row.realm, account: row.account, region: row.region }
  return {
    actionId: row.action_id,
    alarm: { place, name: row.alarm_name, kind: row.alarm_kind },
    actionArn: row.action_arn,
    isRepeat: row.is_repeat,
    reading: { ...row.reading, stateUpdatedAt: new Date(row.reading.stateUpdatedAt) },
  }
}
