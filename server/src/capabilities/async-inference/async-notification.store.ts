import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { Notification } from './async-invocation.container.ts'

/** Keeps notifications as their topics would get them. */
export async function insertNotifications(
  transaction: Queryable,
  place: Place,
  { notifications, at }: { readonly notifications: readonly Notification[]; readonly at: Date },
): Promise<void> {
  for (const { topicArn, message } of notifications) {
    await transaction.query(
      `insert into async_notification (realm, account, region, topic_arn, message, created_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [place.realm, place.account, place.region, topicArn, JSON.stringify(message), at],
    )
  }
}

/** @returns false when the fleet's topics had their test before */
export async function insertTopicTest(
  transaction: Queryable,
  place: Pick<Place, 'realm' | 'region'>,
  fleet: { readonly endpointArn: string; readonly generation: number },
): Promise<boolean> {
  const rows = await transaction.query(
    `insert into async_topic_test (realm, region, endpoint_arn, generation) values ($1, $2, $3, $4)
     on conflict do nothing returning 1`,
    [place.realm, place.region, fleet.endpointArn, fleet.generation],
  )
  return rows.length > 0
}

export interface KeptNotification extends Notification {
  readonly region: string
  readonly createdAt: Date
}

/** The latest that the topics of an account's present life were told, oldest first. */
export async function selectNotifications(
  database: Queryable,
  wanted: { readonly realm: number; readonly topicArn: string | undefined; readonly limit: number },
): Promise<readonly KeptNotification[]> {
  const rows = await database.query<{
    topic_arn: string
    message: object
    region: string
    created_at: Date
  }>(
    `select topic_arn, message, region, created_at from (
       select * from async_notification
       where realm = $1 and ($2::text is null or topic_arn = $2)
       order by notification_id desc limit $3) latest
     order by notification_id`,
    [wanted.realm, wanted.topicArn ?? null, wanted.limit],
  )
  return rows.map((row) => ({
    topicArn: row.topic_arn,
    message: row.message,
    region: row.region,
    createdAt: row.created_at,
  }))
}

/** Forgets what was told before an instant. */
export async function deleteNotificationsBefore(database: Queryable, instant: Date): Promise<void> {
  await database.query('delete from async_notification where created_at < $1', [instant])
}
