import type { Queryable } from '../../platform/database/database.ts'
import type { MetricActivity } from '../metrics/index.ts'

/** What a resting alarm counted of one metric. */
export interface RestRecord extends MetricActivity {
  readonly alarmId: number
}

/** Writes what these alarms rest on in place of what they rested on before. */
export async function replaceRests(
  transaction: Queryable,
  {
    alarmIds,
    rests,
  }: { readonly alarmIds: readonly number[]; readonly rests: readonly RestRecord[] },
): Promise<void> {
  await transaction.query('delete from alarm_rest where alarm_id = any($1::bigint[])', [alarmIds])
  if (rests.length === 0) return
  await transaction.query(
    `insert into alarm_rest (alarm_id, realm, metric_id, from_seconds, samples)
     select * from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::float8[])
     on conflict do nothing`,
    [
      rests.map(({ alarmId }) => alarmId),
      rests.map(({ realm }) => realm),
      rests.map(({ metricId }) => metricId),
      rests.map(({ fromSeconds }) => fromSeconds),
      rests.map(({ samples }) => samples),
    ],
  )
}

export async function listRests(database: Queryable): Promise<readonly RestRecord[]> {
  const rows = await database.query<{
    alarm_id: number
    realm: number
    metric_id: string
    from_seconds: number
    samples: number
  }>('select alarm_id, realm, metric_id, from_seconds, samples from alarm_rest order by alarm_id')
  return rows.map((row) => ({
    alarmId: row.alarm_id,
    realm: row.realm,
    metricId: row.metric_id,
    fromSeconds: row.from_seconds,
    samples: row.samples,
  }))
}
