import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { newShortId } from '../../base/ids.ts'
import { startHost } from '../hosting/hosting-fixture.ts'
import { givenScaled, newestActivity, reportEachMinute, unregistered } from './scaling-fixture.ts'

const host = await startHost()
after(() => host.close())
const shared = await givenScaled(host)
await host.server.steering.freeze()

test('a step policy goes by how far the alarm of a user is beyond its threshold', async () => {
  const { cloudwatch } = host.server
  const scaled = await unregistered(host, shared)
  const MetricName = `m-${newShortId(6)}`
  await scaled.register({ MinCapacity: 1, MaxCapacity: 5 })
  const { arn, name } = await scaled.putPolicy({
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      MetricAggregationType: 'Average',
      Cooldown: 300,
      StepAdjustments: [
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: 10, ScalingAdjustment: 2 },
      ],
    },
  })
  const AlarmName = `alarm-${newShortId(6)}`
  await cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'test',
    MetricName,
    Statistic: 'Average',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 50,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'missing',
    AlarmActions: [arn],
  })

  await reportEachMinute(host.server, { metricName: MetricName, value: 55, minutes: 2 })
  await scaled.hasCount(2)
  assert.equal(
    (await newestActivity(scaled)).Cause,
    `monitor alarm ${AlarmName} in state ALARM triggered policy ${name}`,
  )
  // of the two that are now asked for one is there
  await reportEachMinute(host.server, { metricName: MetricName, value: 65, minutes: 2 })
  await scaled.hasCount(3)
})

test('an alarm that is set by hand calls its step policy, once', async () => {
  const { cloudwatch } = host.server
  const scaled = await unregistered(host, shared)
  await scaled.register({ MinCapacity: 1, MaxCapacity: 5 })
  const { arn } = await scaled.putPolicy({
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      Cooldown: 0,
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
    },
  })
  const AlarmName = `alarm-${newShortId(6)}`
  await cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'test',
    MetricName: AlarmName,
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    AlarmActions: [arn],
  })

  await cloudwatch.setAlarmState({ AlarmName, StateValue: 'ALARM', StateReason: 'by hand' })

  await scaled.hasCount(2)
  await cloudwatch.setAlarmState({ AlarmName, StateValue: 'OK', StateReason: 'by hand' })
  await host.server.advance(120_000)
  assert.equal(await scaled.count(), 2)
})
