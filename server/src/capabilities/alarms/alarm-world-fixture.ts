import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import type { TestPostgres } from '../../../../tests/support/postgres.ts'
import { createLog } from '../../base/log.ts'
import { createSteerableClock } from '../../base/steerable-clock.ts'
import { readConfig } from '../../config.ts'
import { openChanges } from '../../platform/database/changes.ts'
import { openDatabase } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { openRealms } from '../identity/index.ts'
import { recordMetrics } from '../metrics/index.ts'
import { selectHistory } from './alarm-history.store.ts'
import { putManagedAlarm } from './index.ts'

export const ACCOUNT = '123456789012'
export const NOON_MS = Date.UTC(2026, 10, 20, 12)

/** A database and a frozen clock at noon, without the rest of control. */
export async function alarmWorld(postgres: TestPostgres) {
  const log = createLog({}, { level: 'error' })
  const database = openDatabase({ url: await postgres.freshDatabase(), connectionsMax: 8, log })
  const setting = { at: new Date(NOON_MS), since: new Date(0), speed: 0 }
  const clock = createSteerableClock({ setting })
  const changes = await openChanges({ database, clock, log })
  const config = readConfig({ SAGEBRUSH_ACCOUNT: ACCOUNT })
  const realms = await openRealms({ database, changes, config, log, clock })
  const place = { realm: realms.present(ACCOUNT), account: ACCOUNT, region: 'us-east-1' }
  const parts: Partial<Platform> = { database, changes, clock, log, config }
  const platform = parts as Platform
  const put = (alarm: Partial<PutMetricAlarmInput>) =>
    database.transaction((transaction) =>
      putManagedAlarm(transaction, place, {
        platform,
        alarm: {
          AlarmName: 'a',
          Namespace: 'Test',
          MetricName: 'm',
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 10,
          ComparisonOperator: 'GreaterThanThreshold',
          ...alarm,
        },
      }),
    )
  return {
    platform,
    place,
    put,
    moveTo: (ms: number) => clock.steer({ ...setting, at: new Date(NOON_MS + ms) }),
    report: (value: number, atMs: number, metricName = 'm') =>
      recordMetrics(database, place, [
        {
          namespace: 'Test',
          metricName,
          dimensions: {},
          at: new Date(NOON_MS + atMs),
          resolutionSeconds: 60,
          sampleCount: 1,
          sum: value,
          minimum: value,
          maximum: value,
        },
      ]),
    history: async (type: string, name = 'a') => {
      const all = { kinds: ['MetricAlarm'], from: undefined, to: undefined, after: undefined }
      const page = { ...all, name, type, isAscending: true, limit: 1_000 }
      const found = await selectHistory(database, place, page)
      return found.map(({ item }) => item)
    },
    [Symbol.asyncDispose]: async () => {
      await realms[Symbol.asyncDispose]()
      await changes.close()
      await database.close()
    },
  }
}
