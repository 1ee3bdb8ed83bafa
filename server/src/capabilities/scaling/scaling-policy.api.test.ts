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
  await scaled.register({ MinCapacity: 1, MaxCapacity: 4 })
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
