import type {
  DescribeAlarmHistoryCommandInput,
  DescribeAlarmHistoryOutput,
} from '@aws-sdk/client-cloudwatch'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { Platform, RequestScope } from '../../platform/scope.ts'
import { invalidNextToken, validationError } from './alarm-errors.ts'
import { deleteHistoryBefore, type HistoryPosition, selectHistory } from './alarm-history.store.ts'
import { HISTORY_DAYS } from './alarm-history.ts'

const PAGE_ITEMS = 100
const DAY_MS = 86_400_000

/** The newest first, unless it is asked otherwise. @throws AwsError InvalidNextToken */
export async function describeAlarmHistory(
  input: DescribeAlarmHistoryCommandInput,
  scope: RequestScope,
): Promise<DescribeAlarmHistoryOutput> {
  const { StartDate: from, EndDate: to, NextToken: token } = input
  if (from && to && from > to) throw validationError('StartDate must not be after EndDate')
  const limit = input.MaxRecords ?? PAGE_ITEMS
  const keptSince = new Date(scope.clock.now().getTime() - HISTORY_DAYS * DAY_MS)
  const found = await selectHistory(scope.database, scope, {
    name: input.AlarmName,
    // an alarm that is named is of whatever type it is
    kinds: input.AlarmTypes ?? (input.AlarmName === undefined ? ['MetricAlarm'] : BOTH_KINDS),
    type: input.HistoryItemType,
    from: from && from > keptSince ? from : keptSince,
    to,
    isAscending: input.ScanBy === 'TimestampAscending',
    after: token === undefined ? undefined : positionOf(token),
    limit: limit + 1,
  })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    AlarmHistoryItems: page.map(({ item }) => item),
    ...(found.length > limit && last
      ? { NextToken: encodePageToken({ atMs: last.atMs, historyId: last.historyId }) }
      : {}),
  }
}

const BOTH_KINDS = ['MetricAlarm', 'CompositeAlarm']

/** Forgets what happened longer ago than history is kept. */
export function forgetAlarmHistory({
  clock,
  database,
}: Pick<Platform, 'clock' | 'database'>): Promise<void> {
  return deleteHistoryBefore(database, new Date(clock.now().getTime() - HISTORY_DAYS * DAY_MS))
}

function positionOf(token: string): HistoryPosition {
  const position = decodePageToken<{ atMs?: unknown; historyId?: unknown }>(token)
  const { atMs, historyId } = position ?? {}
  if (typeof atMs !== 'number' || typeof historyId !== 'number') throw invalidNextToken()
  return { atMs, historyId }
}
