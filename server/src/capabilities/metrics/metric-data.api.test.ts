import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { CloudWatch, MetricDataQuery, PutMetricDataInput } from '@aws-sdk/client-cloudwatch'
import { startServer, type TestServer } from '../../../../tests/support/server.ts'
import { newHexId } from '../../base/ids.ts'

let server: TestServer
let cloudwatch: CloudWatch

before(async () => {
  server = await startServer()
  cloudwatch = server.cloudwatch
})
after(() => server.close())

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The last whole minute. */
const lastMinute = (): Date =>
  new Date(Math.floor(server.clock.now().getTime() / MINUTE_MS) * MINUTE_MS - MINUTE_MS)
const from = (at: Date, ms: number): Date => new Date(at.getTime() + ms)

function givenName() {
  return { Namespace: `Tests/${newHexId(8)}`, MetricName: 'Latency' }
}

/** Puts a value for each minute up to `last`, undefined where there is none. */
async function givenMinutes(
  name: ReturnType<typeof givenName>,
  values: readonly (number | undefined)[],
  last: Date,
): Promise<void> {
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: values.flatMap((Value, index) =>
      Value === undefined
        ? []
        : [
            {
              MetricName: name.MetricName,
              Value,
              Timestamp: from(last, (index - values.length + 1) * MINUTE_MS),
            },
          ],
    ),
  })
}

function query(
  name: ReturnType<typeof givenName>,
  more: { Id?: string; Stat?: string; Period?: number } & Partial<MetricDataQuery> = {},
): MetricDataQuery {
  const { Stat = 'Sum', Period = 60, ...rest } = more
  return { Id: 'm1', MetricStat: { Metric: name, Period, Stat }, ...rest }
}

async function refused(work: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: Error & { Code?: string }) => {
    assert.equal(error.Code ?? error.name, code)
    assert.match(error.message, message)
    return true
  })
}

test('PutMetricData takes values, values with counts, and statistic sets', async () => {
  const name = givenName()
  const at = lastMinute()
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

test('GetMetricStatistics answers percentiles of what came as values, and none of statistic sets', async () => {
  const [values, set] = [givenName(), givenName()]
  const at = lastMinute()
  const to = (name: ReturnType<typeof givenName>, datum: object) =>
    cloudwatch.putMetricData({
      Namespace: name.Namespace,
      MetricData: [{ MetricName: name.MetricName, Timestamp: at, ...datum }],
    })
  await to(values, { Values: Array.from({ length: 100 }, (_, index) => index + 1) })
  await to(set, { StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } })
  const ask = (name: ReturnType<typeof givenName>) =>
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
  const at = lastMinute()
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

test('high-resolution samples are read by the second', async () => {
  const name = givenName()
  const at = lastMinute()
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
  const at = lastMinute()
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

test('GetMetricData aligns periods with its start and answers the newest first', async () => {
  const name = givenName()
  const at = lastMinute()
  await givenMinutes(name, [1, 2, undefined, 4, 5, 6], at)
  const start = from(at, -5 * MINUTE_MS)

  const { MetricDataResults, Messages } = await cloudwatch.getMetricData({
    StartTime: from(start, 42_000),
    EndTime: from(at, MINUTE_MS),
    MetricDataQueries: [query(name, { Period: 120 }), query(name, { Id: 'm2', Stat: 'Average' })],
  })

  assert.deepEqual(MetricDataResults?.[0], {
    Id: 'm1',
    Label: 'Latency Sum 120',
    Timestamps: [from(start, 4 * MINUTE_MS), from(start, 2 * MINUTE_MS), start],
    Values: [11, 4, 3],
    StatusCode: 'Complete',
  })
  assert.deepEqual(MetricDataResults?.[1]?.Values, [6, 5, 4, 2, 1])
  assert.equal(MetricDataResults?.[1]?.Label, 'Latency Average 60')
  assert.deepEqual(Messages, [])
})

test('GetMetricData evaluates expressions over metrics and over each other', async () => {
  const [requests, errors] = [givenName(), givenName()]
  const at = lastMinute()
  await givenMinutes(requests, [10, 20, 40, undefined], at)
  await givenMinutes(errors, [1, undefined, 4, undefined], at)
  const expression = (Id: string, Expression: string, more: Partial<MetricDataQuery> = {}) => ({
    Id,
    Expression,
    ...more,
  })

  const { MetricDataResults } = await cloudwatch.getMetricData({
    StartTime: from(at, -3 * MINUTE_MS),
    EndTime: from(at, MINUTE_MS),
    ScanBy: 'TimestampAscending',
    MetricDataQueries: [
      expression('rate', '100 * errors / requests', { Label: 'Error rate' }),
      query(requests, { Id: 'requests', ReturnData: false }),
      query(errors, { Id: 'errors', ReturnData: false }),
      expression('high', 'IF(rate > 5, 1, 0)'),
      expression('filled', 'FILL(METRICS("r"), 0)', { Label: 'Filled' }),
      expression('dynamic', 'requests', {
        Label: ['max $', '{MAX}, $', '{LABEL} of $', '{PROP("Region")}'].join(''),
      }),
    ],
  })

  assert.deepEqual(
    MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values]),
    [
      ['rate', 'Error rate', [10, 0, 10]],
      ['high', 'high', [1, 0, 1]],
      ['filled', 'Filled Latency', [10, 20, 40, 0]],
      ['filled', 'Filled Latency', [1, 0, 4, 0]],
      ['dynamic', `max 40, dynamic of ${server.config.region}`, [10, 20, 40]],
    ],
  )
})

test('GetMetricData pages by MaxDatapoints', async () => {
  const [one, other] = [givenName(), givenName()]
  const at = lastMinute()
  await givenMinutes(one, [1, 2, 3, 4, 5], at)
  await givenMinutes(other, [6, 7], at)
  const input = {
    StartTime: from(at, -4 * MINUTE_MS),
    EndTime: from(at, MINUTE_MS),
    MaxDatapoints: 3,
    MetricDataQueries: [query(one), query(other, { Id: 'm2' })],
  }

  const first = await cloudwatch.getMetricData(input)
  const second = await cloudwatch.getMetricData({ ...input, NextToken: first.NextToken })
  const third = await cloudwatch.getMetricData({ ...input, NextToken: second.NextToken })

  const shown = ({ MetricDataResults }: typeof first) =>
    MetricDataResults?.map(({ Id, Values, StatusCode }) => [Id, Values, StatusCode])
  assert.deepEqual(shown(first), [['m1', [5, 4, 3], 'PartialData']])
  assert.deepEqual(shown(second), [
    ['m1', [2, 1], 'Complete'],
    ['m2', [7], 'PartialData'],
  ])
  assert.deepEqual(shown(third), [['m2', [6], 'Complete']])
  assert.equal(third.NextToken, undefined)
  await refused(
    cloudwatch.getMetricData({
      ...input,
      ScanBy: 'TimestampAscending',
      NextToken: first.NextToken,
    }),
    'InvalidNextToken',
    /NextToken is not valid/,
  )
})

test('GetMetricData refuses queries that cannot be answered, with all that is wrong', async () => {
  const name = givenName()
  const now = server.clock.now()
  const times = { StartTime: from(now, -HOUR_MS), EndTime: now }
  const ask = (...queries: MetricDataQuery[]) =>
    cloudwatch.getMetricData({ ...times, MetricDataQueries: queries })
  const expression = (Id: string, Expression: string) => ({ Id, Expression })

  // source: the service's own words, as clients' issues quote them
  await refused(
    ask(query(name, { Stat: 'None' }), query(name, { Id: 'm2', Stat: 'p101' })),
    'ValidationError',
    /^The value None for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.\nThe value p101 for parameter MetricDataQueries.member.2/,
  )
  await refused(
    ask(query(name, { Id: 'M1' })),
    'ValidationError',
    /^The value M1 for parameter MetricDataQueries.member.1.Id is not matching the expected pattern/,
  )
  await refused(
    cloudwatch.getMetricData({ MetricDataQueries: [query(name)], StartTime: now, EndTime: now }),
    'ValidationError',
    /^The parameter StartTime must not equal parameter EndTime.$/,
  )
  const backwards = { StartTime: now, EndTime: from(now, -HOUR_MS) }
  await refused(
    cloudwatch.getMetricData({ MetricDataQueries: [query(name)], ...backwards }),
    'ValidationError',
    /StartTime must be less than the parameter EndTime/,
  )
  await refused(ask({ Id: 'm1' }), 'ValidationError', /member.1.MetricStat is required/)
  await refused(
    ask(query(name), query(name)),
    'ValidationError',
    /must be unique: 'm1' comes twice/,
  )
  await refused(ask(query(name, { Period: 45 })), 'ValidationError', /multiple of 60/)
  await refused(
    ask({ ...query(name), Expression: '1' }),
    'ValidationError',
    /Expression and .*MetricStat are mutually exclusive/,
  )
  const faults: readonly (readonly [string, RegExp])[] = [
    ['m1 +', /^Error in expression 'e1': the expression ends at 4/],
    ['m9', /there is no query of the id m9/],
    ['e1 + 1', /the expression e1 refers to itself/],
    ['AVG(m1)', /comes to a single number: the result must be a time series/],
    ['SEARCH("{a", "Sum", 60)', /^Error in expression 'e1'/],
    ["SEARCH('{a}', 'Sum', 7)", /period of 1, 5, 10/],
  ]
  for (const [text, message] of faults) {
    await refused(ask(query(name), expression('e1', text)), 'ValidationError', message)
  }
  const notBuilt: readonly (readonly [string, RegExp])[] = [
    ['ANOMALY_DETECTION_BAND(m1)', /The function ANOMALY_DETECTION_BAND is not built yet/],
    ['SELECT AVG(x) FROM "y"', /Metrics Insights are not built yet/],
  ]
  for (const [text, message] of notBuilt) {
    await refused(ask(query(name), expression('e1', text)), 'NotImplemented', message)
  }
  await refused(
    ask({ ...query(name), AccountId: '999999999999' }),
    'ValidationError',
    /account 999999999999 of the query m1 is not linked/,
  )
  await refused(
    cloudwatch.getMetricData({ ...times, MetricDataQueries: [query(name)], MaxDatapoints: 0 }),
    'ValidationError',
    /between 1 and 100800/,
  )
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
