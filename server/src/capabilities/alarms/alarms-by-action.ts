import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { type AlarmReading, readingOf } from './alarm.ts'
import { listAlarms } from './alarm-listing.store.ts'

const READ_MAX = 100

/** The alarms that take an action, or one that its ARN is the beginning of; in the order of names. */
export async function readAlarmsByAction(
  database: Queryable,
  place: Place,
  actionArn: string,
): Promise<readonly AlarmReading[]> {
  const kinds = ['MetricAlarm', 'CompositeAlarm']
  const page = { afterName: '', limit: READ_MAX, kinds, actionPrefix: actionArn }
  return (await listAlarms(database, place, page)).map(readingOf)
}
