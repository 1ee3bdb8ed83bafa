import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newShortId } from '../../base/ids.ts'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'
import {
  givenScaled,
  newestActivity,
  reportEachMinute,
  type Scaled,
  scaledVariant,
  unregistered,
} from './scaling-fixture.ts'

const MINUTE_MS = 60_000

let host: Host
let shared: Scaled

before(async () => {
  host = await startHost()
  shared = await givenScaled(host)
  await host.server.steering.freeze()
})
after(() => host.close())

/** Target tracking of a metric of the test's own; it says how much of the target is used. */
function tracking(MetricName: string, more: object = {}) {
  return {
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 10,
      CustomizedMetricSpecification: { MetricName, Namespace: 'test', Statistic: 'Average' },
      ...more,
    },
  } as const
}

const report = (metricName: string, value: number, minutes: number) =>
  reportEachMinute(host.server, { metricName, value, minutes })
const givenUnregistered = () => unregistered(host, shared)

test('a capacity out of the bounds is brought within them at once, and AWS tells it so', async () => {
  const scaled = await givenUnregistered()

  await scaled.register({ MinCapacity: 2, MaxCapacity: 4 })
  await scaled.hasCount(2)

  const { ActivityId, StartTime, EndTime, ...shown } = await newestActivity(scaled)
  assert.match(ActivityId ?? '', /^[0-9a-f-]{36}$/)
  assert(StartTime && EndTime && StartTime <= EndTime)
  assert.deepEqual(shown, {
    ...scaled.target,
    Description: 'Setting desired instance count to 2.',
    Cause: 'minimum capacity was set to 2',
    StatusCode: 'Successful',
    StatusMessage:
      'Successfully set desired instance count to 2. Change successfully fulfilled by sagemaker.',
  })
  await scaled.register({ MinCapacity: 1, MaxCapacity: 1 })
  await scaled.hasCount(1)
  assert.equal((await newestActivity(scaled)).Cause, 'maximum capacity was set to 1')
})

test('bounds are not held against a count that somebody sets later', async () => {
  const { sagemaker } = host.server
  const scaled = await givenUnregistered()
  await scaled.register({ MinCapacity: 1, MaxCapacity: 1 })
  await host.server.advance(1_000)
  const before = await scaled.activities()

  await sagemaker.updateEndpointWeightsAndCapacities({
    EndpointName: scaled.endpointName,
    DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 2 }],
  })
  await scaled.hasCount(2)
  await scaled.register({ SuspendedState: { ScheduledScalingSuspended: true } })
  await host.server.advance(MINUTE_MS)

  assert.equal(await scaled.count(), 2)
  assert.deepEqual(await scaled.activities(), before)
})

test('target tracking scales out in proportion, cools down, and in once it was quiet for long', async () => {
  const scaled = await givenUnregistered()
  const metric = `m-${newShortId(6)}`
  await scaled.register({ MinCapacity: 1, MaxCapacity: 3 })
  const policy = await scaled.putPolicy(tracking(metric))
  const [high, low] = ['High', 'Low'].map((kind) =>
    policy.alarmNames.find((name) => name.includes(`Alarm${kind}`)),
  )

  await report(metric, 15, 4)
  await scaled.hasCount(2)

  const out = await newestActivity(scaled)
  assert.equal(out.Description, 'Setting desired instance count to 2.')
  assert.equal(out.Cause, `monitor alarm ${high} in state ALARM triggered policy ${policy.name}`)
  // within the cooldown what was added counts: 1 × 1.5 is 2 still, 1 × 9 is the maximum
  await report(metric, 15, 2)
  assert.equal(await scaled.count(), 2)
  await report(metric, 90, 2)
  await scaled.hasCount(3)
  await report(metric, 90, 1)
  const all = await scaled.activities({ all: true })
  assert.deepEqual(all[0]?.NotScaledReasons, [{ Code: 'AlreadyAtMaxCapacity', MaxCapacity: 3 }])
  assert.equal(all[0]?.Description, 'Attempting to scale due to alarm triggered')
  assert.equal(all[0]?.StatusCode, 'Failed')

  await report(metric, 4, 13)
  assert.equal(await scaled.count(), 3)
  for (let minute = 13; minute < 18 && (await scaled.count()) === 3; minute++) {
    await report(metric, 4, 1)
  }
  await scaled.hasCount(2)
  const into = await newestActivity(scaled)
  assert.equal(into.Cause, `monitor alarm ${low} in state ALARM triggered policy ${policy.name}`)
  // 2 × 0.4 is 1, but for the cooldown
  await report(metric, 4, 3)
  assert.equal(await scaled.count(), 2)
  await report(metric, 4, 3)
  await scaled.hasCount(1)
})

test('no policy scales in while another one is not ready to', async () => {
  const scaled = await givenUnregistered()
  const [busy, idle] = [`m-${newShortId(6)}`, `m-${newShortId(6)}`]
  await scaled.register({ MinCapacity: 2, MaxCapacity: 3 })
  await scaled.hasCount(2)
  await scaled.register({ MinCapacity: 1 })
  await scaled.putPolicy(tracking(busy))
  await scaled.putPolicy(tracking(idle))

  for (let minute = 0; minute < 17; minute++) {
    const { cloudwatch, clock } = host.server
    await cloudwatch.putMetricData({
      Namespace: 'test',
      MetricData: [{ MetricName: idle, Value: 1, Timestamp: clock.now() }],
    })
    await report(busy, 9.5, 1)
  }

  assert.equal(await scaled.count(), 2)
})

test('suspended scaling does nothing until it is resumed', async () => {
  const scaled = await givenUnregistered()
  const metric = `m-${newShortId(6)}`
  await scaled.register({
    MinCapacity: 1,
    MaxCapacity: 2,
    SuspendedState: { DynamicScalingOutSuspended: true },
  })
  await scaled.putPolicy(tracking(metric))
  await report(metric, 20, 4)
  assert.equal(await scaled.count(), 1)

  await scaled.register({ SuspendedState: { DynamicScalingOutSuspended: false } })

  await scaled.hasCount(2)
})

test('DeleteEndpoint deregisters its targets, and UpdateEndpoint refuses to lose one', async () => {
  const { sagemaker, autoScaling, cloudwatch } = host.server
  const scaled = await givenScaled(host)
  await scaled.register({ MinCapacity: 1, MaxCapacity: 2 })
  const { alarmNames } = await scaled.putPolicy(tracking(`m-${newShortId(6)}`))
  const model = await host.createModel()
  const { endpointName: EndpointName } = scaled
  const refusal = {
    name: 'ValidationException',
    message:
      'The variant(s) "AllTraffic" must be deregistered as scalable targets with AWS Auto Scaling before they ' +
      'can be removed or have their instance type updated.',
  }

  for (const change of [{ VariantName: 'Other' }, { InstanceType: 'ml.m5.xlarge' }] as const) {
    const EndpointConfigName = await host.createConfig(host.variant(model, change))
    await assert.rejects(sagemaker.updateEndpoint({ EndpointName, EndpointConfigName }), refusal)
  }
  const EndpointConfigName = await host.createConfig(host.variant(model))
  await sagemaker.updateEndpoint({ EndpointName, EndpointConfigName })
  assert.equal((await host.settled(EndpointName)).EndpointConfigName, EndpointConfigName)

  await sagemaker.deleteEndpoint({ EndpointName })
  const { ScalableTargets } = await autoScaling.describeScalableTargets({
    ServiceNamespace: 'sagemaker',
    ResourceIds: [scaled.target.ResourceId],
  })
  assert.deepEqual(ScalableTargets, [])
  assert.deepEqual((await cloudwatch.describeAlarms({ AlarmNames: alarmNames })).MetricAlarms, [])
})

test('a variant is scaled to zero where its endpoint says so, and the next request is held', async () => {
  const { sagemaker } = host.server
  const model = await host.createModel({ VERSION: 'awake' })
  const name = await host.givenEndpoint(host.variant(model))
  const { EndpointArn } = await host.describe(name)
  await sagemaker.addTags({
    ResourceArn: EndpointArn,
    Tags: [{ Key: 'sagebrush:scale-to-zero', Value: 'true' }],
  })
  const scaled = scaledVariant(host, name)
  await scaled.register({ MinCapacity: 0, MaxCapacity: 2 })
  const metric = `m-${newShortId(6)}`
  await scaled.putPolicy(tracking(metric))

  await report(metric, 0, 17)
  await scaled.hasCount(0)
  const answers = await Promise.all([host.invoke(name), host.invoke(name)])

  assert.deepEqual(answers, ['awake', 'awake'])
  await scaled.hasCount(1)
  const { Cause } = await newestActivity(scaled)
  assert.equal(Cause, 'a request is held for the variant, which has no instance')
  // its metrics do not show the requests yet: it stays
  await report(metric, 0, 2)
  assert.equal(await scaled.count(), 1)
})
