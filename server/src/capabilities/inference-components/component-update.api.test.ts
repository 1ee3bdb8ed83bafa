import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { UpdateInferenceComponentCommandInput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type ComponentHost, startComponentHost } from '../hosting/component-fixture.ts'
import { readRoute } from '../inference/route.store.ts'

let host: ComponentHost
let one: string
let two: string
let broken: string

before(async () => {
  host = await startComponentHost()
  one = await host.createModel({ VERSION: 'one' })
  two = await host.createModel({ VERSION: 'two' })
  broken = await host.createModel({ EXIT_CODE: '1' })
})
after(() => host.close())

async function replicasOf(endpointName: string): Promise<readonly string[]> {
  const { platform, config } = host.server
  const { account, region } = config
  const route = await readRoute(platform.database, { account, region, endpointName })
  const replicas = route?.fleets[0]?.components?.[0]?.replicas ?? []
  return replicas.map(({ replicaId }) => replicaId)
}

test('UpdateInferenceComponentRuntimeConfig gives a component more copies and fewer, and none', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(one))
  const scaled = async (CopyCount: number) => {
    await sagemaker.updateInferenceComponentRuntimeConfig({
      InferenceComponentName: name,
      DesiredRuntimeConfig: { CopyCount },
    })
    const begun = await host.describeComponent(name)
    const { InferenceComponentStatus, RuntimeConfig } = await host.settledComponent(name)
    assert.equal(begun.RuntimeConfig?.DesiredCopyCount, CopyCount)
    assert.equal(InferenceComponentStatus, 'InService')
    assert.deepEqual(RuntimeConfig, { DesiredCopyCount: CopyCount, CurrentCopyCount: CopyCount })
    assert.equal((await replicasOf(endpoint)).length, CopyCount)
    assert.equal((await host.tasks(endpoint)).length, CopyCount)
  }

  await scaled(2)
  await scaled(1)
  await scaled(0)
  await scaled(1)
})

test('UpdateInferenceComponent brings copies of another specification up before the old ones go', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(one))
  const old = await replicasOf(endpoint)
  const needs = { NumberOfCpuCoresRequired: 0.5, MinMemoryRequiredInMb: 2048 }

  await sagemaker.updateInferenceComponent({
    InferenceComponentName: name,
    Specification: host.specification(two, needs),
    RuntimeConfig: { CopyCount: 2 },
  })
  const begun = await host.describeComponent(name)
  await assert.rejects(
    sagemaker.deleteInferenceComponent({ InferenceComponentName: name }),
    /^ValidationException: Cannot update in-progress inference component/,
  )
  const component = await host.settledComponent(name)

  assert.equal(begun.InferenceComponentStatus, 'Updating')
  assert.equal(begun.Specification?.ModelName, one)
  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.deepEqual(component.Specification, host.specification(two, needs))
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 2, CurrentCopyCount: 2 })
  const replicas = await replicasOf(endpoint)
  assert.equal(replicas.length, 2)
  assert.ok(old.every((replicaId) => !replicas.includes(replicaId)))
})

test('UpdateInferenceComponent with members of a specification keeps the others', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(one))
  const ComputeResourceRequirements = { MinMemoryRequiredInMb: 512 }

  await sagemaker.updateInferenceComponent({
    InferenceComponentName: name,
    Specification: { ComputeResourceRequirements },
  })
  const { Specification } = await host.settledComponent(name)

  assert.deepEqual(Specification, { ModelName: one, ComputeResourceRequirements })
})

test('a rolling update replaces batches, is watched, and says what its policy was', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost({ InstanceType: 'ml.m5.xlarge' })
  const needs = { MinMemoryRequiredInMb: 1024 }
  const name = await host.givenComponent(endpoint, host.specification(one, needs), {
    RuntimeConfig: { CopyCount: 2 },
  })
  const DeploymentConfig = {
    RollingUpdatePolicy: {
      MaximumBatchSize: { Type: 'COPY_COUNT' as const, Value: 1 },
      WaitIntervalInSeconds: 0,
      MaximumExecutionTimeoutInSeconds: 600,
    },
  }

  await sagemaker.updateInferenceComponent({
    InferenceComponentName: name,
    Specification: host.specification(two, needs),
    DeploymentConfig,
  })
  const component = await host.settledComponent(name)

  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.equal(component.FailureReason, undefined)
  assert.deepEqual(component.LastDeploymentConfig, DeploymentConfig)
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 2, CurrentCopyCount: 2 })
  assert.equal(component.Specification?.ModelName, two)
})

test('an update whose copies do not come up goes back, with the reason', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(one))
  const old = await replicasOf(endpoint)

  await sagemaker.updateInferenceComponent({
    InferenceComponentName: name,
    Specification: host.specification(broken),
    RuntimeConfig: { CopyCount: 1 },
  })
  const component = await host.settledComponent(name)

  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.match(component.FailureReason ?? '', /did not pass the ping health check/)
  assert.equal(component.Specification?.ModelName, one)
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 1, CurrentCopyCount: 1 })
  assert.deepEqual(await replicasOf(endpoint), old)
})

test('a failed component comes into service with a specification that works', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.createComponent(endpoint, host.specification(broken))
  assert.equal((await host.settledComponent(name)).InferenceComponentStatus, 'Failed')

  await sagemaker.updateInferenceComponent({
    InferenceComponentName: name,
    Specification: host.specification(two),
  })
  const component = await host.settledComponent(name)

  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.equal(component.FailureReason, undefined)
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 1, CurrentCopyCount: 1 })
})

test('an alarm that goes off while a batch is watched takes the update back', async () => {
  const { sagemaker, cloudwatch } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(one))
  const AlarmName = host.newName()
  await cloudwatch.putMetricAlarm({
    AlarmName,
    Namespace: 'Custom',
    MetricName: AlarmName,
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  })
  const DeploymentConfig = {
    RollingUpdatePolicy: {
      MaximumBatchSize: { Type: 'CAPACITY_PERCENT' as const, Value: 50 },
      WaitIntervalInSeconds: 600,
    },
    AutoRollbackConfiguration: { Alarms: [{ AlarmName }] },
  }
  await sagemaker.updateInferenceComponent({
    InferenceComponentName: name,
    Specification: host.specification(two),
    DeploymentConfig,
  })
  await eventually(async () => (await replicasOf(endpoint)).length === 2)

  // a state that was set lasts until the next evaluation: none comes while the clock stands still
  await host.server.steering.freeze()
  await cloudwatch.setAlarmState({ AlarmName, StateValue: 'ALARM', StateReason: 'too slow' })
  const component = await host.settledComponent(name)
  await host.server.steering.resume()

  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.match(component.FailureReason ?? '', /^Alarm\(s\) in ALARM state: .*too slow/)
  assert.equal(component.Specification?.ModelName, one)
  assert.equal((await replicasOf(endpoint)).length, 1)
})

test('UpdateInferenceComponent refuses what contradicts itself or is not there', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const InferenceComponentName = await host.givenComponent(endpoint, host.specification(one))
  const refused = (
    message: RegExp,
    more: Partial<UpdateInferenceComponentCommandInput> = {},
  ): Promise<void> =>
    assert.rejects(sagemaker.updateInferenceComponent({ InferenceComponentName, ...more }), {
      name: 'ValidationException',
      message,
    })
  const rolling = (Type: 'COPY_COUNT' | 'CAPACITY_PERCENT', Value: number) => ({
    Specification: host.specification(two),
    RuntimeConfig: { CopyCount: 4 },
    DeploymentConfig: {
      RollingUpdatePolicy: { MaximumBatchSize: { Type, Value }, WaitIntervalInSeconds: 0 },
    },
  })

  await refused(/^Could not find inference component/, {
    InferenceComponentName: 'nowhere',
    RuntimeConfig: { CopyCount: 1 },
  })
  await refused(/Neither Specification nor RuntimeConfig/)
  await refused(/between 5 and 50 percent/, rolling('CAPACITY_PERCENT', 60))
  await refused(/at most 50 percent of the copy count: 2/, rolling('COPY_COUNT', 3))
  await refused(/Could not find the CloudWatch alarm/, {
    ...rolling('COPY_COUNT', 1),
    DeploymentConfig: {
      ...rolling('COPY_COUNT', 1).DeploymentConfig,
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'none' }] },
    },
  })
  await assert.rejects(
    sagemaker.updateInferenceComponentRuntimeConfig({
      InferenceComponentName: 'nowhere',
      DesiredRuntimeConfig: { CopyCount: 1 },
    }),
    /Could not find inference component/,
  )
})
