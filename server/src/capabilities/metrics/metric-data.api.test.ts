import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { PutMetricDataInput } from '@aws-sdk/client-cloudwatch'
import { startServer } from '../../../../tests/support/server.ts'
import {
  from,
  givenName,
  HOUR_MS,
  lastMinute,
  MINUTE_MS,
  query,
  refused,
} from './metrics-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server

test('PutMetricData takes values, values with counts, and statistic sets', async () => {
  const name = givenName()
  const at = lastMinute(server)
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: [
      { ...name, Timestamp: at, Unit: 'Seconds', Value: 4 },
      { ...name, Timestamp: at, Unit: 'Seconds', Values: [1, 10], Counts: [2, 1] },
      { ...name, Timestamp: at, Unit: 'Seconds', Values: [7] },
      {
        ...name,
        Timestamp: from(at, 59_999),
        Unit: 'Seconds',
        StatisticValues: { SampleCount: 2, Sum: 12, Minimum: 6, Maximum: 6 },
      },
    ],
  })

  const { Datapoints, Label } = await cloudwatch.getMetricStatistics({
    ...name,
    StartTime: at,
    EndTime: from(at, MINUTE_MS),
    Period: 60,
    Statistics: ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'],
  })

  assert.equal(Label, 'Latency')
  assert.deepEqual(Datapoints, [
    {
      Timestamp: at,
      SampleCount: 7,
      Sum: 35,
      Average: 5,
      Minimum: 1,
      Maximum: 10,
      Unit: 'Seconds',
    },
  ])
})

test('high-resolution samples are read by the second', async () => {
  const name = givenName()
  const at = lastMinute(server)
  const datum = { MetricName: name.MetricName, StorageResolution: 1 }
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: [0, 1, 12, 30].map((second) => ({
      ...datum,
      Value: second,
      Timestamp: from(at, second * 1_000),
    })),
  })
  const ask = (Period: number) =>
    cloudwatch.getMetricData({
      StartTime: at,
      EndTime: from(at, MINUTE_MS),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [query(name, { Period })],
    })

  const seconds = (await ask(1)).MetricDataResults?.[0]
  assert.deepEqual(seconds?.Values, [0, 1, 12, 30])
  assert.deepEqual(
    seconds?.Timestamps?.map((one) => one.getTime() - at.getTime()),
    [0, 1_000, 12_000, 30_000],
  )
  assert.deepEqual((await ask(10)).MetricDataResults?.[0]?.Values, [1, 12, 30])
  assert.deepEqual((await ask(60)).MetricDataResults?.[0]?.Values, [43])
})

test('PutMetricData without a timestamp is about now', async () => {
  const name = givenName()
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: [{ MetricName: name.MetricName, Value: 3 }],
  })

  const now = server.clock.now()
  const { MetricDataResults } = await cloudwatch.getMetricData({
    StartTime: from(now, -2 * MINUTE_MS),
    EndTime: from(now, MINUTE_MS),
    MetricDataQueries: [query(name)],
  })

  assert.deepEqual(MetricDataResults?.[0]?.Values, [3])
  assert.equal(MetricDataResults?.[0]?.StatusCode, 'Complete')
})

test('PutMetricData tells all faults of one kind at once, and stores nothing then', async () => {
  const name = givenName()
  const now = server.clock.now()
  const { MetricName } = name
  const put = (...data: NonNullable<PutMetricDataInput['MetricData']>) =>
    cloudwatch.putMetricData({ Namespace: name.Namespace, MetricData: data })
  const set = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 }
  const old = from(now, -15 * 24 * HOUR_MS)

  // source: the service's own words, as clients' issues and the tests of moto and LocalStack quote them
  await refused(
    put({ MetricName, Value: 1 }, { MetricName, Value: 1, Timestamp: old }),
    'InvalidParameterValue',
    /^The parameter MetricData.member.2.Timestamp must specify a time within the past two weeks.$/,
  )
  await refused(
    put(
      { MetricName, Value: 1, Timestamp: old },
      { MetricName, Value: 1, Timestamp: from(now, 3 * HOUR_MS) },
    ),
    'InvalidParameterValue',
    /member.1.Timestamp must .* two weeks.\nThe parameter .*member.2.Timestamp must .* two hours in the future/,
  )
  await refused(
    put({ MetricName, Value: 1.5, Values: [1] }),
    'InvalidParameterCombination',
    /^The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.$/,
  )
  await refused(
    put({ MetricName, Value: 1.5, StatisticValues: set }),
    'InvalidParameterCombination',
    /member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive/,
  )
  await refused(
    put({ MetricName, Values: [1, 10], Counts: [2, 4, 5] }),
    'InvalidParameterValue',
    /^The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.$/,
  )
  await refused(
    put({ MetricName, Value: Number.NaN }),
    'InvalidParameterValue',
    /^The value NaN for parameter MetricData.member.1.Value is invalid.$/,
  )
  await refused(put({ MetricName, Value: -Infinity }), 'InvalidParameterValue', /-Infinity/)
  await refused(put({ MetricName, Value: 2 ** 361 }), 'InvalidParameterValue', /is invalid/)
  await refused(put({ MetricName }), 'MissingParameter', /MetricData.member.1.Value is required/)
  await refused(put(), 'MissingParameter', /^The parameter MetricData is required.$/)
  await refused(
    put({ MetricName, Value: 1, StorageResolution: 5 }),
    'InvalidParameterValue',
    /StorageResolution must be a value in the set \[ 1, 60 \]/,
  )
  await refused(
    put({ MetricName, StatisticValues: { ...set, Minimum: 2 } }),
    'InvalidParameterValue',
    /Maximum must be greater than or equal to Minimum/,
  )
  await refused(
    put({
      MetricName,
      Value: 1,
      Dimensions: [
        { Name: 'a', Value: 'b' },
        { Name: 'a', Value: 'c' },
      ],
    }),
    'InvalidParameterValue',
    /The value a for parameter MetricData.member.1.Dimensions.member.2.Name is a duplicate/,
  )
  await refused(
    put({ MetricName: 'größe', Value: 1, Dimensions: [{ Name: 'a', Value: 'ä' }] }),
    'InvalidParameterValue',
    /^The value for parameter MetricData.member.1.MetricName contains non-ASCII characters.\nThe value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters.$/,
  )
  await refused(
    put({
      MetricName,
      Value: 1,
      Dimensions: Array.from({ length: 31 }, (_, index) => ({ Name: `d${index}`, Value: 'x' })),
    }),
    'ValidationError',
    /dimensions' failed to satisfy constraint: Member must have length less than or equal to 30/,
  )
  await refused(
    put(...Array.from({ length: 1_001 }, () => ({ MetricName, Value: 1 }))),
    'InvalidParameterValue',
    /^The collection MetricData must not have a size greater than 1000.$/,
  )
  await refused(
    put({ MetricName, Values: Array.from({ length: 151 }, () => 1) }),
    'InvalidParameterValue',
    /Values must not have a size greater than 150/,
  )
  await refused(
    cloudwatch.putMetricData({ Namespace: 'AWS/Mine', MetricData: [{ MetricName, Value: 1 }] }),
    'InvalidParameterValue',
    /^The value AWS\/ for parameter Namespace is invalid.$/,
  )

  const { Metrics } = await cloudwatch.listMetrics({ Namespace: name.Namespace })
  assert.deepEqual(Metrics, [])
})

test('PutMetricData takes a thousand metrics, compressed, and those of entities', async () => {
  const name = givenName()
  const at = lastMinute(server)
  const data = Array.from({ length: 1_000 }, (_, index) => ({
    MetricName: name.MetricName,
    Dimensions: [{ Name: 'Index', Value: String(index % 4) }],
    Timestamp: at,
    Values: Array.from({ length: 50 }, (_value, value) => value),
  }))

  await cloudwatch.putMetricData({ Namespace: name.Namespace, MetricData: data })
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    EntityMetricData: [{ MetricData: [{ MetricName: name.MetricName, Value: 1, Timestamp: at }] }],
  })

  const times = { StartTime: at, EndTime: from(at, MINUTE_MS) }
  const search = `SUM(SEARCH('{${name.Namespace},Index}', 'SampleCount', 60))`
  const { MetricDataResults } = await cloudwatch.getMetricData({
    ...times,
    MetricDataQueries: [{ Id: 'all', Expression: search }, query(name)],
  })
  assert.deepEqual(MetricDataResults?.[0]?.Values, [50_000])
  assert.deepEqual(MetricDataResults?.[1]?.Values, [1])
})
