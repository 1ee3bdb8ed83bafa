import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import {
  from,
  givenName,
  HOUR_MS,
  lastMinute,
  type MetricName,
  MINUTE_MS,
  query,
  refused,
} from './metrics-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server

test('GetMetricStatistics answers percentiles of what came as values, and none of statistic sets', async () => {
  const [values, set] = [givenName(), givenName()]
  const at = lastMinute(server)
  const to = (name: MetricName, datum: object) =>
    cloudwatch.putMetricData({
      Namespace: name.Namespace,
      MetricData: [{ MetricName: name.MetricName, Timestamp: at, ...datum }],
    })
  await to(values, { Values: Array.from({ length: 100 }, (_, index) => index + 1) })
  await to(set, { StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } })
  const ask = (name: MetricName) =>
    cloudwatch.getMetricStatistics({
      ...name,
      StartTime: at,
      EndTime: from(at, MINUTE_MS),
      Period: 60,
      ExtendedStatistics: ['p50', 'p99.5', 'tm90', 'PR(:25)'],
    })

  assert.deepEqual((await ask(values)).Datapoints, [
    {
      Timestamp: at,
      ExtendedStatistics: { p50: 50, 'p99.5': 100, tm90: 45.5, 'PR(:25)': 25 },
      Unit: 'None',
    },
  ])
  assert.deepEqual((await ask(set)).Datapoints, [])
})

test('GetMetricStatistics answers a data point for each unit, and GetMetricData says that there are several', async () => {
  const name = givenName()
  const at = lastMinute(server)
  const times = { StartTime: at, EndTime: from(at, MINUTE_MS) }
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: [
      { MetricName: name.MetricName, Timestamp: at, Value: 60, Unit: 'Seconds' },
      { MetricName: name.MetricName, Timestamp: at, Value: 60_000, Unit: 'Milliseconds' },
    ],
  })

  const { Datapoints } = await cloudwatch.getMetricStatistics({
    ...name,
    ...times,
    Period: 60,
    Statistics: ['Sum'],
  })
  const { MetricDataResults } = await cloudwatch.getMetricData({
    ...times,
    MetricDataQueries: [query(name)],
  })

  assert.deepEqual(Datapoints?.map(({ Unit, Sum }) => [Unit, Sum]).sort(), [
    ['Milliseconds', 60_000],
    ['Seconds', 60],
  ])
  // source: recorded from AWS by localstack/localstack, test_get_metric_data_different_units_no_unit_in_query
  assert.deepEqual(MetricDataResults?.[0]?.Values, [60_000])
  assert.deepEqual(MetricDataResults?.[0]?.Messages, [
    { Code: 'MultipleUnits', Value: "Multiple units returned: '[Milliseconds, Seconds]'" },
  ])
})

test('GetMetricStatistics refuses what AWS refuses', async () => {
  const name = givenName()
  const now = server.clock.now()
  const input = { ...name, StartTime: from(now, -HOUR_MS), EndTime: now, Period: 60 }
  const sum = { Statistics: ['Sum' as const] }

  await refused(
    cloudwatch.getMetricStatistics({ ...input, ...sum, StartTime: from(now, -1_441 * MINUTE_MS) }),
    'InvalidParameterCombination',
    /^You have requested up to 1,441 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.$/,
  )
  await refused(
    cloudwatch.getMetricStatistics(input),
    'InvalidParameterCombination',
    /Must specify either Statistics or ExtendedStatistics/,
  )
  await refused(
    cloudwatch.getMetricStatistics({ ...input, ExtendedStatistics: ['p95', 'x9'] }),
    'InvalidParameterValue',
    /The value x9 for parameter ExtendedStatistics is not supported/,
  )
  await refused(
    cloudwatch.getMetricStatistics({ ...input, ...sum, StartTime: now, EndTime: now }),
    'InvalidParameterValue',
    /^The parameter StartTime must not equal parameter EndTime.$/,
  )
  await refused(
    cloudwatch.getMetricStatistics({ ...input, ...sum, Period: 7 }),
    'InvalidParameterValue',
    /Period must be 1, 5, 10, 20, 30, or a multiple of 60/,
  )
})

test('ListMetrics filters by name and dimensions and by what is recently active', async () => {
  const name = givenName()
  const now = server.clock.now()
  const put = (dimensions: Record<string, string>, Timestamp: Date) =>
    cloudwatch.putMetricData({
      Namespace: name.Namespace,
      MetricData: [
        {
          MetricName: name.MetricName,
          Timestamp,
          Value: 1,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        },
      ],
    })
  await put({}, now)
  await put({ Variant: 'blue', Endpoint: 'a' }, now)
  await put({ Variant: 'green', Endpoint: 'a' }, from(now, -5 * HOUR_MS))
  const listed = async (more: object = {}): Promise<unknown> => {
    const { Metrics } = await cloudwatch.listMetrics({ Namespace: name.Namespace, ...more })
    return Metrics?.map(({ Dimensions }) => Dimensions?.map(({ Value }) => Value).join()).sort()
  }

  assert.deepEqual(await listed(), ['', 'a,blue', 'a,green'])
  assert.deepEqual(await listed({ Dimensions: [{ Name: 'Endpoint' }] }), ['a,blue', 'a,green'])
  assert.deepEqual(await listed({ Dimensions: [{ Name: 'Variant', Value: 'blue' }] }), ['a,blue'])
  assert.deepEqual(await listed({ Dimensions: [{ Name: 'Other' }] }), [])
  assert.deepEqual(await listed({ RecentlyActive: 'PT3H' }), ['', 'a,blue'])
  assert.deepEqual(await listed({ MetricName: 'Other' }), [])
  assert.deepEqual(await listed({ OwningAccount: '999999999999' }), [])
  const own = await cloudwatch.listMetrics({
    Namespace: name.Namespace,
    IncludeLinkedAccounts: true,
  })
  assert.deepEqual(
    own.OwningAccounts,
    Array.from({ length: 3 }, () => server.config.account),
  )
  assert.deepEqual(
    own.Metrics?.find(({ Dimensions }) => Dimensions?.length === 0),
    {
      ...name,
      Dimensions: [],
    },
  )
})

test('ListMetrics pages by 500', async () => {
  const Namespace = givenName().Namespace
  const data = Array.from({ length: 1_001 }, (_, index) => ({
    MetricName: `m${String(index).padStart(4, '0')}`,
    Value: 1,
  }))
  await cloudwatch.putMetricData({ Namespace, MetricData: data.slice(0, 1_000) })
  await cloudwatch.putMetricData({ Namespace, MetricData: data.slice(1_000) })

  const pages: string[][] = []
  let NextToken: string | undefined
  do {
    const page = await cloudwatch.listMetrics({ Namespace, NextToken })
    pages.push(page.Metrics?.map(({ MetricName = '' }) => MetricName) ?? [])
    NextToken = page.NextToken
  } while (NextToken !== undefined)

  assert.deepEqual(
    pages.map(({ length }) => length),
    [500, 500, 1],
  )
  assert.deepEqual(
    pages.flat(),
    data.map(({ MetricName }) => MetricName),
  )
  await refused(
    cloudwatch.listMetrics({ Namespace, NextToken: 'x' }),
    'InvalidParameterValue',
    /NextToken/,
  )
})

test('another region has metrics of its own', async () => {
  const name = givenName()
  const elsewhere = server.clients({ region: 'eu-west-1' }).cloudwatch
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: [{ MetricName: name.MetricName, Value: 1 }],
  })

  assert.deepEqual((await elsewhere.listMetrics({ Namespace: name.Namespace })).Metrics, [])
})

test('operations of CloudWatch that are not built say so', async () => {
  const work = cloudwatch.putAnomalyDetector({ ...givenName(), Stat: 'Average' })

  await refused(work, 'NotImplemented', /cloudwatch:PutAnomalyDetector is not built yet/)
})
