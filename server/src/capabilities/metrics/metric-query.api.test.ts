import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { startServer } from '../../../../tests/support/server.ts'
import {
  from,
  givenMinutes,
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

test('GetMetricData aligns periods with its start and answers the newest first', async () => {
  const name = givenName()
  const at = lastMinute(server)
  await givenMinutes(cloudwatch, name, { values: [1, 2, undefined, 4, 5, 6], last: at })
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
  const at = lastMinute(server)
  await givenMinutes(cloudwatch, requests, { values: [10, 20, 40, undefined], last: at })
  await givenMinutes(cloudwatch, errors, { values: [1, undefined, 4, undefined], last: at })
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
  const at = lastMinute(server)
  await givenMinutes(cloudwatch, one, { values: [1, 2, 3, 4, 5], last: at })
  await givenMinutes(cloudwatch, other, { values: [6, 7], last: at })
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

test('SEARCH finds metrics by their names and dimensions, those that have samples in the time', async () => {
  const { Namespace } = givenName()
  const at = lastMinute(server)
  const put = (MetricName: string, Variant: string, back: number) =>
    cloudwatch.putMetricData({
      Namespace,
      MetricData: [
        {
          MetricName,
          Value: 1,
          Timestamp: from(at, -back * MINUTE_MS),
          Dimensions: [
            { Name: 'Endpoint', Value: 'churn' },
            { Name: 'Variant', Value: Variant },
          ],
        },
      ],
    })
  await put('ModelLatency', 'blue', 0)
  await put('ModelLatency', 'green', 1)
  await put('ModelErrors', 'blue', 0)
  await put('ModelLatency', 'old', 30)
  const ask = async (search: string) => {
    const { MetricDataResults } = await cloudwatch.getMetricData({
      StartTime: from(at, -5 * MINUTE_MS),
      EndTime: from(at, MINUTE_MS),
      MetricDataQueries: [{ Id: 'e1', Expression: `SEARCH('${search}', 'Sum', 60)` }],
    })
    return MetricDataResults?.map(({ Label, Id }) => `${Id} ${Label}`)
  }

  const schema = `{${Namespace},Endpoint,Variant}`
  assert.deepEqual(await ask(`${schema} latency`), ['e1 blue', 'e1 green'])
  assert.deepEqual(await ask(`${schema} Variant="blue"`), ['e1 ModelErrors', 'e1 ModelLatency'])
  assert.deepEqual(await ask(`${schema} Model NOT green`), ['e1 ModelErrors', 'e1 ModelLatency'])
  assert.deepEqual(await ask(`{${Namespace},Endpoint}`), [])
})
