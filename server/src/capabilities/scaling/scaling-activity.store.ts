import type {
  NotScaledReason,
  ScalingActivityStatusCode,
} from '@aws-sdk/client-application-auto-scaling'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { Cooldown, ScalableTarget } from '../scalable-targets/index.ts'

/** Something that was done with a target, is being done, or was decided not to be. */
export interface ScalingActivity {
  readonly activityId: string
  /** Grows from activity to activity. */
  readonly sequence: number
  readonly targetId: string
  readonly resourceId: string
  readonly scalableDimension: string
  readonly description: string
  readonly cause: string
  readonly statusCode: ScalingActivityStatusCode
  readonly statusMessage?: string
  readonly notScaledReasons?: readonly NotScaledReason[]
  /** What is asked for; absent where only bounds were set, or nothing was done. */
  readonly capacity?: number
  /** What its end begins, when a policy asked for it. */
  readonly cooldown?: BegunCooldown
  /** The alarm's action that asked for it: asked again it is not done again. */
  readonly triggerId?: string
  readonly startedAt: Date
  readonly endedAt?: Date
}

/** A cooldown that begins when an activity has succeeded. */
export interface BegunCooldown {
  readonly direction: Cooldown['direction']
  readonly previousCapacity: number
  readonly seconds: number
}

/** An activity as it begins; its target says the rest. */
export type NewActivity = Omit<
  ScalingActivity,
  'sequence' | 'targetId' | 'resourceId' | 'scalableDimension'
>

type ActivityRow = {
  activity_id: string
  sequence: number
  target_id: string
  resource_id: string
  scalable_dimension: string
  description: string
  cause: string
  status_code: ScalingActivityStatusCode
  status_message: string | null
  not_scaled_reasons: NotScaledReason[] | null
  capacity: number | null
  cooldown: BegunCooldown | null
  started_at: Date
  ended_at: Date | null
}

const COLUMNS = `activity_id, sequence, target_id, resource_id, scalable_dimension, description, cause,
  status_code, status_message, not_scaled_reasons, capacity, cooldown, started_at, ended_at`

export async function insertActivity(
  transaction: Queryable,
  target: Pick<ScalableTarget, 'targetId' | 'place' | 'resourceId' | 'scalableDimension'>,
  activity: NewActivity,
): Promise<void> {
  const { place } = target
  const { notScaledReasons, cooldown } = activity
  await transaction.query(
    `insert into scaling_activity (activity_id, realm, account, region, target_id, resource_id,
       scalable_dimension, description, cause, status_code, status_message, not_scaled_reasons, capacity,
       cooldown, trigger_id, started_at, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [
      ...[activity.activityId, place.realm, place.account, place.region],
      ...[target.targetId, target.resourceId, target.scalableDimension],
      ...[activity.description, activity.cause, activity.statusCode],
      ...[
        activity.statusMessage ?? null,
        notScaledReasons ? JSON.stringify(notScaledReasons) : null,
      ],
      ...[activity.capacity ?? null, cooldown ? JSON.stringify(cooldown) : null],
      ...[activity.triggerId ?? null, activity.startedAt, activity.endedAt ?? null],
    ],
  )
}

/** Whether an alarm's action was taken. */
export async function isTriggered(database: Queryable, triggerId: string): Promise<boolean> {
  const rows = await database.query('select 1 from scaling_activity where trigger_id = $1', [
    triggerId,
  ])
  return rows.length > 0
}

/** @returns false when it is no longer under way; nothing is changed then */
export async function setActivityStatus(
  transaction: Queryable,
  activityId: string,
  change: {
    readonly statusCode: ScalingActivityStatusCode
    readonly statusMessage: string
    readonly endedAt?: Date
  },
): Promise<boolean> {
  const rows = await transaction.query(
    `update scaling_activity set status_code = $2, status_message = $3, ended_at = $4
     where activity_id = $1 and status_code in ('Pending', 'InProgress') returning 1`,
    [activityId, change.statusCode, change.statusMessage, change.endedAt ?? null],
  )
  return rows.length > 0
}

/** What is being done with a target: one thing at a time. */
export async function findOpenActivity(
  database: Queryable,
  targetId: string,
): Promise<ScalingActivity | undefined> {
  const rows = await database.query<ActivityRow>(
    `select ${COLUMNS} from scaling_activity
     where target_id = $1 and status_code in ('Pending', 'InProgress')`,
    [targetId],
  )
  return rows[0] && toActivity(rows[0])
}

export async function findLastActivity(
  database: Queryable,
  targetId: string,
): Promise<ScalingActivity | undefined> {
  const rows = await database.query<ActivityRow>(
    `select ${COLUMNS} from scaling_activity where target_id = $1 order by sequence desc limit 1`,
    [targetId],
  )
  return rows[0] && toActivity(rows[0])
}

/** One page, the newest first, with one more than `limit` when there are more. */
export async function listActivities(
  database: Queryable,
  place: Place,
  filter: {
    readonly resourceId: string | undefined
    readonly scalableDimension: string | undefined
    readonly includesNotScaled: boolean
    readonly before: number | undefined
    readonly limit: number
  },
): Promise<readonly ScalingActivity[]> {
  const rows = await database.query<ActivityRow>(
    `select ${COLUMNS} from scaling_activity where realm = $1 and region = $2
       and ($3::text is null or resource_id = $3) and ($4::text is null or scalable_dimension = $4)
       and ($5 or not_scaled_reasons is null) and ($6::bigint is null or sequence < $6)
     order by sequence desc limit $7`,
    [
      ...[place.realm, place.region, filter.resourceId ?? null, filter.scalableDimension ?? null],
      ...[filter.includesNotScaled, filter.before ?? null, filter.limit + 1],
    ],
  )
  return rows.map(toActivity)
}

/** @returns how many there were */
export async function deleteActivitiesBefore(database: Queryable, before: Date): Promise<number> {
  const rows = await database.query(
    `delete from scaling_activity
     where started_at < $1 and status_code not in ('Pending', 'InProgress') returning 1`,
    [before],
  )
  return rows.length
}

function toActivity(row: ActivityRow): ScalingActivity {
  return {
    activityId: row.activity_id,
    sequence: row.sequence,
    targetId: row.target_id,
    resourceId: row.resource_id,
    scalableDimension: row.scalable_dimension,
    description: row.description,
    cause: row.cause,
    statusCode: row.status_code,
    ...(row.status_message !== null && { statusMessage: row.status_message }),
    ...(row.not_scaled_reasons && { notScaledReasons: row.not_scaled_reasons }),
    ...(row.capacity !== null && { capacity: row.capacity }),
    ...(row.cooldown && { cooldown: row.cooldown }),
    startedAt: row.started_at,
    ...(row.ended_at && { endedAt: row.ended_at }),
  }
}
