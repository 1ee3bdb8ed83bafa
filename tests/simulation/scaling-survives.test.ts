import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { eventually } from '../support/eventually.ts'
import { type Rehearsal, startRehearsal, underLoad } from './rehearsal.ts'

const ENDPOINT = 'scaled'
const TARGET = {
  ServiceNamespace: 'sagemaker',
  ResourceId: `endpoint/${ENDPOINT}/variant/AllTraffic`,
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const

let rehearsal: Rehearsal
let autoScaling: ApplicationAutoScaling
let cloudwatch: CloudWatch

before(async () => {
  rehearsal = await startRehearsal()
  const { sagemaker, url } = rehearsal
  const { credentials, region } = sagemaker.config
  const settings = { endpoint: url, region, credentials, maxAttempts: 8 }
  autoScaling = new ApplicationAutoScaling(settings)
  cloudwatch = new CloudWatch(settings)
  await rehearsal.createModelAndConfig('one', { VERSION: '1' })
  await sagemaker.createEndpoint({ EndpointName: ENDPOINT, EndpointConfigName: 'one' })
  assert.equal(await rehearsal.endpointSettles(ENDPOINT), 'InService')
})
after(() => rehearsal[Symbol.asyncDispose]())

async function activities() {
  const { ScalingActivities = [] } = await autoScaling.describeScalingActivities(TARGET)
  return ScalingActivities
}

/** When the newest activity is over. @returns what it says of itself */
async function settles(count: number): Promise<string | undefined> {
  const activity = await eventually(
    async () => {
      const [newest] = await activities()
      const { ProductionVariants } = await rehearsal.sagemaker.describeEndpoint({
        EndpointName: ENDPOINT,
      })
      const isThere = ProductionVariants?.[0]?.CurrentInstanceCount === count
      return isThere && newest?.EndTime !== undefined && newest
    },
    { timeoutMs: 60_000, what: `${count} instances` },
  )
  return activity.StatusMessage
}

test('an activity whose control is killed before, while and after it acts is done once and loses no request', async () => {
  const { failures } = await underLoad(rehearsal, ENDPOINT, async () => {
    await autoScaling.registerScalableTarget({ ...TARGET, MinCapacity: 3, MaxCapacity: 5 })
    await rehearsal.kill('control')
    await eventually(async () => (await activities()).length > 0, { what: 'an activity' })
    await rehearsal.kill('control')
    assert.equal(
      await settles(3),
      'Successfully set desired instance count to 3. Change successfully fulfilled by sagemaker.',
    )
    await rehearsal.kill('control')
    await autoScaling.registerScalableTarget({ ...TARGET, MinCapacity: 1, MaxCapacity: 2 })
    await rehearsal.kill('control')
    await settles(2)
  })

  assert.deepEqual(failures, [])
  assert.deepEqual(
    (await activities()).map(({ Cause, StatusCode }) => [Cause, StatusCode]),
    [
      ['maximum capacity was set to 2', 'Successful'],
      ['minimum capacity was set to 3', 'Successful'],
    ],
  )
})

test('an alarm whose control is killed before it calls its policy changes the capacity once', async () => {
  await autoScaling.registerScalableTarget({ ...TARGET, MinCapacity: 1, MaxCapacity: 5 })
  const { PolicyARN = '' } = await autoScaling.putScalingPolicy({
    ...TARGET,
    PolicyName: 'one-more',
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      Cooldown: 0,
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
    },
  })
  const AlarmName = 'by-hand'
  await cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'test',
    MetricName: 'never-reported',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    AlarmActions: [PolicyARN],
  })

  const set = { AlarmName, StateReason: 'by hand' }
  await cloudwatch.setAlarmState({ ...set, StateValue: 'ALARM' })
  await rehearsal.kill('control')
  await settles(3)
  await cloudwatch.setAlarmState({ ...set, StateValue: 'OK' })
  await rehearsal.kill('control')
  await eventually(() => rehearsal.cli('clock', 'show'))

  const called = (await activities()).filter(({ Cause }) => Cause?.includes('one-more'))
  assert.equal(called.length, 1)
})
