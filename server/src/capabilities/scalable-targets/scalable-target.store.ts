import type { SuspendedState } from '@aws-sdk/client-application-auto-scaling'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'

/** Something whose capacity Application Auto Scaling may change. */
export interface ScalableTarget {
  /** The last part of its ARN. */
  readonly targetId: string
  readonly place: Place
  readonly resourceId: string
  readonly scalableDimension: string
  /** Whose it is, when it is a variant of an endpoint. */
  readonly variant?: { readonly endpointName: string; readonly variantName: string }
  readonly minCapacity: number
  readonly maxCapacity: number
  readonly suspended: SuspendedState
  readonly tags: Readonly<Record<string, string>>
  /** The bounds were set, and nobody has looked since whether the capacity lies within them. */
  readonly boundsChanged: boolean
  readonly cooldown?: Cooldown
  /** When to look at it though nothing is announced. */
  readonly lookAt?: Date
  readonly createdAt: Date
}

/** What a policy's activity leaves behind for those that come after it. */
export interface Cooldown {
  readonly direction: 'Out' | 'In'
  /** The capacity before; what an activity that follows a scale-out too soon is reckoned from. */
  readonly previousCapacity: number
  readonly until: Date
}

/** Tells targets apart within a place. */
export interface TargetName {
  readonly resourceId: string
  readonly scalableDimension: string
}

type TargetRow = {
  target_id: string
  realm: number
  account: string
  region: string
  resource_id: string
  scalable_dimension: string
  endpoint_name: string | null
  variant_name: string | null
  min_capacity: number
  max_capacity: number
  suspended: SuspendedState
  tags: Record<string, string>
  bounds_changed: boolean
  cooldown: { direction: Cooldown['direction']; previousCapacity: number; until: string } | null
  look_at: Date | null
  created_at: Date
}

const COLUMNS = `target_id, scalable_target.realm, scalable_target.account, region, resource_id,
  scalable_dimension, endpoint_name, variant_name, min_capacity, max_capacity, suspended, tags,
  bounds_changed, cooldown, look_at, scalable_target.created_at`

/** Targets of lives that are over are nobody's business any more. */
const PRESENT =
  'scalable_target join realm on realm.realm = scalable_target.realm and realm.ended_at is null'

/** @returns false when there is one by this name */
export async function insertTarget(
  transaction: Queryable,
  target: ScalableTarget,
): Promise<boolean> {
  const { place, variant } = target
  const rows = await transaction.query(
    `insert into scalable_target (target_id, realm, account, region, resource_id, scalable_dimension,
       endpoint_name, variant_name, min_capacity, max_capacity, suspended, tags, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (realm, region, resource_id, scalable_dimension) do nothing returning 1`,
    [
      ...[target.targetId, place.realm, place.account, place.region],
      ...[target.resourceId, target.scalableDimension],
      ...[variant?.endpointName ?? null, variant?.variantName ?? null],
      ...[target.minCapacity, target.maxCapacity],
      ...[JSON.stringify(target.suspended), JSON.stringify(target.tags), target.createdAt],
    ],
  )
  return rows.length > 0
}

export async function findTarget(
  database: Queryable,
  place: Place,
  name: TargetName,
): Promise<ScalableTarget | undefined> {
  const rows = await database.query<TargetRow>(
    `select ${COLUMNS} from ${PRESENT}
     where scalable_target.realm = $1 and region = $2 and resource_id = $3 and scalable_dimension = $4`,
    [place.realm, place.region, name.resourceId, name.scalableDimension],
  )
  return rows[0] && toTarget(rows[0])
}

/** By the last part of its ARN. */
export async function readTarget(
  database: Queryable,
  targetId: string,
): Promise<ScalableTarget | undefined> {
  const rows = await database.query<TargetRow>(
    `select ${COLUMNS} from ${PRESENT} where target_id = $1`,
    [targetId],
  )
  return rows[0] && toTarget(rows[0])
}

/** The same, and whoever else changes the target or what belongs to it waits for the transaction. */
export async function lockTarget(
  transaction: Queryable,
  targetId: string,
): Promise<ScalableTarget | undefined> {
  const rows = await transaction.query<TargetRow>(
    `select ${COLUMNS} from ${PRESENT} where target_id = $1 for update of scalable_target`,
    [targetId],
  )
  return rows[0] && toTarget(rows[0])
}

/** What is given changes; what is absent stays. A null cooldown or moment takes away the one there is. */
export interface TargetChange {
  readonly minCapacity?: number
  readonly maxCapacity?: number
  readonly suspended?: SuspendedState
  readonly tags?: Readonly<Record<string, string>>
  readonly boundsChanged?: boolean
  readonly cooldown?: Cooldown | null
  readonly lookAt?: Date | null
}

export async function updateTarget(
  transaction: Queryable,
  targetId: string,
  change: TargetChange,
): Promise<void> {
  const { minCapacity, maxCapacity, suspended, tags, boundsChanged, cooldown, lookAt } = change
  await transaction.query(
    `update scalable_target set min_capacity = coalesce($2, min_capacity),
       max_capacity = coalesce($3, max_capacity), suspended = coalesce($4, suspended),
       tags = coalesce($5, tags), bounds_changed = coalesce($6, bounds_changed),
       cooldown = case when $7 then $8 else cooldown end,
       look_at = case when $9 then $10::timestamptz else look_at end
     where target_id = $1`,
    [
      ...[targetId, minCapacity ?? null, maxCapacity ?? null],
      ...[suspended ? JSON.stringify(suspended) : null, tags ? JSON.stringify(tags) : null],
      ...[boundsChanged ?? null, cooldown !== undefined],
      ...[cooldown ? JSON.stringify(cooldown) : null, lookAt !== undefined, lookAt ?? null],
    ],
  )
}

/** One page, by name; with one row more than `limit` when there are more. */
export async function listTargets(
  database: Queryable,
  place: Place,
  filter: {
    readonly resourceIds: readonly string[] | undefined
    readonly scalableDimension: string | undefined
    readonly after: TargetName | undefined
    readonly limit: number
  },
): Promise<readonly ScalableTarget[]> {
  const { resourceIds, scalableDimension, after, limit } = filter
  const rows = await database.query<TargetRow>(
    `select ${COLUMNS} from ${PRESENT}
     where scalable_target.realm = $1 and region = $2
       and ($3::text[] is null or resource_id = any($3)) and ($4::text is null or scalable_dimension = $4)
       and ($5::text is null or (resource_id, scalable_dimension) > ($5, $6))
     order by resource_id, scalable_dimension limit $7`,
    [
      ...[place.realm, place.region, resourceIds ?? null, scalableDimension ?? null],
      ...[after?.resourceId ?? null, after?.scalableDimension ?? null, limit + 1],
    ],
  )
  return rows.map(toTarget)
}

export async function countTargets(
  database: Queryable,
  place: Place,
  scalableDimension: string,
): Promise<number> {
  const rows = await database.query<{ count: number }>(
    `select count(*)::integer as count from scalable_target
     where realm = $1 and region = $2 and scalable_dimension = $3`,
    [place.realm, place.region, scalableDimension],
  )
  return rows[0]?.count ?? 0
}

/** The targets that are variants of an endpoint. */
export async function listTargetsOfEndpoint(
  database: Queryable,
  place: Place,
  endpointName: string,
): Promise<readonly ScalableTarget[]> {
  const rows = await database.query<TargetRow>(
    `select ${COLUMNS} from ${PRESENT}
     where scalable_target.realm = $1 and region = $2 and endpoint_name = $3`,
    [place.realm, place.region, endpointName],
  )
  return rows.map(toTarget)
}

/** The targets that are variants of the endpoint of an ARN, in which names are in lower case. */
export async function listTargetsOfEndpointArn(
  database: Queryable,
  endpointArn: string,
): Promise<readonly string[]> {
  const [, , , region = '', account = '', resource = ''] = endpointArn.split(':')
  const rows = await database.query<{ target_id: string }>(
    `select target_id from ${PRESENT}
     where scalable_target.account = $1 and region = $2 and lower(endpoint_name) = $3`,
    [account, region, resource.replace('endpoint/', '')],
  )
  return rows.map((row) => row.target_id)
}

/** The targets that are the resource of an ARN itself, in which names are in lower case. */
export async function listTargetsOfResourceArn(
  database: Queryable,
  arn: string,
): Promise<readonly string[]> {
  const [, , , region = '', account = '', resource = ''] = arn.split(':')
  const rows = await database.query<{ target_id: string }>(
    `select target_id from ${PRESENT}
     where scalable_target.account = $1 and region = $2 and lower(resource_id) = $3`,
    [account, region, resource],
  )
  return rows.map((row) => row.target_id)
}

/** With its policies and scheduled actions. @returns the names of alarms that were kept for it */
export async function deleteTarget(
  transaction: Queryable,
  targetId: string,
): Promise<readonly string[]> {
  const rows = await transaction.query<{ alarm_name: string }>(
    `select alarm.value as alarm_name from scaling_policy, jsonb_each_text(alarms) alarm
     where target_id = $1`,
    [targetId],
  )
  await transaction.query('delete from scalable_target where target_id = $1', [targetId])
  return rows.map((row) => row.alarm_name)
}

function toTarget(row: TargetRow): ScalableTarget {
  const { endpoint_name: endpointName, variant_name: variantName, cooldown } = row
  return {
    targetId: row.target_id,
    place: { realm: row.realm, account: row.account, region: row.region },
    resourceId: row.resource_id,
    scalableDimension: row.scalable_dimension,
    ...(endpointName !== null &&
      variantName !== null && { variant: { endpointName, variantName } }),
    minCapacity: row.min_capacity,
    maxCapacity: row.max_capacity,
    suspended: row.suspended,
    tags: row.tags,
    boundsChanged: row.bounds_changed,
    ...(cooldown && { cooldown: { ...cooldown, until: new Date(cooldown.until) } }),
    ...(row.look_at && { lookAt: row.look_at }),
    createdAt: row.created_at,
  }
}
