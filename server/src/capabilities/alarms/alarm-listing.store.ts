import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { ALARM_COLUMNS, type AlarmRow, alarmOf } from './alarm.store.ts'
import type { Alarm } from './alarm.ts'

/** Each filter applies where it is given. */
export interface AlarmFilters {
  readonly names?: readonly string[] | undefined
  readonly prefix?: string | undefined
  readonly state?: string | undefined
  /** What one of the actions begins with. */
  readonly actionPrefix?: string | undefined
  readonly kinds: readonly string[]
}

/** In the order of names. */
export async function listAlarms(
  database: Queryable,
  { realm, region }: Place,
  page: AlarmFilters & { readonly afterName: string; readonly limit: number },
): Promise<readonly Alarm[]> {
  const rows = await database.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm
     where realm = $1 and region = $2 and name > $3 and kind = any($4)
       and ($5::text[] is null or name = any($5))
       and ($6::text is null or (name >= $6 and starts_with(name, $6)))
       and ($7::text is null or state = $7)
       and ($8::text is null or exists (
         select from jsonb_array_elements_text(coalesce(configuration -> 'OKActions', '[]')
           || coalesce(configuration -> 'AlarmActions', '[]')
           || coalesce(configuration -> 'InsufficientDataActions', '[]')) as action
         where starts_with(action, $8)))
     order by name limit $9`,
    [
      realm,
      region,
      page.afterName,
      page.kinds,
      page.names,
      page.prefix,
      page.state,
      page.actionPrefix,
      page.limit,
    ],
  )
  return rows.map(alarmOf)
}

/** Alarms on one metric by its namespace and name, in the order of names. */
export async function listAlarmsOfMetric(
  database: Queryable,
  { realm, region }: Place,
  { namespace, metricName }: { readonly namespace: string; readonly metricName: string },
): Promise<readonly Alarm[]> {
  const rows = await database.query<AlarmRow>(
    `select ${ALARM_COLUMNS} from alarm
     where realm = $1 and region = $2 and kind = 'MetricAlarm'
       and configuration ->> 'Namespace' = $3 and configuration ->> 'MetricName' = $4
     order by name`,
    [realm, region, namespace, metricName],
  )
  return rows.map(alarmOf)
}
