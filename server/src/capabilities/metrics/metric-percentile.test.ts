import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type TestPostgres, testPostgres } from '../../../../tests/support/postgres.ts'
import { newHexId } from '../../base/ids.ts'
import { createLog } from '../../base/log.ts'
import { createSteerableClock } from '../../base/steerable-clock.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { readMetricPeriods } from './metric-period.ts'
import { recordMetrics } from './metric-record.ts'
import { rollUpMetrics } from './metric-retention.ts'
import type { MetricSample } from './metric-sample.ts'
import { distributionNeeds, readStatistic } from './statistic.ts'

const PLACE: Place = { realm: 1, account: '123456789012', region: 'us-east-1' }
const NOON = new Date('2026-03-01T12:00:00Z')
const HOUR_MS = 3_600_000
const NAMES = ['p0', 'p1', 'p25', 'p50', 'p90', 'p99', 'p99.9', 'p100']

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

function samplesOf(minute: number, values: readonly number[], more: Partial<MetricSample> = {}) {
  return values.map(
    (value, index): MetricSample => ({
      ...{ namespace: 'Tests', metricName: 'unnamed', dimensions: {} },
      at: new Date(NOON.getTime() + minute * 60_000 + (index % 60) * 1_000),
      resolutionSeconds: 60,
      ...{ sampleCount: 1, sum: value, minimum: value, maximum: value },
      ...more,
    }),
  )
}

/** Numbers that look like latencies, the same ones each time. */
function latencies(count: number, seed: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => {
    const turn = (index * 0.618_033_988_75 + seed * 0.414_213_562) % 1
    return 2_000 * Math.exp(3 * (turn - 0.5))
  })
}

/** Minutes of every kind that there is. */
async function givenMinutes() {
  const metric = { namespace: 'Tests', metricName: newHexId(12), dimensions: {} }
  const record = (samples: readonly MetricSample[]) =>
    recordMetrics(
      database,
      PLACE,
      samples.map((sample) => ({ ...sample, ...metric })),
    )
  const weights = { values: [1, 2, 3, 5], counts: [0.1, 0.2, 0.7, 1e-9] }
  await record(samplesOf(0, latencies(90, 0)))
  for (let batch = 0; batch < 4; batch += 1) await record(samplesOf(1, latencies(150, batch)))
  await record(samplesOf(2, latencies(600, 1), { resolutionSeconds: 1 }))
  await record(samplesOf(3, latencies(120, 2), { resolutionSeconds: 1 }))
  await record(samplesOf(3, latencies(40, 3)))
  await record(samplesOf(4, [7, 7, 7]))
  await record(
    samplesOf(5, [11], { sampleCount: 1 + 1e-9, minimum: 1, maximum: 5, distribution: weights }),
  )
  await record(samplesOf(6, [12], { sampleCount: 9, minimum: 1, maximum: 8 }))
  await record(samplesOf(7, [-3, 4]))
  return { metric, record }
}

async function percentilesOf(
  metric: Pick<MetricSample, 'namespace' | 'metricName' | 'dimensions'>,
  { periodSeconds, isPicked }: { periodSeconds: number; isPicked: boolean },
) {
  const statistics = NAMES.flatMap((name) => readStatistic(name) ?? [])
  const needs = distributionNeeds(statistics)
  const periods = await readMetricPeriods(database, PLACE, {
    metric,
    periodSeconds,
    startTime: NOON,
    endTime: new Date(NOON.getTime() + HOUR_MS),
    needs: isPicked ? needs : 'distributions',
  })
  return periods.map((period) => statistics.map((statistic) => statistic.of(period)))
}

test('a percentile that Postgres finds is that of the distribution, to the last bit', async () => {
  const { metric, record } = await givenMinutes()
  const isSame = async (periodSeconds: number): Promise<number> => {
    const picked = await percentilesOf(metric, { periodSeconds, isPicked: true })
    assert.deepEqual(picked, await percentilesOf(metric, { periodSeconds, isPicked: false }))
    return picked.flat().filter((value) => value !== undefined).length
  }
  const rollUpAfter = (hours: number) =>
    rollUpMetrics({
      database,
      clock: createSteerableClock({
        setting: { at: new Date(NOON.getTime() + hours * HOUR_MS), since: new Date(0), speed: 0 },
      }),
    })

  assert.equal(await isSame(60), 6 * NAMES.length)
  assert.equal(await isSame(120), 3 * NAMES.length)
  await rollUpAfter(5)
  assert.equal(await isSame(60), 6 * NAMES.length)
  await record(samplesOf(2, latencies(30, 4)))
  await record(samplesOf(2, latencies(30, 5), { resolutionSeconds: 1 }))
  assert.equal(await isSame(60), 6 * NAMES.length)
  await rollUpAfter(16 * 24)
  // not where values are below zero or were never told
  assert.equal(await isSame(300), NAMES.length)
})

test('rows that were written before sums of counts were kept have the same percentiles', async () => {
  const { metric } = await givenMinutes()
  const before = await percentilesOf(metric, { periodSeconds: 60, isPicked: true })

  await database.query('update metric_point set counts_up_to = null')

  assert.deepEqual(await percentilesOf(metric, { periodSeconds: 60, isPicked: true }), before)
})
