import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { CreateInferenceExperimentCommandInput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'

let host: Host
let blue: string
let green: string

before(async () => {
  host = await startHost()
  blue = await host.createModel({ VERSION: 'blue' })
  green = await host.createModel({ VERSION: 'green' })
})
after(() => host.close())

function variant(VariantName: string, ModelName: string) {
  return {
    ModelName,
    VariantName,
    InfrastructureConfig: {
      InfrastructureType: 'RealTimeInference' as const,
      RealTimeInferenceConfig: { InstanceType: 'ml.m5.large' as const, InstanceCount: 1 },
    },
  }
}

function shadowTest(
  EndpointName: string,
  more: Partial<CreateInferenceExperimentCommandInput> = {},
): CreateInferenceExperimentCommandInput & { Name: string } {
  return {
    Type: 'ShadowMode',
    RoleArn: host.server.roleArn,
    EndpointName,
    ModelVariants: [variant('AllTraffic', blue), variant('Shadow', green)],
    ShadowModeConfig: {
      SourceModelVariantName: 'AllTraffic',
      ShadowModelVariants: [{ ShadowModelVariantName: 'Shadow', SamplingPercentage: 100 }],
    },
    ...more,
    Name: host.newName(),
  }
}

function reaches(Name: string, status: string) {
  const { sagemaker } = host.server
  return eventually(
    async () => {
      const experiment = await sagemaker.describeInferenceExperiment({ Name })
      return experiment.Status === status && experiment
    },
    { timeoutMs: 60_000, what: `experiment ${Name} to be ${status}` },
  )
}

test('an inference experiment shadows an endpoint, changes its share, and promotes the shadow', async () => {
  const { sagemaker, s3 } = host.server
  const EndpointName = await host.givenEndpoint(host.variant(blue))
  const original = (await host.describe(EndpointName)).EndpointConfigName
  const input = shadowTest(EndpointName, {
    Description: 'green beside blue',
    DataStorageConfig: { Destination: `s3://${host.bucket}/experiments` },
    Tags: [{ Key: 'team', Value: 'a' }],
  })
  const { Name } = input
  const { InferenceExperimentArn: arn } = await sagemaker.createInferenceExperiment(input)

  const running = await reaches(Name, 'Running')
  assert.equal(running.Arn, arn)
  assert.deepEqual(
    running.ModelVariants?.map(({ VariantName, Status }) => [VariantName, Status]),
    [
      ['AllTraffic', 'InService'],
      ['Shadow', 'InService'],
    ],
  )
  assert.equal(running.EndpointMetadata?.EndpointStatus, 'InService')
  assert.notEqual(running.EndpointMetadata?.EndpointConfigName, original)
  const { Tags } = await sagemaker.listTags({ ResourceArn: arn })
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }])
  for (let index = 0; index < 5; index++) assert.equal(await host.invoke(EndpointName), 'blue')
  await host.server.advance(61_000)
  await eventually(async () => {
    const Prefix = `experiments/${EndpointName}/Shadow/`
    return ((await s3.listObjectsV2({ Bucket: host.bucket, Prefix })).KeyCount ?? 0) > 0
  })

  await assert.rejects(sagemaker.startInferenceExperiment({ Name }), { name: 'ConflictException' })
  await assert.rejects(sagemaker.deleteInferenceExperiment({ Name }), { name: 'ConflictException' })
  await assert.rejects(sagemaker.createInferenceExperiment(shadowTest(EndpointName)), {
    name: 'ResourceInUse',
  })

  await sagemaker.updateInferenceExperiment({
    Name,
    ShadowModeConfig: {
      SourceModelVariantName: 'AllTraffic',
      ShadowModelVariants: [{ ShadowModelVariantName: 'Shadow', SamplingPercentage: 10 }],
    },
  })
  await reaches(Name, 'Running')
  const { ShadowProductionVariants } = await host.describe(EndpointName)
  assert.equal(ShadowProductionVariants?.[0]?.CurrentWeight, 0.1)

  await sagemaker.stopInferenceExperiment({
    Name,
    ModelVariantActions: { AllTraffic: 'Remove', Shadow: 'Promote' },
    Reason: 'green is as good',
  })
  const completed = await reaches(Name, 'Completed')
  assert.equal(completed.StatusReason, 'green is as good')
  assert.ok(completed.CompletionTime)
  const endpoint = await host.describe(EndpointName)
  assert.equal(endpoint.ProductionVariants?.[0]?.VariantName, 'Shadow')
  assert.equal(endpoint.ShadowProductionVariants, undefined)
  assert.equal(await host.invoke(EndpointName), 'green')
  await sagemaker.deleteInferenceExperiment({ Name })
  await assert.rejects(sagemaker.describeInferenceExperiment({ Name }), {
    name: 'ResourceNotFound',
  })
})

test('an inference experiment keeps to its schedule, makes its endpoint, and leaves it without the shadow', async () => {
  const { sagemaker, clock } = host.server
  const now = clock.now().getTime()
  const StartTime = new Date(now + 3_600_000)
  const EndTime = new Date(now + 7_200_000)
  const EndpointName = host.newName()
  const input = shadowTest(EndpointName, { Schedule: { StartTime, EndTime } })
  const { Name } = input
  await sagemaker.createInferenceExperiment(input)
  await reaches(Name, 'Created')
  const { InferenceExperiments } = await sagemaker.listInferenceExperiments({
    StatusEquals: 'Created',
    NameContains: Name,
  })
  assert.equal(InferenceExperiments?.length, 1)

  await host.server.advance(3_601_000)
  await reaches(Name, 'Running')
  assert.equal(await host.invoke(EndpointName), 'blue')
  await host.server.advance(3_600_000)
  await reaches(Name, 'Completed')
  const { ShadowProductionVariants, ProductionVariants } = await host.describe(EndpointName)
  assert.equal(ShadowProductionVariants, undefined)
  assert.equal(ProductionVariants?.[0]?.VariantName, 'AllTraffic')
})

test('an inference experiment that is stopped before its time is cancelled, and one whose shadow fails as well', async () => {
  const { sagemaker, clock } = host.server
  const StartTime = new Date(clock.now().getTime() + 3_600_000)
  const early = shadowTest(host.newName(), { Schedule: { StartTime } })
  await sagemaker.createInferenceExperiment(early)
  await reaches(early.Name, 'Created')
  await sagemaker.stopInferenceExperiment({
    Name: early.Name,
    ModelVariantActions: { Shadow: 'Remove' },
  })
  await reaches(early.Name, 'Cancelled')

  const broken = await host.createModel({ EXIT_CODE: '3' })
  const EndpointName = await host.givenEndpoint(host.variant(blue))
  const failing = shadowTest(EndpointName, {
    ModelVariants: [variant('AllTraffic', blue), variant('Shadow', broken)],
  })
  await sagemaker.createInferenceExperiment(failing)
  const { StatusReason } = await reaches(failing.Name, 'Cancelled')
  assert.match(StatusReason ?? '', /Shadow/)
  assert.equal(await host.invoke(EndpointName), 'blue')
})

test('CreateInferenceExperiment refuses what makes no shadow test', async () => {
  const refused = (more: Partial<CreateInferenceExperimentCommandInput>, message: RegExp) =>
    assert.rejects(
      host.server.sagemaker.createInferenceExperiment(shadowTest(host.newName(), more)),
      { name: 'ValidationException', message },
    )

  await refused({ ModelVariants: [variant('AllTraffic', blue)] }, /give the two/)
  await refused({ Schedule: { EndTime: new Date(0) } }, /is not after StartTime/)
  await refused(
    { ModelVariants: [variant('AllTraffic', blue), variant('Shadow', 'none')] },
    /Could not find model/,
  )
})
