import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type TestPostgres, testPostgres } from '../../../../tests/support/postgres.ts'
import { newHexId } from '../../base/ids.ts'
import { createLog } from '../../base/log.ts'
import { CHANGES_CHANNEL } from '../../platform/database/changes.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { percentile, roundedValue } from '../../statistics/value-distribution.ts'
import { readMetricPeriods } from './metric-period.ts'
import { METRICS_TOPIC } from './metric-point.store.ts'
import { recordMetricBatch, recordMetrics } from './metric-record.ts'
import type { MetricSample } from './metric-sample.ts'

const PLACE: Place = { realm: 1, account: '123456789012', region: 'us-east-1' }
const NOON = new Date('2026-03-01T12:00:00Z')
const ONE_PM = new Date('2026-03-01T13:00:00Z')

let postgres: TestPostgres
let database: Database

before(async () => {
  postgres = await testPostgres()
  const log = createLog({}, { level: 'error' })
  database = openDatabase({ url: await postgres.freshDatabase(), connectionsMax: 8, log })
})
after(async () => {
  await database.close()
  await postgres[Symbol.asyncDispose]()
})

function givenMetric() {
  return { namespace: 'Tests', metricName: newHexId(12), dimensions: { Host: 'a', Area: 'b' } }
}

function sampleOf(values: readonly number[], more: Partial<MetricSample> = {}): MetricSample {
  return {
    ...givenMetric(),
    at: NOON,
    resolutionSeconds: 60,
    sampleCount: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    distribution: { values, counts: values.map(() => 1) },
    ...more,
  }
}

const hourOf = (metric: MetricSample | ReturnType<typeof givenMetric>, periodSeconds = 60) =>
  readMetricPeriods(database, PLACE, {
    metric,
    periodSeconds,
    startTime: NOON,
    endTime: ONE_PM,
    needs: 'distributions',
  })

test('samples of one minute are added up, whether they come in one batch or in several', async () => {
  const metric = givenMetric()
  const at = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1_000)

  await recordMetrics(database, PLACE, [
    sampleOf([1, 2], metric),
    sampleOf([3], { ...metric, at: at(59.9) }),
    sampleOf([50], { ...metric, at: at(60) }),
  ])
  await recordMetrics(database, PLACE, [sampleOf([2, 7], { ...metric, at: at(30) })])

  assert.deepEqual(await hourOf(metric), [
    {
      at: NOON,
      unit: 'None',
      sampleCount: 5,
      sum: 15,
      minimum: 1,
      maximum: 7,
      distribution: { values: [1, 2, 3, 7], counts: [1, 2, 1, 1] },
    },
    {
      at: at(60),
      unit: 'None',
      sampleCount: 1,
      sum: 50,
      minimum: 50,
      maximum: 50,
      distribution: { values: [50], counts: [1] },
    },
  ])
  const [hour] = await hourOf(metric, 3600)
  assert.deepEqual(hour?.distribution, { values: [1, 2, 3, 7, 50], counts: [1, 2, 1, 1, 1] })
})

test('a batch that is sent again is taken once, also when both are under way', async () => {
  const sample = sampleOf([4])
  const batch = { batchId: newHexId(12), samples: [sample] }

  await Promise.all([1, 2, 3].map(() => recordMetricBatch(database, PLACE, batch)))
  await recordMetricBatch(database, PLACE, batch)
  await recordMetricBatch(database, PLACE, { ...batch, batchId: newHexId(12) })

  const [minute] = await hourOf(sample)
  assert.equal(minute?.sampleCount, 2)
})

test('many writers of the same metrics, in different orders, lose nothing', async () => {
  const metrics = Array.from({ length: 20 }, givenMetric)
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let round = 0; round < 5; round += 1) {
      const ordered = writer % 2 === 0 ? metrics : metrics.toReversed()
      await recordMetrics(
        database,
        PLACE,
        ordered.map((metric) => sampleOf([writer, round], metric)),
      )
    }
  })

  await Promise.all(writers)

  for (const metric of metrics) {
    const [minute] = await hourOf(metric)
    assert.equal(minute?.sampleCount, 80)
    assert.equal(minute?.sum, 8 * (0 + 1 + 2 + 3 + 4) + 5 * (0 + 1 + 2 + 3 + 4 + 5 + 6 + 7))
    // each of 0 to 7 five times as a writer, each of 0 to 4 eight times as a round
    assert.deepEqual(minute?.distribution, {
      values: [0, 1, 2, 3, 4, 5, 6, 7],
      counts: [13, 13, 13, 13, 13, 5, 5, 5],
    })
  }
})

test('Postgres rounds the values of a distribution as we do, and its percentiles are within 0.8 %', async () => {
  const metric = givenMetric()
  const values = Array.from(
    { length: 600 },
    (_, index) => 1.5e-3 * 1.031 ** index * (index % 2 ? 1 : -1),
  )
  const batches = [0, 100, 200, 300, 400, 500].map((from) => values.slice(from, from + 100))

  for (const batch of batches) await recordMetrics(database, PLACE, [sampleOf(batch, metric)])

  const [minute] = await hourOf(metric)
  const { distribution } = minute ?? {}
  assert.ok(distribution)
  assert.deepEqual(
    distribution.values,
    [...new Set(values.map(roundedValue))].sort((a, b) => a - b),
  )
  const exact = { values: values.toSorted((a, b) => a - b), counts: values.map(() => 1) }
  for (const percent of [0, 1, 50, 90, 99, 99.9, 100]) {
    const [found, wanted] = [percentile(distribution, percent), percentile(exact, percent)]
    assert.ok(Math.abs(found - wanted) <= Math.abs(wanted) * 2 ** -7, `p${percent}: ${found}`)
  }
})

test('values that are known as a sum only have no percentiles, nor has what is merged with them', async () => {
  const metric = givenMetric()

  await recordMetrics(database, PLACE, [sampleOf([5, 5], { ...metric, distribution: undefined })])
  const [equal] = await hourOf(metric)
  await recordMetrics(database, PLACE, [sampleOf([1, 9], { ...metric, distribution: undefined })])
  const [spread] = await hourOf(metric)
  await recordMetrics(database, PLACE, [sampleOf([3], metric)])
  const [merged] = await hourOf(metric)

  assert.deepEqual(equal?.distribution, { values: [5], counts: [2] })
  assert.equal(spread?.distribution, undefined)
  assert.equal(merged?.distribution, undefined)
  assert.equal(merged?.sum, 23)
})

test('what was measured in several units is read in one of them, unless the query names one', async () => {
  const metric = givenMetric()
  const inUnit = (unit: string, value: number) => sampleOf([value], { ...metric, unit })

  await recordMetrics(database, PLACE, [
    inUnit('Seconds', 60),
    inUnit('Milliseconds', 60_000),
    inUnit('Seconds', 1),
  ])

  const [minute] = await hourOf(metric)
  assert.deepEqual([minute?.unit, minute?.sum], ['Milliseconds', 60_000])
  const query = { metric, periodSeconds: 60, startTime: NOON, endTime: ONE_PM, unit: 'Seconds' }
  const [seconds] = await readMetricPeriods(database, PLACE, query)
  assert.equal(seconds?.sum, 61)
})

test('a batch that is taken is announced, one that was taken before is not', async () => {
  const topics: string[] = []
  await using _listening = await database.listen(CHANGES_CHANNEL, {
    received: (topic) => topics.push(topic),
    reconnected: () => undefined,
  })
  const batch = { batchId: newHexId(12), samples: [sampleOf([1])] }

  await recordMetricBatch(database, PLACE, batch)
  await recordMetricBatch(database, PLACE, batch)
  await database.query('select pg_notify($1, $2)', [CHANGES_CHANNEL, 'end'])

  await eventually(async () => topics.includes('end'))
  assert.deepEqual(topics, [METRICS_TOPIC, 'end'])
})
