import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import {
  type PutMetricAlarmInput,
  paginateDescribeAlarmHistory,
  paginateDescribeAlarms,
  waitUntilAlarmExists,
} from '@aws-sdk/client-cloudwatch'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { describe, freezeInMinute, givenAlarm, historyOf, inState, TOPIC } from './alarm-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server
await freezeInMinute(server)

test('DescribeAlarms answers what PutMetricAlarm was given, and the state', async () => {
  const given: PutMetricAlarmInput = {
    AlarmName: `Latency of "x" – ${newShortId(8)}`,
    AlarmDescription: 'slow',
    ActionsEnabled: false,
    OKActions: [],
    AlarmActions: [TOPIC],
    MetricName: 'ModelLatency',
    Namespace: 'AWS/SageMaker',
    Statistic: 'Average',
    Dimensions: [
      { Name: 'EndpointName', Value: 'e' },
      { Name: 'VariantName', Value: 'AllTraffic' },
    ],
    Period: 60,
    Unit: 'Microseconds',
    EvaluationPeriods: 3,
    DatapointsToAlarm: 2,
    Threshold: 0.5,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  }
  await cloudwatch.putMetricAlarm({ ...given, Tags: [{ Key: 'team', Value: 'red' }] })
  await waitUntilAlarmExists(
    { client: cloudwatch, maxWaitTime: 10 },
    { AlarmNames: [given.AlarmName ?? ''] },
  )
  await inState(cloudwatch, given.AlarmName ?? '', 'OK')

  const found = await describe(cloudwatch, given.AlarmName ?? '')
  const { StateReason, StateReasonData, ...rest } = found
  const now = server.clock.now()
  assert.deepEqual(rest, {
    ...given,
    AlarmArn: `arn:aws:cloudwatch:us-east-1:${server.config.account}:alarm:${given.AlarmName}`,
    InsufficientDataActions: [],
    StateValue: 'OK',
    AlarmConfigurationUpdatedTimestamp: now,
    StateUpdatedTimestamp: now,
    StateTransitionedTimestamp: now,
  })
  const tags = await cloudwatch.listTagsForResource({ ResourceARN: found.AlarmArn })
  assert.deepEqual(tags.Tags, [{ Key: 'team', Value: 'red' }])
})

test('PutMetricAlarm refuses what does not go together, and makes nothing', async () => {
  const name = `refused-${newShortId(8)}`
  const fine: PutMetricAlarmInput = {
    AlarmName: name,
    Namespace: 'Test',
    MetricName: 'm',
    Statistic: 'Average',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  }
  const stat = (Id: string, Period = 60) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'Test', MetricName: Id }, Period, Stat: 'Sum' },
    ReturnData: false,
  })
  const maths = (Metrics: PutMetricAlarmInput['Metrics']): PutMetricAlarmInput => ({
    AlarmName: name,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    Metrics,
  })
  const { MetricName: _, ...nameless } = fine
  const { Statistic: __, ...noStatistic } = fine
  const { Threshold: ___, ...noThreshold } = fine
  const refusals: readonly [PutMetricAlarmInput, RegExp][] = [
    [nameless, /^MetricName must not be null$/],
    [{ ...fine, Period: undefined }, /^Period must not be null$/],
    [noStatistic, /^Exactly one of Statistic and ExtendedStatistic must be specified$/],
    [{ ...fine, ExtendedStatistic: 'p90' }, /^Exactly one of Statistic and ExtendedStatistic/],
    [
      { ...noStatistic, ExtendedStatistic: 'p101' },
      /^The value p101 for parameter ExtendedStatistic is not supported/,
    ],
    [noThreshold, /^Threshold must not be null$/],
    [{ ...fine, Threshold: Number.NaN }, /^Threshold is NaN: it must be a finite number$/],
    [{ ...fine, Threshold: Infinity }, /^Threshold is Infinity: it must be a finite number$/],
    [{ ...fine, EvaluationPeriods: undefined }, /^EvaluationPeriods must not be null$/],
    [{ ...fine, ComparisonOperator: undefined }, /^ComparisonOperator must not be null$/],
    [{ ...fine, Period: 15 }, /^Period must be 10, 20, 30 or a multiple of 60, and is 15$/],
    [{ ...fine, Period: 90 }, /^Period must be 10, 20, 30 or a multiple of 60, and is 90$/],
    [
      { ...fine, DatapointsToAlarm: 2 },
      /^DatapointsToAlarm must be less than or equal to EvaluationPeriods$/,
    ],
    [
      { ...fine, EvaluationPeriods: 1441 },
      /^Metrics cannot be checked across more than a day \(EvaluationPeriods \* Period must be <= 86400\)$/,
    ],
    [{ ...fine, Period: 3600, EvaluationPeriods: 169 }, /more than a week/],
    [{ ...fine, TreatMissingData: 'forget' }, /^TreatMissingData is forget: it must be one of/],
    [
      { ...fine, EvaluateLowSampleCountPercentile: 'no' },
      /^EvaluateLowSampleCountPercentile is no/,
    ],
    [{ ...fine, AlarmActions: ['mail me'] }, /^Invalid arn syntax: mail me$/],
    [
      { ...fine, OKActions: ['arn:aws:sns:eu-west-1:1:t'] },
      /^Invalid region eu-west-1 specified\. Only us-east-1 is supported\.$/,
    ],
    [{ ...fine, AlarmName: 'line\nbreak' }, /control characters/],
    [
      {
        ...fine,
        Dimensions: [
          { Name: 'a', Value: '1' },
          { Name: 'a', Value: '2' },
        ],
      },
      /dimension a is given more than once/,
    ],
    [
      { ...fine, ComparisonOperator: 'GreaterThanUpperThreshold', ThresholdMetricId: 'ad1' },
      /^An alarm on anomaly detection is not supported by this platform/,
    ],
    [
      maths([{ Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1)' }, stat('m1')]),
      /^An alarm on anomaly detection is not supported/,
    ],
    [
      { ...fine, EvaluationCriteria: { PromQLCriteria: { Query: 'up' } } },
      /^EvaluationCriteria \(PromQL\) is not supported/,
    ],
    [{ ...fine, EvaluationWindow: { WallClockWindow: {} } }, /^A WallClockWindow is not supported/],
    [{ ...fine, Metrics: [stat('m1')] }, /must not be specified when Metrics is/],
    [maths([stat('m1')]), /^Exactly one element of the metrics list should return data\.$/],
    [
      maths([
        { Id: 'e1', Expression: 'm1' },
        { ...stat('m1'), ReturnData: true },
      ]),
      /^Exactly one element/,
    ],
    [
      maths([{ Id: 'e1', Expression: 'm1+m2' }, stat('m1'), stat('m2', 120)]),
      /^Period must be the same/,
    ],
    [
      maths([{ Id: 'e1', Expression: 'm1' }, stat('m1'), stat('m1')]),
      /^The Id m1 is given more than once/,
    ],
    [maths([{ Id: 'e1' }, stat('m1')]), /^Exactly one of Expression and MetricStat/],
    [maths([{ Id: 'E1', Expression: 'm1' }, stat('m1')]), /^The Id E1 must be/],
    [
      maths([{ Id: 'e1', Expression: "SEARCH('x', 'Sum')" }, stat('m1')]),
      /^The expression e1 has no one time series/,
    ],
    [maths([{ Id: 'e1', Expression: 'm1 +' }, stat('m1')]), /e1/],
    [maths([{ Id: 'e1', Expression: 'METRICS()' }, stat('m1'), stat('m2')]), /one time series/],
    [
      {
        ...maths([{ Id: 'e1', Expression: 'm1' }, stat('m1')]),
        AlarmActions: ['arn:aws:automate:us-east-1:ec2:stop'],
      },
      /^Alarms based on metric math expressions cannot perform the action/,
    ],
    [{ ...fine, Tags: [{ Key: 'aws:x', Value: '' }] }, /aws:/],
  ]
  for (const [input, message] of refusals) {
    await assert.rejects(
      cloudwatch.putMetricAlarm(input),
      { name: 'ValidationException', message },
      String(message),
    )
  }
  const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNamePrefix: name })
  assert.deepEqual(MetricAlarms, [])
})

test('DescribeAlarms filters by prefix, names, state, action and type, and pages in the order of names', async () => {
  const prefix = `page-${newShortId(8)}`
  const names = Array.from({ length: 7 }, (_, index) => `${prefix}-${index}`)
  for (const [index, AlarmName] of names.entries()) {
    const AlarmActions = index === 3 ? [`${TOPIC}-3`] : []
    await givenAlarm(server, { AlarmName, AlarmActions, TreatMissingData: 'ignore' })
  }
  await cloudwatch.putCompositeAlarm({ AlarmName: `${prefix}-c`, AlarmRule: `OK(${names[0]})` })
  await cloudwatch.setAlarmState({ AlarmName: names[5], StateValue: 'ALARM', StateReason: 'test' })
  const found = async (filter: object): Promise<string[]> => {
    const all: string[] = []
    const pages = paginateDescribeAlarms({ client: cloudwatch, pageSize: 3 }, { ...filter })
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
      all.push(...[...MetricAlarms, ...CompositeAlarms].map(({ AlarmName = '' }) => AlarmName))
    }
    return all
  }

  assert.deepEqual(await found({ AlarmNamePrefix: prefix }), names)
  assert.deepEqual(await found({ AlarmNamePrefix: prefix, AlarmTypes: ['CompositeAlarm'] }), [
    `${prefix}-c`,
  ])
  assert.deepEqual(
    await found({ AlarmNamePrefix: prefix, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    [...names, `${prefix}-c`],
  )
  assert.deepEqual(await found({ AlarmNamePrefix: prefix, StateValue: 'ALARM' }), [names[5]])
  assert.deepEqual(await found({ AlarmNamePrefix: prefix, ActionPrefix: `${TOPIC}-` }), [names[3]])
  assert.deepEqual(await found({ AlarmNames: [names[2], 'never-made', names[1]] }), [
    names[1],
    names[2],
  ])
  await assert.rejects(cloudwatch.describeAlarms({ NextToken: 'nonsense' }), {
    name: /InvalidNextToken/,
  })
  await assert.rejects(cloudwatch.describeAlarms({ AlarmNames: ['a'], AlarmNamePrefix: 'a' }), {
    name: /InvalidParameterCombination/,
  })
})

test('DescribeAlarmsForMetric answers alarms on exactly that metric', async () => {
  const Dimensions = [
    { Name: 'b', Value: '2' },
    { Name: 'a', Value: '1' },
  ]
  const alarm = await givenAlarm(server, { Dimensions })
  const { MetricName = '', Namespace = '' } = alarm.input
  await givenAlarm(server, { MetricName, Dimensions: [] })
  const found = async (filter: object) => {
    const answer = await cloudwatch.describeAlarmsForMetric({ MetricName, Namespace, ...filter })
    return answer.MetricAlarms?.map(({ AlarmName }) => AlarmName)
  }

  assert.deepEqual(await found({ Dimensions: Dimensions.toReversed() }), [alarm.name])
  assert.deepEqual(await found({ Dimensions, Statistic: 'Maximum', Period: 60 }), [alarm.name])
  assert.deepEqual(await found({ Dimensions, Statistic: 'Sum' }), [])
  assert.deepEqual(await found({ Dimensions, Unit: 'Count' }), [])
  assert.equal((await found({}))?.length, 1)
})

test('DescribeAlarmHistory tells all that happened, in both orders, by type and page, after the end too', async () => {
  const alarm = await givenAlarm(server, { AlarmActions: [TOPIC] })
  await inState(cloudwatch, alarm.name, 'INSUFFICIENT_DATA')
  await cloudwatch.setAlarmState({
    AlarmName: alarm.name,
    StateValue: 'ALARM',
    StateReason: 'testing purposes',
  })
  await server.advance(1_000)
  await cloudwatch.putMetricAlarm({ ...alarm.input, AlarmDescription: 'changed' })
  await server.advance(1_000)
  await cloudwatch.deleteAlarms({ AlarmNames: [alarm.name] })

  const summaries = await historyOf(cloudwatch, alarm.name)
  assert.equal(summaries[0], `Alarm "${alarm.name}" created`)
  assert.equal(summaries[1], 'Alarm updated from INSUFFICIENT_DATA to ALARM')
  assert.match(summaries[2] ?? '', /^Failed to execute action/)
  assert.equal(summaries[3], `Alarm "${alarm.name}" updated`)
  assert.equal(summaries.at(-1), `Alarm "${alarm.name}" deleted`)

  const paged: string[] = []
  const pages = paginateDescribeAlarmHistory(
    { client: cloudwatch, pageSize: 2 },
    { AlarmName: alarm.name, ScanBy: 'TimestampDescending' },
  )
  for await (const { AlarmHistoryItems = [] } of pages) {
    paged.push(...AlarmHistoryItems.map(({ HistorySummary = '' }) => HistorySummary))
  }
  assert.deepEqual(paged.toReversed(), summaries)

  const items = async (filter: object) =>
    (await cloudwatch.describeAlarmHistory({ AlarmName: alarm.name, ...filter }))
      .AlarmHistoryItems ?? []
  const [change] = await items({ HistoryItemType: 'StateUpdate', ScanBy: 'TimestampAscending' })
  assert.deepEqual(JSON.parse(change?.HistoryData ?? ''), {
    version: '1.0',
    oldState: { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation' },
    newState: { stateValue: 'ALARM', stateReason: 'testing purposes' },
  })
  const [made] = await items({
    HistoryItemType: 'ConfigurationUpdate',
    ScanBy: 'TimestampAscending',
  })
  const { type, createdAlarm } = JSON.parse(made?.HistoryData ?? '')
  assert.deepEqual(
    [type, createdAlarm.alarmName, createdAlarm.threshold, createdAlarm.okactions],
    ['Create', alarm.name, 10, []],
  )
  assert.deepEqual(await items({ StartDate: new Date(server.clock.now().getTime() + 1) }), [])
  await assert.rejects(items({ NextToken: 'nonsense' }), { name: /InvalidNextToken/ })
})

test('SetAlarmState refuses an alarm that is not there and data that is not JSON', async () => {
  const { name } = await givenAlarm(server)
  const set = (AlarmName: string, StateReasonData?: string) =>
    cloudwatch.setAlarmState({
      AlarmName,
      StateValue: 'OK',
      StateReason: '',
      ...(StateReasonData === undefined ? {} : { StateReasonData }),
    })

  await assert.rejects(set('never-made'), { name: 'ResourceNotFound' })
  await assert.rejects(set(name, '{'), { name: /InvalidFormat/ })
})

test('tags of an alarm can be changed, and go with it', async () => {
  const { name } = await givenAlarm(server, { Tags: [{ Key: 'a', Value: '1' }] })
  const { AlarmArn: ResourceARN } = await describe(cloudwatch, name)
  await cloudwatch.tagResource({ ResourceARN, Tags: [{ Key: 'b', Value: '2' }] })
  await cloudwatch.untagResource({ ResourceARN, TagKeys: ['a'] })
  const { Tags } = await cloudwatch.listTagsForResource({ ResourceARN })
  await cloudwatch.deleteAlarms({ AlarmNames: [name] })

  assert.deepEqual(Tags, [{ Key: 'b', Value: '2' }])
  await assert.rejects(cloudwatch.listTagsForResource({ ResourceARN }), {
    name: /ResourceNotFound/,
  })
})

test('alarms of one region and of another are apart', async () => {
  const { name } = await givenAlarm(server)
  const elsewhere = server.clients({ region: 'eu-west-1' }).cloudwatch

  assert.deepEqual((await elsewhere.describeAlarms({ AlarmNames: [name] })).MetricAlarms, [])
})
