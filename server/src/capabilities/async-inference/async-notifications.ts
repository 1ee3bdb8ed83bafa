import { Refusal } from '../../base/refusal.ts'
import type { Platform } from '../../platform/scope.ts'
import {
  deleteNotificationsBefore,
  type KeptNotification,
  selectNotifications,
} from './async-notification.store.ts'

/** As long as SNS itself tries to deliver at most. */
const KEPT_MS = 23 * 24 * 60 * 60 * 1_000
const LISTED_DEFAULT = 100
const LISTED_MAX = 10_000

/**
 * What topics would have been sent, oldest first: nothing delivers it yet.
 *
 * @param options.asked `{"topicArn"?, "limit"?}`
 * @throws Refusal when what is asked has another form
 */
export async function listNotifications(
  { database }: Platform,
  { realm, asked }: { readonly realm: number; readonly asked: unknown },
): Promise<{ readonly notifications: readonly KeptNotification[] }> {
  const { topicArn, limit = LISTED_DEFAULT } = (asked ?? {}) as Record<string, unknown>
  if (topicArn !== undefined && typeof topicArn !== 'string') {
    throw new Refusal('topicArn is no text')
  }
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > LISTED_MAX) {
    throw new Refusal(`limit is no whole number from 1 to ${LISTED_MAX}`)
  }
  return { notifications: await selectNotifications(database, { realm, topicArn, limit }) }
}

/** Forgets notifications that nobody can want any more. */
export async function deleteOldNotifications({ clock, database }: Platform): Promise<void> {
  await deleteNotificationsBefore(database, new Date(clock.now().getTime() - KEPT_MS))
}
