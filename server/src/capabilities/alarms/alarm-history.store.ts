import type { AlarmHistoryItem, HistoryItemType } from '@aws-sdk/client-cloudwatch'
import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { Alarm } from './alarm.ts'

/** One thing that happened to an alarm. */
export interface AlarmEvent {
  readonly alarm: Pick<Alarm, 'place' | 'name' | 'kind'>
  readonly type: HistoryItemType
  readonly at: Date
  readonly summary: string
  /** JSON */
  readonly data: string
}

export async function insertHistory(
  transaction: Queryable,
  events: readonly AlarmEvent[],
): Promise<void> {
  if (events.length === 0) return
  await transaction.query(
    `insert into alarm_history (realm, region, alarm_name, alarm_kind, at, item_type, summary, data)
     select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
       $7::text[], $8::text[])`,
    [
      events.map(({ alarm }) => alarm.place.realm),
      events.map(({ alarm }) => alarm.place.region),
      events.map(({ alarm }) => alarm.name),
      events.map(({ alarm }) => alarm.kind),
      events.map(({ at }) => at),
      events.map(({ type }) => type),
      events.map(({ summary }) => summary),
      events.map(({ data }) => data),
    ],
  )
}

/** Where a page of history begins: after this item, in its order. */
export interface HistoryPosition {
  readonly atMs: number
  readonly historyId: number
}

export interface HistoryItem extends HistoryPosition {
  readonly item: AlarmHistoryItem
}

interface HistoryRow extends Row {
  history_id: number
  alarm_name: string
  alarm_kind: Alarm['kind']
  at: Date
  item_type: HistoryItemType
  summary: string
  data: string
}

export async function selectHistory(
  database: Queryable,
  { realm, region }: Place,
  page: {
    readonly name: string | undefined
    readonly kinds: readonly string[]
    readonly type: string | undefined
    readonly from: Date | undefined
    readonly to: Date | undefined
    readonly isAscending: boolean
    readonly after: HistoryPosition | undefined
    readonly limit: number
  },
): Promise<readonly HistoryItem[]> {
  const [sign, direction] = page.isAscending ? ['>', 'asc'] : ['<', 'desc']
  const rows = await database.query<HistoryRow>(
    `select history_id, alarm_name, alarm_kind, at, item_type, summary, data from alarm_history
     where realm = $1 and region = $2 and ($3::text is null or alarm_name = $3) and alarm_kind = any($4)
       and ($5::text is null or item_type = $5) and ($6::timestamptz is null or at >= $6)
       and ($7::timestamptz is null or at <= $7)
       and ($8::timestamptz is null or (at, history_id) ${sign} ($8, $9::bigint))
     order by at ${direction}, history_id ${direction} limit $10`,
    [
      realm,
      region,
      page.name,
      page.kinds,
      page.type,
      page.from,
      page.to,
      page.after && new Date(page.after.atMs),
      page.after?.historyId,
      page.limit,
    ],
  )
  return rows.map((row) => ({
    atMs: row.at.getTime(),
    historyId: row.history_id,
    item: {
      AlarmName: row.alarm_name,
      AlarmType: row.alarm_kind,
      Timestamp: row.at,
      HistoryItemType: row.item_type,
      HistorySummary: row.summary,
      HistoryData: row.data,
    },
  }))
}

export async function deleteHistoryBefore(database: Queryable, before: Date): Promise<void> {
  await database.query('delete from alarm_history where at < $1', [before])
}
