import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type TestPostgres, testPostgres } from '../../../../tests/support/postgres.ts'
import { newHexId } from '../../base/ids.ts'
import { createLog } from '../../base/log.ts'
import { createSteerableClock } from '../../base/steerable-clock.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { roundedValue } from '../../statistics/value-distribution.ts'
import { readMetricPeriods } from './metric-period.ts'
import { recordMetrics } from './metric-record.ts'
import { retainedStart, rollUpMetrics } from './metric-retention.ts'
import type { MetricSample } from './metric-sample.ts'

const PLACE: Place = { realm: 1, account: '123456789012', region: 'us-east-1' }
const BEGIN = new Date('2026-03-01T00:00:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let postgres: TestPostgres
let database: Database

before(async () => {
  postgres = await testPostgres()
  const log = createLog({}, { level: 'error' })
  database = openDatabase({ url: await postgres.freshDatabase(), connectionsMax: 4, log })
})
after(async () => {
  await database.close()
  await postgres[Symbol.asyncDispose]()
})

const later = (ms: number): Date => new Date(BEGIN.getTime() + ms)

async function rollUpAt(ms: number): Promise<void> {
  const clock = createSteerableClock({ setting: { at: later(ms), since: new Date(0), speed: 0 } })
  await rollUpMetrics({ database, clock })
}

/** One sample each second for an hour: 1, 2, 3, … */
async function givenHourOfSeconds() {
  const metric = { namespace: 'Tests', metricName: newHexId(12), dimensions: {} }
  const samples = Array.from({ length: 3_600 }, (_, second): MetricSample => {
    const value = second + 1
    const figures = { sampleCount: 1, sum: value, minimum: value, maximum: value }
    return { ...metric, at: later(second * 1_000), resolutionSeconds: 1, ...figures }
  })
  await recordMetrics(database, PLACE, samples)
  return metric
}

const widthsOf = async (): Promise<Record<string, number>> => {
  const rows = await database.query<{ width: number; count: number }>(
    'select width, count(*) from metric_point group by width order by width',
  )
  return Object.fromEntries(rows.map(({ width, count }) => [width, count]))
}

test('points grow wider as they age, and keep their sums, extremes and percentiles', async () => {
  const metric = await givenHourOfSeconds()
  const hour = () =>
    readMetricPeriods(database, PLACE, {
      metric,
      periodSeconds: 3_600,
      startTime: BEGIN,
      endTime: later(HOUR_MS),
      needs: 'distributions',
    })
  const [exact] = await hour()
  const stages: readonly (readonly [number, Record<string, number>])[] = [
    [3 * HOUR_MS, { 1: 3_600 }],
    // 3 h, 15 min of slack, and half an hour
    [3.75 * HOUR_MS, { 1: 1_800, 60: 30 }],
    [6 * HOUR_MS, { 60: 60 }],
    [15 * DAY_MS + 6 * HOUR_MS, { 300: 12 }],
    [63 * DAY_MS + 6 * HOUR_MS, { 3600: 1 }],
  ]

  for (const [ms, widths] of stages) {
    await rollUpAt(ms)
    await rollUpAt(ms)

    assert.deepEqual(await widthsOf(), widths)
    const [period] = await hour()
    assert.equal(period?.sampleCount, 3_600)
    assert.equal(period?.sum, (3_600 * 3_601) / 2)
    assert.equal(period?.minimum, 1)
    assert.equal(period?.maximum, 3_600)
    assert.deepEqual(period?.distribution?.values, [
      ...new Set(exact?.distribution?.values.map(roundedValue)),
    ])
  }

  await rollUpAt(455 * DAY_MS + 6 * HOUR_MS)

  assert.deepEqual(await widthsOf(), {})
  assert.deepEqual(await database.query('select * from metric'), [])
})

test('what is merged meets samples that came late', async () => {
  const metric = await givenHourOfSeconds()
  const late = { sampleCount: 2, sum: 7, minimum: 3, maximum: 4 }
  const distribution = { values: [3, 4], counts: [1, 1] }
  const at = later(30_000)
  await recordMetrics(database, PLACE, [
    { ...metric, at, resolutionSeconds: 60, ...late, distribution },
  ])

  await rollUpAt(6 * HOUR_MS)

  const query = { metric, periodSeconds: 60, startTime: BEGIN, endTime: later(60_000) }
  const [minute] = await readMetricPeriods(database, PLACE, { ...query, needs: 'distributions' })
  assert.equal(minute?.sampleCount, 62)
  assert.equal(minute?.sum, 1_830 + 7)
  assert.deepEqual(minute?.distribution?.counts.slice(0, 5), [1, 1, 2, 2, 1])
})

test('a query begins where the periods of its age do', () => {
  const now = later(100 * DAY_MS)
  const at = (days: number): string =>
    retainedStart(new Date(now.getTime() - days * DAY_MS + 754_321), now)
      .toISOString()
      .slice(11)

  assert.equal(at(1), '00:12:34.000Z')
  assert.equal(at(16), '00:10:00.000Z')
  assert.equal(at(64), '00:00:00.000Z')
})
