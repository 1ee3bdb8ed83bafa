import type { PutMetricAlarmInput, Tag } from '@aws-sdk/client-cloudwatch'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { insertTags, removeTags } from '../tags/index.ts'
import { type AlarmDefinition, deleteAlarmRecords, findAlarms, upsertAlarm } from './alarm.store.ts'
import { type Alarm, alarmArn } from './alarm.ts'
import type { AlarmPlatform } from './alarm-change.activities.ts'
import { insertHistory } from './alarm-history.store.ts'
import { configurationEvent } from './alarm-history.ts'
import { alarmQueryOf } from './alarm-query.ts'
import { stepSecondsOf } from './alarm-window.ts'
import { INITIAL_REASON } from './state-reason.ts'

/** What of the platform those need who make and delete alarms in transactions of their own. */
export type AlarmWriter = Pick<AlarmPlatform, 'clock' | 'changes'>

/**
 * Writes the alarm, its tags when it is new, and the entry in history.
 * @returns undefined when the name is that of an alarm of the other kind
 */
export async function putAlarm(
  transaction: Queryable,
  place: Place,
  put: {
    readonly platform: AlarmWriter
    readonly definition: Omit<AlarmDefinition, 'arn' | 'at' | 'initialReason'>
    readonly tags: readonly Tag[] | undefined
  },
): Promise<{ readonly alarm: Alarm; readonly isNew: boolean } | undefined> {
  const { platform, definition, tags } = put
  const at = platform.clock.now()
  const arn = alarmArn(place, definition.name)
  const written = await upsertAlarm(transaction, place, {
    ...definition,
    arn,
    at,
    initialReason: INITIAL_REASON,
  })
  if (!written) return undefined
  const { alarm, isNew } = written
  if (isNew) await insertTags(transaction, place, { resourceArn: arn, tags: tags?.slice() })
  const event = configurationEvent(alarm, isNew ? 'created' : 'updated', at)
  await insertHistory(transaction, [event])
  await platform.changes.announce(transaction, arn)
  return written
}

/** Takes a metric alarm as PutMetricAlarm says it, without checks. */
export function putMetricAlarmRecord(
  transaction: Queryable,
  place: Place,
  { platform, alarm }: { readonly platform: AlarmWriter; readonly alarm: PutMetricAlarmInput },
) {
  const {
    AlarmName: name = '',
    ActionsEnabled: actionsEnabled = true,
    Tags,
    ...configuration
  } = alarm
  return putAlarm(transaction, place, {
    platform,
    definition: {
      name,
      kind: 'MetricAlarm',
      configuration,
      actionsEnabled,
      evaluationSeconds: stepSecondsOf(alarmQueryOf(configuration).periodSeconds),
    },
    tags: Tags,
  })
}

/** Deletes alarms with their tags; the history stays. Those that there are not are passed over. */
export async function deleteAlarmsByName(
  transaction: Queryable,
  place: Place,
  { platform, names }: { readonly platform: AlarmWriter; readonly names: readonly string[] },
): Promise<void> {
  const at = platform.clock.now()
  const alarms = await findAlarms(transaction, place, names)
  await deleteAlarmRecords(
    transaction,
    alarms.map(({ alarmId }) => alarmId),
  )
  const events = alarms.map((alarm) => configurationEvent(alarm, 'deleted', at))
  await insertHistory(transaction, events)
  for (const { arn } of alarms) {
    await removeTags(transaction, place, arn)
    await platform.changes.announce(transaction, arn)
  }
}

/**
 * Makes or changes an alarm that another capability keeps for its own decisions, in that one's transaction. It is
 * an alarm like any other, and visible as such.
 *
 * @returns its ARN
 */
export async function putManagedAlarm(
  transaction: Queryable,
  place: Place,
  managed: { readonly platform: AlarmWriter; readonly alarm: PutMetricAlarmInput },
): Promise<{ readonly alarmName: string; readonly alarmArn: string }> {
  await putMetricAlarmRecord(transaction, place, managed)
  const alarmName = managed.alarm.AlarmName ?? ''
  return { alarmName, alarmArn: alarmArn(place, alarmName) }
}

/** Deletes such alarms; those that somebody deleted before are passed over. */
export function deleteManagedAlarms(
  transaction: Queryable,
  place: Place,
  managed: { readonly platform: AlarmWriter; readonly names: readonly string[] },
): Promise<void> {
  return deleteAlarmsByName(transaction, place, managed)
}
