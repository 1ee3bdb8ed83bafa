import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { type PutMetricAlarmInput, waitUntilAlarmExists } from '@aws-sdk/client-cloudwatch'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { describe, freezeInMinute, givenAlarm, inState, TOPIC } from './alarm-fixture.ts'

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
    [{ ...fine, MetricName: 'größe' }, /^MetricName must not contain Non-ASCII characters$/],
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
