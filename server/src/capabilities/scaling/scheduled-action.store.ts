import type { ScalableTargetAction } from '@aws-sdk/client-application-auto-scaling'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { TargetName } from '../scalable-targets/index.ts'

/** When a target gets other bounds. */
export interface ScheduledAction {
  /** The part of its ARN that tells it from a later one of the same name. */
  readonly actionId: string
  readonly targetId: string
  readonly target: TargetName
  readonly realm: number
  readonly actionName: string
  readonly schedule: string
  readonly timezone?: string
  readonly startAt?: Date
  readonly endAt?: Date
  readonly bounds: ScalableTargetAction
  /** Absent once it will not come again. */
  readonly nextAt?: Date
  readonly createdAt: Date
}

type ActionRow = {
  action_id: string
  target_id: string
  resource_id: string
  scalable_dimension: string
  realm: number
  action_name: string
  schedule: string
  timezone: string | null
  start_at: Date | null
  end_at: Date | null
  bounds: ScalableTargetAction
  next_at: Date | null
  created_at: Date
}

const ACTIONS = `select action_id, action.target_id, resource_id, scalable_dimension, action.realm, action_name,
    schedule, timezone, start_at, end_at, bounds, next_at, action.created_at
  from scheduled_action action join scalable_target target using (target_id)`

/** Makes the action, or gives one of its name another schedule and other bounds. */
export async function upsertAction(transaction: Queryable, action: ScheduledAction): Promise<void> {
  await transaction.query(
    `insert into scheduled_action (action_id, target_id, realm, action_name, schedule, timezone, start_at,
       end_at, bounds, next_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (target_id, action_name) do update set schedule = excluded.schedule,
       timezone = excluded.timezone, start_at = excluded.start_at, end_at = excluded.end_at,
       bounds = excluded.bounds, next_at = excluded.next_at`,
    [
      ...[action.actionId, action.targetId, action.realm, action.actionName, action.schedule],
      ...[action.timezone ?? null, action.startAt ?? null, action.endAt ?? null],
      ...[JSON.stringify(action.bounds), action.nextAt ?? null, action.createdAt],
    ],
  )
}

/** When an action comes next. */
export async function setActionNext(
  transaction: Queryable,
  actionId: string,
  nextAt: Date | undefined,
): Promise<void> {
  await transaction.query('update scheduled_action set next_at = $2 where action_id = $1', [
    actionId,
    nextAt ?? null,
  ])
}

export async function deleteAction(transaction: Queryable, actionId: string): Promise<void> {
  await transaction.query('delete from scheduled_action where action_id = $1', [actionId])
}

/** A target's actions, by name. */
export async function listActionsOfTarget(
  database: Queryable,
  targetId: string,
): Promise<readonly ScheduledAction[]> {
  const rows = await database.query<ActionRow>(
    `${ACTIONS} where action.target_id = $1 order by action_name`,
    [targetId],
  )
  return rows.map(toAction)
}

/** Where a page begins: after this one. */
export interface ActionPosition extends TargetName {
  readonly actionName: string
}

/** One page by target and name, with one more than `limit` when there are more. */
export async function listActions(
  database: Queryable,
  place: Place,
  filter: {
    readonly actionNames: readonly string[] | undefined
    readonly resourceId: string | undefined
    readonly scalableDimension: string | undefined
    readonly after: ActionPosition | undefined
    readonly limit: number
  },
): Promise<readonly ScheduledAction[]> {
  const { after } = filter
  const rows = await database.query<ActionRow>(
    `${ACTIONS} where action.realm = $1 and region = $2
       and ($3::text[] is null or action_name = any($3)) and ($4::text is null or resource_id = $4)
       and ($5::text is null or scalable_dimension = $5)
       and ($6::text is null or (resource_id, scalable_dimension, action_name) > ($6, $7, $8))
     order by resource_id, scalable_dimension, action_name limit $9`,
    [
      ...[place.realm, place.region, filter.actionNames ?? null, filter.resourceId ?? null],
      ...[filter.scalableDimension ?? null, after?.resourceId ?? null],
      ...[after?.scalableDimension ?? null, after?.actionName ?? null, filter.limit + 1],
    ],
  )
  return rows.map(toAction)
}

function toAction(row: ActionRow): ScheduledAction {
  return {
    actionId: row.action_id,
    targetId: row.target_id,
    target: { resourceId: row.resource_id, scalableDimension: row.scalable_dimension },
    realm: row.realm,
    actionName: row.action_name,
    schedule: row.schedule,
    ...(row.timezone !== null && { timezone: row.timezone }),
    ...(row.start_at && { startAt: row.start_at }),
    ...(row.end_at && { endAt: row.end_at }),
    bounds: row.bounds,
    ...(row.next_at && { nextAt: row.next_at }),
    createdAt: row.created_at,
  }
}
