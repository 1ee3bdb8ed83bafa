import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { testPostgres } from '../../../../tests/support/postgres.ts'
import { systemClock } from '../../base/clock.ts'
import { createLog } from '../../base/log.ts'
import { createSteerableClock } from '../../base/steerable-clock.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import { type MetricPeriod, readMetricPeriods, readStatistic } from '../metrics/index.ts'
import type { InvocationOutcome } from './invocation-meter.ts'
import { startMetricFeed } from './metric-feed.ts'
import { RouteTable } from './route-table.ts'

const ACCOUNT = '123456789012'
const log = createLog({}, { write: () => undefined })
const postgres = await testPostgres()
after(() => postgres[Symbol.asyncDispose]())

const START = new Date('2030-01-01T10:00:00Z')
const OUTCOME = {
  ...{ status: 200, isModelError: false, instances: 2 },
  ...{ overheadUs: 500, modelUs: 10_000, setupUs: undefined },
}

/** Gateways that count for one endpoint, on one frozen clock; Postgres can be taken away from them. */
async function setUp() {
  const url = await postgres.freshDatabase()
  const database = openDatabase({ url, connectionsMax: 4, log })
  const [row] = await database.query<{ realm: number }>(
    'insert into realm (account, began_at) values ($1, $2) returning realm',
    [ACCOUNT, START],
  )
  const place = { realm: row?.realm ?? 0, account: ACCOUNT, region: 'us-east-1' }
  const clock = createSteerableClock({
    setting: { at: START, since: systemClock.now(), speed: 0 },
  })
  let gateways = 0
  const startOne = async () => {
    const own = openDatabase({ url, connectionsMax: 2, log })
    let isAway = false
    const leaky: Database = {
      ...own,
      transaction: async (work) => {
        if (isAway) throw new Error('away')
        return own.transaction(work)
      },
    }
    const table = tableOf(place.realm)
    const gatewayId = `gateway-${gateways++}`
    const feed = startMetricFeed({ table, gatewayId, database: leaky, clock, log })
    const [kept] = table.meters.all()
    assert.ok(kept)
    const count = (more: Partial<InvocationOutcome> = {}): void =>
      kept.meter.count({ atMs: clock.now().getTime(), ...OUTCOME, ...more })
    return {
      feed,
      count,
      meter: kept.meter,
      away: (is: boolean) => {
        isAway = is
      },
      end: async () => {
        await feed[Symbol.asyncDispose]()
        await own.close()
      },
    }
  }
  const periods = (
    metricName: string,
    more: { configName?: string; periodSeconds?: number } = {},
  ): Promise<readonly MetricPeriod[]> =>
    readMetricPeriods(database, place, {
      metric: {
        namespace: 'AWS/SageMaker',
        metricName,
        dimensions: {
          EndpointName: 'e',
          VariantName: 'A',
          ...(more.configName !== undefined && { EndpointConfigName: more.configName }),
        },
      },
      periodSeconds: more.periodSeconds ?? 60,
      startTime: START,
      endTime: new Date(START.getTime() + 3_600_000),
      needs: 'distributions',
    })
  const put = (ms: number): void =>
    clock.steer({ at: new Date(START.getTime() + ms), since: systemClock.now(), speed: 0 })
  return { database, startOne, periods, put, end: () => database.close() }
}

function tableOf(realm: number): RouteTable {
  const table = new RouteTable()
  const replicas = ['1', '2'].map((replicaId) => ({
    replicaId,
    address: { unixSocket: `/${replicaId}` },
  }))
  const variants = [{ variantName: 'A', weight: 1, replicas }]
  const route = {
    ...{ account: ACCOUNT, region: 'us-east-1', endpointName: 'e', realm, version: 1 },
    endpointArn: `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/e`,
    fleets: [{ generation: 1, endpointConfigName: 'c', share: 1, variants }],
  }
  table.replace(1, [route])
  return table
}

test('what gateways count becomes AWS’s metrics, for the variant and for its configuration', async () => {
  const setting = await setUp()
  const [one, other] = [await setting.startOne(), await setting.startOne()]
  for (let index = 0; index < 98; index++) one.count()
  one.count({ status: 400, modelUs: undefined })
  other.count({ status: 500, isModelError: true, modelUs: 90_000 })
  setting.put(1_000)
  await one.feed.flush()
  await other.feed.flush()

  const sums: Record<string, number> = {}
  for (const name of ['Invocations', 'InvocationsPerInstance', 'Invocation4XXErrors']) {
    sums[name] = (await setting.periods(name))[0]?.sum ?? Number.NaN
  }
  assert.deepEqual(sums, {
    Invocations: 100,
    InvocationsPerInstance: 50,
    Invocation4XXErrors: 1,
  })
  const [errors] = await setting.periods('Invocation5XXErrors', { configName: 'c' })
  assert.ok(errors)
  assert.equal(readStatistic('Average')?.of(errors), 0.01)
  const [latency] = await setting.periods('ModelLatency')
  assert.ok(latency)
  assert.equal(latency.sampleCount, 99)
  assert.equal(latency.unit, 'Microseconds')
  assert.equal(readStatistic('Average')?.of(latency), (98 * 10_000 + 90_000) / 99)
  const p50 = readStatistic('p50')?.of(latency) ?? 0
  assert.ok(Math.abs(p50 - 10_000) < 200, `p50 ${p50}`)
  assert.equal(readStatistic('Maximum')?.of(latency), 90_000)
  await Promise.all([one.end(), other.end()])
  await setting.end()
})

test('what is counted while Postgres is away comes later, once', async () => {
  const setting = await setUp()
  const gateway = await setting.startOne()
  gateway.away(true)
  for (let second = 0; second < 300; second++) {
    setting.put(second * 1_000)
    gateway.count()
    if (second % 50 === 0) await gateway.feed.flush()
  }
  gateway.away(false)
  setting.put(300_000)
  await gateway.feed.flush()
  await gateway.feed.flush()
  await gateway.feed.flush()

  const periods = await setting.periods('Invocations')
  assert.deepEqual(
    periods.map(({ sum }) => sum),
    [60, 60, 60, 60, 60],
  )
  await gateway.end()
  await setting.end()
})

test('a clean stop stores the open second, too', async () => {
  const setting = await setUp()
  const gateway = await setting.startOne()
  gateway.count()
  await gateway.end()
  const [period] = await setting.periods('Invocations')
  assert.equal(period?.sum, 1)
  await setting.end()
})

test('concurrency is that of all gateways together, per instance, and told by one of them', async () => {
  const setting = await setUp()
  const [one, other] = [await setting.startOne(), await setting.startOne()]
  for (let index = 0; index < 3; index++) one.meter.enter(0)
  other.meter.enter(0)
  let second = 0
  await eventually(async () => {
    setting.put(++second * 1_000)
    await one.feed.flush()
    await other.feed.flush()
    const periods = await setting.periods('ConcurrentRequestsPerModel', { periodSeconds: 1 })
    const latest = periods.at(-1)
    assert.ok(latest)
    assert.equal(latest.sampleCount, 1)
    assert.ok(Math.abs(latest.sum - 2) < 0.01, `${latest.sum} per instance`)
    return true
  })
  await Promise.all([one.end(), other.end()])
  await setting.end()
})

test('an endpoint without requests says so, also for the time that the clock has leapt over', async () => {
  const setting = await setUp()
  const gateway = await setting.startOne()
  await gateway.feed.flush()
  setting.put(300_000)
  await gateway.feed.flush()

  const perInstance = await setting.periods('InvocationsPerInstance')
  assert.ok(perInstance.length >= 5)
  assert.ok(perInstance.every(({ sum }) => sum === 0))
  const concurrent = await setting.periods('ConcurrentRequestsPerModel', { periodSeconds: 10 })
  assert.ok(concurrent.length >= 30, `${concurrent.length} periods`)
  assert.ok(concurrent.every(({ sum }) => sum === 0))
  assert.deepEqual(await setting.periods('Invocations'), [])
  await gateway.end()
  await setting.end()
})
