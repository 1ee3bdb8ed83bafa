import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { PutScalingPolicyCommandInput } from '@aws-sdk/client-application-auto-scaling'
import { eventually } from '../../../../tests/support/eventually.ts'
import { newShortId } from '../../base/ids.ts'
import { type ComponentHost, startComponentHost } from '../hosting/component-fixture.ts'

let host: ComponentHost
let modelName: string
let endpointName: string

before(async () => {
  host = await startComponentHost()
  modelName = await host.createModel({ WORK_SECONDS: '0.05' })
  endpointName = await host.givenHost({ InitialInstanceCount: 2 })
})
after(() => host.close())

/** The members that name the target in each request. */
function targetOf(name: string) {
  return {
    ServiceNamespace: 'sagemaker',
    ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
    ResourceId: `inference-component/${name}`,
  } as const
}

function givenComponent(CopyCount = 1): Promise<string> {
  return host.givenComponent(endpointName, host.specification(modelName, SMALL), {
    RuntimeConfig: { CopyCount },
  })
}

const SMALL = { NumberOfCpuCoresRequired: 0.25, MinMemoryRequiredInMb: 128 }

function register(name: string, MinCapacity: number, MaxCapacity: number) {
  const bounds = { MinCapacity, MaxCapacity }
  return host.server.autoScaling.registerScalableTarget({ ...targetOf(name), ...bounds })
}

async function putPolicy(name: string, policy: Partial<PutScalingPolicyCommandInput>) {
  const PolicyName = `policy-${newShortId(6)}`
  return host.server.autoScaling.putScalingPolicy({ ...targetOf(name), PolicyName, ...policy })
}

function hasCopies(name: string, count: number) {
  return eventually(
    async () => {
      const { InferenceComponentStatus, RuntimeConfig } = await host.describeComponent(name)
      const { CurrentCopyCount, DesiredCopyCount } = RuntimeConfig ?? {}
      return (
        InferenceComponentStatus === 'InService' &&
        CurrentCopyCount === count &&
        DesiredCopyCount === count
      )
    },
    { what: `${count} copies of ${name}`, timeoutMs: 60_000 },
  )
}

function newest(name: string) {
  return eventually(async () => {
    const { ScalingActivities } = await host.server.autoScaling.describeScalingActivities(
      targetOf(name),
    )
    const [activity] = ScalingActivities ?? []
    return activity?.StatusCode === 'Successful' && activity
  })
}

/** Invokes without a pause over so many connections until it is ended. @returns how many answers there were */
function load(name: string, connections: number) {
  let isOver = false
  let answers = 0
  const workers = Array.from({ length: connections }, async () => {
    while (!isOver) {
      await host.invokeComponent(endpointName, name)
      answers++
    }
  })
  return {
    end: async (): Promise<number> => {
      isOver = true
      await Promise.all(workers)
      return answers
    },
  }
}

test('RegisterScalableTarget brings a component’s copies within bounds, and AWS tells it so', async () => {
  const name = await givenComponent()

  await register(name, 2, 3)
  await hasCopies(name, 2)

  const { ActivityId, StartTime, EndTime, ...shown } = await newest(name)
  assert.ok(ActivityId && StartTime && EndTime)
  assert.deepEqual(shown, {
    ...targetOf(name),
    Description: 'Setting desired copy count to 2.',
    Cause: 'minimum capacity was set to 2',
    StatusCode: 'Successful',
    StatusMessage:
      'Successfully set desired copy count to 2. Change successfully fulfilled by sagemaker.',
  })
})

test('DeleteInferenceComponent takes the registration and its alarms with it', async () => {
  const { autoScaling, cloudwatch, sagemaker } = host.server
  const name = await givenComponent()
  await register(name, 1, 2)
  const { Alarms } = await putPolicy(
    name,
    tracking('SageMakerInferenceComponentInvocationsPerCopy'),
  )
  const AlarmNames = (Alarms ?? []).map(({ AlarmName = '' }) => AlarmName)
  assert.equal(AlarmNames.length, 2)

  await sagemaker.deleteInferenceComponent({ InferenceComponentName: name })

  await eventually(async () => {
    const { ScalableTargets } = await autoScaling.describeScalableTargets({
      ServiceNamespace: 'sagemaker',
      ResourceIds: [targetOf(name).ResourceId],
    })
    return ScalableTargets?.length === 0
  })
  const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames })
  assert.deepEqual(MetricAlarms, [])
})

function tracking(
  PredefinedMetricType:
    | 'SageMakerInferenceComponentInvocationsPerCopy'
    | 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
  TargetValue = 1,
) {
  return {
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue,
      PredefinedMetricSpecification: { PredefinedMetricType },
    },
  } as const
}

const METRICS = [
  ['SageMakerInferenceComponentInvocationsPerCopy', 'InvocationsPerCopy', 'Sum', 60],
  [
    'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
    'ConcurrentRequestsPerCopy',
    'Average',
    10,
  ],
] as const
for (const [type, metricName, statistic, period] of METRICS) {
  test(`PutScalingPolicy with ${type} keeps alarms on ${metricName} of the component`, async () => {
    const name = await givenComponent()
    await register(name, 1, 2)

    const { Alarms } = await putPolicy(name, tracking(type))
    const { MetricAlarms } = await host.server.cloudwatch.describeAlarms({
      AlarmNames: (Alarms ?? []).map(({ AlarmName = '' }) => AlarmName),
    })

    const shown = MetricAlarms?.map((alarm) => [
      alarm.AlarmName?.replace(/-[0-9a-f-]{36}$/, ''),
      ...[alarm.Namespace, alarm.MetricName, alarm.Statistic, alarm.Period],
      alarm.Dimensions?.map(({ Name, Value }) => `${Name}=${Value}`).join(),
    ])
    const metric = [
      'AWS/SageMaker',
      metricName,
      statistic,
      period,
      `InferenceComponentName=${name}`,
    ]
    assert.deepEqual(shown?.sort(), [
      [`TargetTracking-inference-component/${name}-AlarmHigh`, ...metric],
      [`TargetTracking-inference-component/${name}-AlarmLow`, ...metric],
    ])
  })
}

test('concurrent requests per copy scale a component out under load, and no request fails', async () => {
  const name = await givenComponent()
  await register(name, 1, 2)
  await putPolicy(
    name,
    tracking('SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution', 1),
  )

  const underLoad = load(name, 6)
  // three periods of ten seconds are beyond the target; the clock makes them short
  await host.server.steering.speed(10)
  try {
    await hasCopies(name, 2)
  } finally {
    await host.server.steering.speed(1)
  }
  const answers = await underLoad.end()

  assert.ok(answers > 0)
  const { Description, Cause } = await newest(name)
  assert.equal(Description, 'Setting desired copy count to 2.')
  assert.match(Cause ?? '', /^monitor alarm TargetTracking-inference-component\/.+-AlarmHigh-/)
})

test('a component that is scaled to zero under load and from zero by a request loses none', async () => {
  const name = await givenComponent()
  const underLoad = load(name, 4)

  await register(name, 0, 0)
  // requests that meet no copy are held: the load goes on once there is one again
  await eventually(async () => {
    const { RuntimeConfig } = await host.describeComponent(name)
    return RuntimeConfig?.DesiredCopyCount === 0
  })
  await register(name, 0, 2)
  await hasCopies(name, 1)
  const answers = await underLoad.end()

  assert.ok(answers > 0)
  const { Description, Cause } = await newest(name)
  assert.equal(Description, 'Setting desired copy count to 1.')
  assert.equal(Cause, 'a request is held for the inference component, which has no copy')
})

test('a step policy starts the first copy by an alarm on requests that met none, as in AWS’s guide', async () => {
  const { cloudwatch } = host.server
  const name = await givenComponent()
  await register(name, 0, 0)
  await hasCopies(name, 0)
  await register(name, 0, 1)
  const { PolicyARN } = await putPolicy(name, {
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      MetricAggregationType: 'Maximum',
      Cooldown: 60,
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
    },
  })
  const AlarmName = `ic-step-scaling-alarm-${newShortId(6)}`
  await cloudwatch.putMetricAlarm({
    ...{ AlarmName, AlarmActions: [PolicyARN ?? ''] },
    ...{ Namespace: 'AWS/SageMaker', MetricName: 'NoCapacityInvocationFailures' },
    Dimensions: [{ Name: 'InferenceComponentName', Value: name }],
    ...{ Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, DatapointsToAlarm: 1 },
    ...{ Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
  })

  assert.equal(await host.invokeComponent(endpointName, name), '1')

  await hasCopies(name, 1)
  await host.server.advance(60_000)
  await eventually(async () => {
    const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: [AlarmName] })
    return MetricAlarms?.[0]?.StateValue === 'ALARM'
  })
})
