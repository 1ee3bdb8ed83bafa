import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'
import { givenScaled, type Scaled } from './scaling-fixture.ts'

let host: Host
let scaled: Scaled

before(async () => {
  host = await startHost()
  scaled = await givenScaled(host)
})
after(() => host.close())

const TRACKING = {
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 70,
    PredefinedMetricSpecification: {
      PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance',
    },
  },
} as const

test('PutScalingPolicy, PutScheduledAction and Deregister of what is not registered are refused', async () => {
  const { autoScaling } = host.server
  const { target } = scaled
  const refusal = {
    name: 'ObjectNotFoundException',
    message:
      `No scalable target registered for service namespace: sagemaker, resource ID: ${target.ResourceId}, ` +
      'scalable dimension: sagemaker:variant:DesiredInstanceCount',
  }
  const action = { ScheduledActionName: 'a', Schedule: 'rate(1 day)' }

  await assert.rejects(scaled.putPolicy(TRACKING), refusal)
  await assert.rejects(
    autoScaling.putScheduledAction({
      ...target,
      ...action,
      ScalableTargetAction: { MinCapacity: 1 },
    }),
    refusal,
  )
  await assert.rejects(autoScaling.deregisterScalableTarget(target), refusal)
  await assert.rejects(autoScaling.deleteScalingPolicy({ ...target, PolicyName: 'p' }), {
    name: 'ObjectNotFoundException',
    message: /^No scaling policy found for .*, policy name: p$/,
  })
  await assert.rejects(autoScaling.deleteScheduledAction({ ...target, ScheduledActionName: 'a' }), {
    name: 'ObjectNotFoundException',
    message: /scheduled action name: a$/,
  })
})

test('RegisterScalableTarget refuses what cannot be scaled', async () => {
  const { autoScaling } = host.server
  const bounds = { MinCapacity: 1, MaxCapacity: 2 }
  const good = { ...scaled.target, ...bounds }
  const unsupported = /^Unsupported service namespace, resource type or scalable dimension$/
  const cases: readonly [object, RegExp][] = [
    [{ ResourceId: 'endpoint/x' }, unsupported],
    [{ ServiceNamespace: 'ecs' }, unsupported],
    [{ ScalableDimension: 'ecs:service:DesiredCount' }, unsupported],
    [{ ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount' }, unsupported],
    [
      {
        ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
        ResourceId: 'inference-component/c',
      },
      /there is no such inference component/,
    ],
    [{ ScalableDimension: 'sagemaker:variant:DesiredProvisionedConcurrency' }, /not serverless/],
    [{ ResourceId: 'endpoint/nobody/variant/AllTraffic' }, /does not exist/],
    [{ ResourceId: scaled.target.ResourceId.replace('AllTraffic', 'Other') }, /does not exist/],
    [{ MinCapacity: undefined }, /MinCapacity and MaxCapacity are required/],
    [{ MinCapacity: 3 }, /^Maximum capacity cannot be less than minimum capacity$/],
    [{ MinCapacity: -1 }, /must not be negative/],
    [{ MinCapacity: 0 }, /must be at least 1.*sagebrush:scale-to-zero=true/],
    [{ ServiceNamespace: 'nonsense' }, /Member must satisfy enum value set/],
  ]
  for (const [change, message] of cases) {
    await assert.rejects(
      autoScaling.registerScalableTarget({ ...good, ...change }),
      { name: 'ValidationException', message },
      JSON.stringify(change),
    )
  }
  const Tags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, '']))
  await assert.rejects(autoScaling.registerScalableTarget({ ...good, Tags }), {
    name: 'TooManyTagsException',
  })
  const described = await autoScaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' })
  assert.deepEqual(described.ScalableTargets, [])
})

test('RegisterScalableTarget twice changes what is said and keeps the rest', async () => {
  const { autoScaling, config } = host.server
  const RoleARN = 'arn:aws:iam::123456789012:role/some-role'

  const arn = await scaled.register({ MinCapacity: 1, MaxCapacity: 8, RoleARN, Tags: { a: '1' } })
  const again = await scaled.register({ SuspendedState: { DynamicScalingInSuspended: true } })
  await scaled.register({ MaxCapacity: 4 })

  assert.equal(again, arn)
  assert.match(
    arn,
    /^arn:aws:application-autoscaling:us-east-1:\d{12}:scalable-target\/[0-9a-f]{36}$/,
  )
  const { ScalableTargets } = await autoScaling.describeScalableTargets({
    ServiceNamespace: 'sagemaker',
    ResourceIds: [scaled.target.ResourceId],
  })
  const [{ CreationTime, ...shown } = {}] = ScalableTargets ?? []
  assert(CreationTime instanceof Date)
  assert.deepEqual(shown, {
    ...scaled.target,
    MinCapacity: 1,
    MaxCapacity: 4,
    RoleARN:
      `arn:aws:iam::${config.account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/` +
      'AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint',
    SuspendedState: {
      DynamicScalingInSuspended: true,
      DynamicScalingOutSuspended: false,
      ScheduledScalingSuspended: false,
    },
    ScalableTargetARN: arn,
  })
  await assert.rejects(scaled.register({ Tags: { a: '2' } }), /use TagResource/)
  await scaled.register({ SuspendedState: { DynamicScalingInSuspended: false } })
})

test('tags of a target can be added, listed and taken away', async () => {
  const { autoScaling } = host.server
  const ResourceARN = await scaled.register({})

  await autoScaling.tagResource({ ResourceARN, Tags: { a: '2', b: '' } })
  await autoScaling.untagResource({ ResourceARN, TagKeys: ['b', 'never-there'] })

  assert.deepEqual((await autoScaling.listTagsForResource({ ResourceARN })).Tags, { a: '2' })
  const Tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, '']))
  await assert.rejects(autoScaling.tagResource({ ResourceARN, Tags }), {
    name: 'TooManyTagsException',
    ResourceName: ResourceARN,
  })
  const nobody = ResourceARN.replace(/.{4}$/, '0000')
  for (const call of [
    () => autoScaling.listTagsForResource({ ResourceARN: nobody }),
    () => autoScaling.tagResource({ ResourceARN: nobody, Tags: { a: '' } }),
    () => autoScaling.untagResource({ ResourceARN: nobody, TagKeys: ['a'] }),
  ]) {
    await assert.rejects(call(), { name: 'ResourceNotFoundException', ResourceName: nobody })
  }
})

test('PutScheduledAction keeps a schedule, changes it, and refuses what never comes', async () => {
  const { autoScaling } = host.server
  const action = { ...scaled.target, ScheduledActionName: 'nightly' }
  const ScalableTargetAction = { MinCapacity: 1, MaxCapacity: 2 }
  const good = { ...action, Schedule: 'cron(0 3 * * ? *)', ScalableTargetAction }

  await autoScaling.putScheduledAction({ ...good, Timezone: 'Europe/Berlin' })
  await autoScaling.putScheduledAction({ ...action, Schedule: 'cron(0 4 * * ? *)' })

  const { ScheduledActions } = await autoScaling.describeScheduledActions(scaled.target)
  const [{ CreationTime, ScheduledActionARN, ...shown } = {}] = ScheduledActions ?? []
  assert(CreationTime)
  assert.match(
    ScheduledActionARN ?? '',
    /^arn:aws:autoscaling:us-east-1:\d{12}:scheduledAction:[0-9a-f-]{36}:resource\/sagemaker\/endpoint\/.*:scheduledActionName\/nightly$/,
  )
  assert.deepEqual(shown, {
    ...action,
    Schedule: 'cron(0 4 * * ? *)',
    Timezone: 'Europe/Berlin',
    ScalableTargetAction,
  })
  const cases: readonly [object, RegExp][] = [
    [{ Schedule: undefined, ScheduledActionName: 'b' }, /Schedule is required/],
    [{ Schedule: 'every day' }, /is not valid/],
    [{ Schedule: 'cron(0 3 1 * MON *)' }, /is not valid/],
    [{ Schedule: 'at(2001-01-01T00:00:00)' }, /never comes/],
    [{ Timezone: 'Middle/Earth' }, /not known/],
    [{ StartTime: new Date('2999-01-02'), EndTime: new Date('2999-01-01') }, /later than EndTime/],
    [{ ScheduledActionName: 'b', ScalableTargetAction: {} }, /At least one of minimum capacity/],
    [{ ScalableTargetAction: { MinCapacity: 3, MaxCapacity: 2 } }, /cannot be less than minimum/],
    [{ ScheduledActionName: 'a:b' }, /failed to satisfy constraint/],
  ]
  for (const [change, message] of cases) {
    await assert.rejects(
      autoScaling.putScheduledAction({ ...good, ...change }),
      { name: 'ValidationException', message },
      JSON.stringify(change),
    )
  }
  await autoScaling.deleteScheduledAction(action)
  const left = await autoScaling.describeScheduledActions(scaled.target)
  assert.deepEqual(left.ScheduledActions, [])
})

test('Describe operations page, and refuse tokens and filters that are wrong', async () => {
  const { autoScaling } = host.server
  const names = ['a', 'b', 'c']
  for (const ScheduledActionName of names) {
    await autoScaling.putScheduledAction({
      ...scaled.target,
      ScheduledActionName,
      Schedule: 'rate(1 day)',
      ScalableTargetAction: { MaxCapacity: 4 },
    })
  }

  const seen: (string | undefined)[] = []
  let NextToken: string | undefined
  do {
    const page = await autoScaling.describeScheduledActions({
      ServiceNamespace: 'sagemaker',
      MaxResults: 2,
      NextToken,
    })
    seen.push(...(page.ScheduledActions ?? []).map((one) => one.ScheduledActionName))
    NextToken = page.NextToken
  } while (NextToken)
  assert.deepEqual(seen, names)

  const { ScalableDimension } = scaled.target
  for (const describe of [
    (more: object) =>
      autoScaling.describeScalableTargets({ ServiceNamespace: 'sagemaker', ...more }),
    (more: object) =>
      autoScaling.describeScalingPolicies({ ServiceNamespace: 'sagemaker', ...more }),
    (more: object) =>
      autoScaling.describeScalingActivities({ ServiceNamespace: 'sagemaker', ...more }),
    (more: object) =>
      autoScaling.describeScheduledActions({ ServiceNamespace: 'sagemaker', ...more }),
  ]) {
    await assert.rejects(describe({ NextToken: 'x' }), { name: 'InvalidNextTokenException' })
    await assert.rejects(describe({ MaxResults: 51 }), /MaxResults must be between 1 and 50/)
    await assert.rejects(describe({ ScalableDimension }), /resource ID must be given/)
  }
})

test('GetPredictiveScalingForecast is refused for SageMaker', async () => {
  await assert.rejects(
    host.server.autoScaling.getPredictiveScalingForecast({
      ...scaled.target,
      PolicyName: 'p',
      StartTime: new Date(0),
      EndTime: new Date(1),
    }),
    { name: 'ValidationException', message: /Predictive scaling is not supported/ },
  )
})

test('DeregisterScalableTarget takes policies, alarms and scheduled actions with it', async () => {
  const { autoScaling, cloudwatch } = host.server
  const { alarmNames } = await scaled.putPolicy(TRACKING)

  await autoScaling.deregisterScalableTarget(scaled.target)

  const filter = { ServiceNamespace: 'sagemaker', ResourceId: scaled.target.ResourceId } as const
  assert.deepEqual((await autoScaling.describeScalingPolicies(filter)).ScalingPolicies, [])
  assert.deepEqual((await autoScaling.describeScheduledActions(filter)).ScheduledActions, [])
  const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: alarmNames })
  assert.deepEqual(MetricAlarms, [])
})
