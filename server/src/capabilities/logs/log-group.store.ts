import type { LogGroup, LogGroupClass } from '@aws-sdk/client-cloudwatch-logs'
import { isUniqueViolation, type Queryable, type Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'

/** A log group's row. */
export interface LogGroupRecord {
  readonly groupId: number
  readonly name: string
  readonly arn: string
  readonly class: LogGroupClass
  readonly kmsKeyId: string | undefined
  readonly isProtected: boolean
  readonly retentionDays: number | undefined
  readonly createdAt: Date
  readonly storedBytes: number
}

/** By key. */
export type LogGroupTags = Readonly<Record<string, string>>

type InRegion = Pick<Place, 'realm' | 'region'>

interface LogGroupRow extends Row {
  group_id: number
  name: string
  arn: string
  class: LogGroupClass
  kms_key_id: string | null
  is_protected: boolean
  retention_days: number | null
  created_at: Date
  stored_bytes: number
}

const SELECT = `select group_id, name, arn, class, kms_key_id, is_protected, retention_days, created_at,
  (select coalesce(sum(stored_bytes), 0)::bigint from log_stream s where s.group_id = g.group_id)
    as stored_bytes
  from log_group g`

/** @returns false when the name is in use */
export async function insertLogGroup(
  database: Queryable,
  { realm, region }: InRegion,
  group: Omit<LogGroupRecord, 'groupId' | 'storedBytes' | 'retentionDays'> & { tags: LogGroupTags },
): Promise<boolean> {
  try {
    await database.query(
      `insert into log_group (realm, region, name, arn, class, kms_key_id, is_protected, created_at,
         tags)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        realm,
        region,
        group.name,
        group.arn,
        group.class,
        group.kmsKeyId,
        group.isProtected,
        group.createdAt,
        JSON.stringify(group.tags),
      ],
    )
    return true
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}

export async function findLogGroup(
  database: Queryable,
  { realm, region }: InRegion,
  name: string,
): Promise<LogGroupRecord | undefined> {
  const rows = await database.query<LogGroupRow>(
    `${SELECT} where realm = $1 and region = $2 and name = $3`,
    [realm, region, name],
  )
  return rows[0] && logGroupRecord(rows[0])
}

/** In the order of names; each filter applies where it is given. */
export async function selectLogGroups(
  database: Queryable,
  { realm, region }: InRegion,
  page: {
    prefix?: string | undefined
    part?: string | undefined
    names?: readonly string[] | undefined
    class?: string | undefined
    afterName: string
    limit: number
  },
): Promise<readonly LogGroupRecord[]> {
  const rows = await database.query<LogGroupRow>(
    `${SELECT} where realm = $1 and region = $2 and name > $3
       and ($4::text is null or (name >= $4 and starts_with(name, $4)))
       and ($5::text is null or position($5 in name) > 0)
       and ($6::text[] is null or name = any($6))
       and ($7::text is null or class = $7)
     order by name limit $8`,
    [realm, region, page.afterName, page.prefix, page.part, page.names, page.class, page.limit],
  )
  return rows.map(logGroupRecord)
}

/** @returns whether there is such a group */
export async function updateRetention(
  database: Queryable,
  { realm, region }: InRegion,
  { name, retentionDays }: { name: string; retentionDays: number | undefined },
): Promise<boolean> {
  const rows = await database.query(
    `update log_group set retention_days = $4 where realm = $1 and region = $2 and name = $3
     returning group_id`,
    [realm, region, name, retentionDays],
  )
  return rows.length > 0
}

export async function findLogGroupTags(
  database: Queryable,
  groupId: number,
): Promise<LogGroupTags> {
  const rows = await database.query<{ tags: LogGroupTags }>(
    'select tags from log_group where group_id = $1',
    [groupId],
  )
  return rows[0]?.tags ?? {}
}

/** Adds and overwrites tags, then removes some. @returns false when the group would have too many */
export async function changeLogGroupTags(
  database: Queryable,
  groupId: number,
  change: { added: LogGroupTags; removed: readonly string[]; tagsMax: number },
): Promise<boolean> {
  const rows = await database.query(
    `update log_group set tags = (tags || $2::jsonb) - $3::text[]
     where group_id = $1
       and (select count(*) from jsonb_object_keys((tags || $2::jsonb) - $3::text[])) <= $4
     returning group_id`,
    [groupId, JSON.stringify(change.added), change.removed, change.tagsMax],
  )
  return rows.length > 0
}

/** Deletes the group with its streams and events. */
export async function deleteLogGroupRecord(database: Queryable, groupId: number): Promise<void> {
  await database.query('delete from log_group where group_id = $1', [groupId])
}

/** The row in CloudWatch Logs' shape. */
export function logGroupShape(group: LogGroupRecord): LogGroup {
  return {
    logGroupName: group.name,
    logGroupArn: group.arn,
    arn: `${group.arn}:*`,
    creationTime: group.createdAt.getTime(),
    metricFilterCount: 0,
    storedBytes: group.storedBytes,
    logGroupClass: group.class,
    deletionProtectionEnabled: group.isProtected,
    ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
    ...(group.kmsKeyId === undefined ? {} : { kmsKeyId: group.kmsKeyId }),
  }
}

function logGroupRecord(row: LogGroupRow): LogGroupRecord {
  return {
    groupId: row.group_id,
    name: row.name,
    arn: row.arn,
    class: row.class,
    kmsKeyId: row.kms_key_id ?? undefined,
    isProtected: row.is_protected,
    retentionDays: row.retention_days ?? undefined,
    createdAt: row.created_at,
    storedBytes: row.stored_bytes,
  }
}
