import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type {
  PutScalingPolicyCommandInput,
  StepAdjustment,
} from '@aws-sdk/client-application-auto-scaling'
import { newShortId } from '../../base/ids.ts'
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

function steps(...StepAdjustments: StepAdjustment[]) {
  return {
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', StepAdjustments },
  } as const
}

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
      /inference components/,
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

test('PutScalingPolicy of target tracking keeps its two alarms, as AWS makes them', async () => {
  const { autoScaling, cloudwatch } = host.server
  const { arn, name, alarmNames } = await scaled.putPolicy(TRACKING)

  const { ResourceId } = scaled.target
  const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
  assert.match(
    arn,
    new RegExp(
      `^arn:aws:autoscaling:us-east-1:\\d{12}:scalingPolicy:${uuid}:resource/sagemaker/${ResourceId}:policyName/${name}$`,
    ),
  )
  assert.equal(alarmNames.length, 2)
  const { MetricAlarms = [] } = await cloudwatch.describeAlarms({ AlarmNames: alarmNames })
  const [high, low] = MetricAlarms.sort(
    (one, other) => (other.Threshold ?? 0) - (one.Threshold ?? 0),
  )
  assert.match(
    high?.AlarmName ?? '',
    new RegExp(`^TargetTracking-${ResourceId}-AlarmHigh-${uuid}$`),
  )
  assert.match(low?.AlarmName ?? '', new RegExp(`^TargetTracking-${ResourceId}-AlarmLow-${uuid}$`))
  for (const [alarm, expected] of [
    [high, { EvaluationPeriods: 3, Threshold: 70, ComparisonOperator: 'GreaterThanThreshold' }],
    [low, { EvaluationPeriods: 15, Threshold: 63, ComparisonOperator: 'LessThanThreshold' }],
  ] as const) {
    const { EvaluationPeriods, Threshold, ComparisonOperator, ...rest } = alarm ?? {}
    assert.deepEqual({ EvaluationPeriods, Threshold, ComparisonOperator }, expected)
    assert.equal(rest.Namespace, 'AWS/SageMaker')
    assert.equal(rest.MetricName, 'InvocationsPerInstance')
    assert.equal(rest.Statistic, 'Sum')
    assert.equal(rest.Period, 60)
    assert.deepEqual(rest.Dimensions, [
      { Name: 'EndpointName', Value: scaled.endpointName },
      { Name: 'VariantName', Value: 'AllTraffic' },
    ])
    assert.match(rest.AlarmDescription ?? '', /^DO NOT EDIT OR DELETE\. For TargetTrackingScaling/)
    assert(rest.AlarmActions?.[0]?.startsWith(arn))
  }

  const described = await autoScaling.describeScalingPolicies({
    ...scaled.target,
    PolicyNames: [name],
  })
  const [policy] = described.ScalingPolicies ?? []
  assert.equal(policy?.PolicyARN, arn)
  assert.deepEqual(policy?.Alarms?.map(({ AlarmName }) => AlarmName).sort(), alarmNames.toSorted())
  assert.deepEqual(
    policy?.TargetTrackingScalingPolicyConfiguration,
    TRACKING.TargetTrackingScalingPolicyConfiguration,
  )
  await assert.rejects(scaled.putPolicy(TRACKING), {
    name: 'ValidationException',
    message: 'Only one TargetTrackingScaling policy for a given metric specification is allowed.',
  })
  await autoScaling.deleteScalingPolicy({ ...scaled.target, PolicyName: name })
  const after = await cloudwatch.describeAlarms({ AlarmNames: alarmNames })
  assert.deepEqual(after.MetricAlarms, [])
})

test('PutScalingPolicy again changes the policy, and without scale-in it has no low alarm', async () => {
  const { autoScaling } = host.server
  const { arn, name, alarmNames } = await scaled.putPolicy(TRACKING)

  const changed = await autoScaling.putScalingPolicy({
    ...scaled.target,
    PolicyName: name,
    TargetTrackingScalingPolicyConfiguration: {
      ...TRACKING.TargetTrackingScalingPolicyConfiguration,
      TargetValue: 5,
      DisableScaleIn: true,
    },
  })

  assert.equal(changed.PolicyARN, arn)
  assert.deepEqual(
    changed.Alarms?.map(({ AlarmName }) => AlarmName),
    alarmNames.filter((one) => one.includes('AlarmHigh')),
  )
  await assert.rejects(
    autoScaling.putScalingPolicy({ ...scaled.target, PolicyName: name, ...steps() }),
    /PolicyType cannot be changed/,
  )
  await autoScaling.deleteScalingPolicy({ ...scaled.target, PolicyName: name })
})

test('high-resolution target tracking looks every ten seconds', async () => {
  const { autoScaling, cloudwatch } = host.server
  const PredefinedMetricType = 'SageMakerVariantConcurrentRequestsPerModelHighResolution'
  const { name, alarmNames } = await scaled.putPolicy({
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 4,
      PredefinedMetricSpecification: { PredefinedMetricType },
    },
  })

  const { MetricAlarms = [] } = await cloudwatch.describeAlarms({ AlarmNames: alarmNames })
  assert.deepEqual(
    MetricAlarms.map(({ Period, EvaluationPeriods }) => [Period, EvaluationPeriods]).sort(),
    [
      [10, 3],
      [10, 90],
    ],
  )
  await autoScaling.deleteScalingPolicy({ ...scaled.target, PolicyName: name })
})

test('PutScalingPolicy of a customised expression is an alarm on that expression', async () => {
  const { autoScaling, cloudwatch } = host.server
  const stat = (MetricName: string) => ({
    Metric: { Namespace: 'app', MetricName, Dimensions: [] },
    Stat: 'Sum',
  })
  const { name, alarmNames } = await scaled.putPolicy({
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 4,
      CustomizedMetricSpecification: {
        Metrics: [
          { Id: 'm1', MetricStat: stat('work'), ReturnData: false },
          { Id: 'm2', MetricStat: stat('hands'), ReturnData: false },
          { Id: 'e1', Expression: 'm1 / m2', Label: 'work per hand', ReturnData: true },
        ],
      },
    },
  })

  const { MetricAlarms = [] } = await cloudwatch.describeAlarms({ AlarmNames: alarmNames })
  assert.equal(MetricAlarms.length, 2)
  for (const { Metrics, MetricName } of MetricAlarms) {
    assert.equal(MetricName, undefined)
    assert.deepEqual(
      Metrics?.map(({ Id }) => Id),
      ['m1', 'm2', 'e1'],
    )
    assert.equal(Metrics?.[0]?.MetricStat?.Period, 60)
  }
  await autoScaling.deleteScalingPolicy({ ...scaled.target, PolicyName: name })
})

test('PutScalingPolicy refuses what contradicts itself', async () => {
  const tracking = (change: object) => ({
    PolicyType: 'TargetTrackingScaling' as const,
    TargetTrackingScalingPolicyConfiguration: {
      ...TRACKING.TargetTrackingScalingPolicyConfiguration,
      ...change,
    },
  })
  const up = { ScalingAdjustment: 1 }
  type Policy = Omit<
    PutScalingPolicyCommandInput,
    'PolicyName' | 'ServiceNamespace' | 'ResourceId' | 'ScalableDimension'
  >
  const cases: readonly [Policy, RegExp][] = [
    [{}, /PolicyType is required/],
    [{ PolicyType: 'PredictiveScaling' }, /not supported for the service namespace sagemaker/],
    [{ PolicyType: 'StepScaling' }, /needs StepScalingPolicyConfiguration/],
    [{ ...TRACKING, ...steps(up), PolicyType: 'StepScaling' }, /and no other configuration/],
    [tracking({ TargetValue: 0 }), /TargetValue must be greater than 0/],
    [tracking({ ScaleInCooldown: -1 }), /must not be negative/],
    [tracking({ PredefinedMetricSpecification: undefined }), /Exactly one of/],
    [tracking({ CustomizedMetricSpecification: {} }), /Exactly one of/],
    [
      tracking({
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerInferenceComponentInvocationsPerCopy',
        },
      }),
      /is not one of the scalable dimension/,
    ],
    [
      tracking({
        PredefinedMetricSpecification: undefined,
        CustomizedMetricSpecification: { MetricName: 'm', Namespace: 'n' },
      }),
      /needs MetricName, Namespace and Statistic, or Metrics/,
    ],
    [
      tracking({
        PredefinedMetricSpecification: undefined,
        CustomizedMetricSpecification: {
          Metrics: [{ Id: 'a', Expression: 'b', ReturnData: false }],
        },
      }),
      /Exactly one of Metrics must have ReturnData/,
    ],
    [steps(), /At least one step adjustment/],
    [steps(up), /a lower bound, an upper bound or both/],
    [
      steps({ ...up, MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10 }),
      /unspecified upper bound/,
    ],
    [
      steps({ ...up, MetricIntervalLowerBound: -10, MetricIntervalUpperBound: 0 }),
      /unspecified lower bound/,
    ],
    [
      steps(
        { ...up, MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10 },
        { ...up, MetricIntervalLowerBound: 5 },
      ),
      /cannot overlap/,
    ],
    [
      steps(
        { ...up, MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10 },
        { ...up, MetricIntervalLowerBound: 15 },
      ),
      /cannot have gaps/,
    ],
    [
      steps(...Array.from({ length: 21 }, () => ({ ...up, MetricIntervalLowerBound: 0 }))),
      /at most 20 step adjustments/,
    ],
  ]
  for (const [policy, message] of cases) {
    await assert.rejects(
      scaled.putPolicy(policy),
      { name: 'ValidationException', message },
      JSON.stringify(policy),
    )
  }
})

test('a step policy is shown with the alarms of users that call it', async () => {
  const { autoScaling, cloudwatch } = host.server
  const { arn, name } = await scaled.putPolicy(
    steps({ ScalingAdjustment: 1, MetricIntervalLowerBound: 0 }),
  )
  const AlarmName = `alarm-${newShortId(6)}`
  await cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'app',
    MetricName: 'm',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    AlarmActions: [arn],
  })

  const { ScalingPolicies } = await autoScaling.describeScalingPolicies({
    ServiceNamespace: 'sagemaker',
    ResourceId: scaled.target.ResourceId,
  })
  assert.deepEqual(
    ScalingPolicies?.find(({ PolicyName }) => PolicyName === name)?.Alarms?.map(
      (one) => one.AlarmName,
    ),
    [AlarmName],
  )
  await autoScaling.deleteScalingPolicy({ ...scaled.target, PolicyName: name })
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
