import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { CreateEndpointConfigCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
let modelName: string

before(async () => {
  host = await startHost()
  modelName = await host.createModel()
})
after(() => host.close())

function arnOf(name: string): string {
  const { config } = host.server
  return `arn:aws:sagemaker:${config.region}:${config.account}:endpoint-config/${name}`
}

function request(
  variants: readonly ProductionVariant[],
  more: Partial<CreateEndpointConfigCommandInput> = {},
): CreateEndpointConfigCommandInput {
  return { EndpointConfigName: host.newName(), ProductionVariants: [...variants], ...more }
}

async function refused(
  input: CreateEndpointConfigCommandInput,
  message: string | RegExp,
  name = 'ValidationException',
): Promise<void> {
  await assert.rejects(host.server.sagemaker.createEndpointConfig(input), { name, message })
}

test('CreateEndpointConfig keeps what DescribeEndpointConfig answers; a weight that is not given is 1', async () => {
  const { sagemaker } = host.server
  const variants = [
    host.variant(modelName, {
      VariantName: 'A',
      InitialVariantWeight: 0.9,
      VolumeSizeInGB: 20,
      ModelDataDownloadTimeoutInSeconds: 600,
      ContainerStartupHealthCheckTimeoutInSeconds: 300,
    }),
    host.variant(modelName, { VariantName: 'B' }),
  ]
  const input = request(variants, { KmsKeyId: 'key', Tags: [{ Key: 'team', Value: 'care' }] })
  const name = input.EndpointConfigName ?? ''

  const { EndpointConfigArn } = await sagemaker.createEndpointConfig(input)
  const { $metadata, CreationTime, ...config } = await sagemaker.describeEndpointConfig({
    EndpointConfigName: name,
  })

  assert.equal(EndpointConfigArn, arnOf(name))
  assert.ok(CreationTime)
  assert.deepEqual(config, {
    EndpointConfigName: name,
    EndpointConfigArn,
    ProductionVariants: [variants[0], { ...variants[1], InitialVariantWeight: 1 }],
    KmsKeyId: 'key',
    EnableNetworkIsolation: false,
  })
  const { Tags } = await sagemaker.listTags({ ResourceArn: EndpointConfigArn })
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'care' }])
})

test('CreateEndpointConfig of a name that is taken, or of a model that is not there, is refused', async () => {
  const { sagemaker } = host.server
  const input = request([host.variant(modelName)])
  await sagemaker.createEndpointConfig(input)

  await refused(
    input,
    `Cannot create already existing endpoint configuration "${arnOf(input.EndpointConfigName ?? '')}".`,
  )
  await refused(
    request([host.variant('nobody')]),
    `Could not find model "${arnOf('').replace('endpoint-config', 'model')}nobody".`,
  )
})

test('CreateEndpointConfig refuses contradictions', async () => {
  const { InstanceType, InitialInstanceCount, ...bare } = host.variant(modelName)

  await refused(
    request([bare]),
    "2 validation errors detected: Value at 'productionVariants.1.member.instanceType' failed to " +
      "satisfy constraint: Member must not be null; Value at 'productionVariants.1.member." +
      "initialInstanceCount' failed to satisfy constraint: Member must not be null",
  )
  await refused(
    request([host.variant(modelName), host.variant(modelName)]),
    /^Two production variants have the name "AllTraffic"/,
  )
  await refused(
    request([host.variant(modelName, { InitialVariantWeight: 0 })]),
    /^The weights of all production variants are 0/,
  )
  await refused(
    request([host.variant(modelName, { ManagedInstanceScaling: { Status: 'ENABLED' } })]),
    'ManagedInstanceScaling is only supported for inference component endpoints.',
  )
  await refused(
    request([host.variant(modelName, { InstanceType: 'ml.p3.2xlarge' })]),
    /^The account-level service limit 'ml.p3.2xlarge for endpoint usage' is 0 Instances/,
    'ResourceLimitExceeded',
  )
})

test('CreateEndpointConfig says of what is not built that it is not', async () => {
  const notBuilt = (input: CreateEndpointConfigCommandInput) =>
    assert.rejects(host.server.sagemaker.createEndpointConfig(input), /not built yet/)

  await notBuilt(request([host.variant(modelName)], { MetricsConfig: {} }))
})

test('CreateEndpointConfig without ModelName needs a role, and refuses what components do not have', async () => {
  const { ModelName, ...bare } = host.variant(modelName)
  const { roleArn } = host.server
  const refused = (
    variants: ProductionVariant[],
    message: RegExp,
    more: Partial<CreateEndpointConfigCommandInput> = { ExecutionRoleArn: roleArn },
  ) =>
    assert.rejects(host.server.sagemaker.createEndpointConfig(request(variants, more)), {
      name: 'ValidationException',
      message,
    })
  const scaled = (scaling: ProductionVariant['ManagedInstanceScaling']) => [
    { ...bare, ManagedInstanceScaling: scaling },
  ]

  await refused([bare], /needs an ExecutionRoleArn/, {})
  await refused(
    [bare, { ...bare, ModelName, VariantName: 'Other' }],
    /give all of them a ModelName/,
  )
  await refused(
    scaled({ Status: 'ENABLED', MinInstanceCount: 3, MaxInstanceCount: 2 }),
    /MinInstanceCount that is not above MaxInstanceCount/,
  )
  await refused(
    scaled({ Status: 'ENABLED', MinInstanceCount: 2, MaxInstanceCount: 3 }),
    /give an InitialInstanceCount within them/,
  )
})

test('CreateEndpointConfig refuses what AWS does not have together: shadows and capture', async () => {
  const variant = host.variant(modelName)
  const shadow = { ...variant, VariantName: 'Shadow' }
  const asynchronous = { OutputConfig: { S3OutputPath: `s3://${host.bucket}/out` } }
  const DataCaptureConfig = {
    InitialSamplingPercentage: 50,
    DestinationS3Uri: `s3://${host.bucket}/capture`,
    CaptureOptions: [{ CaptureMode: 'Input' as const }],
  }
  const refused = (more: Partial<CreateEndpointConfigCommandInput>, message: RegExp) =>
    assert.rejects(host.server.sagemaker.createEndpointConfig(request([variant], more)), {
      name: 'ValidationException',
      message,
    })

  const two = [shadow, { ...shadow, VariantName: 'Other' }]
  await refused({ ShadowProductionVariants: two }, /give exactly one of each/)
  await refused({ ShadowProductionVariants: [variant] }, /names must be unique/)
  await refused(
    { ShadowProductionVariants: [shadow], AsyncInferenceConfig: asynchronous },
    /shadow variants are for real-time endpoints/,
  )
  await refused(
    { DataCaptureConfig, AsyncInferenceConfig: asynchronous },
    /data capture is for real-time endpoints/,
  )
})

test('data capture that is off is kept, and the endpoint says that it is stopped', async () => {
  const { sagemaker } = host.server
  const DataCaptureConfig = {
    EnableCapture: false,
    InitialSamplingPercentage: 50,
    DestinationS3Uri: `s3://${host.bucket}/capture`,
    CaptureOptions: [{ CaptureMode: 'Input' as const }],
  }
  const input = request([host.variant(modelName)], { DataCaptureConfig })
  await sagemaker.createEndpointConfig(input)
  const { EndpointConfigName } = input
  const EndpointName = host.newName()

  await sagemaker.createEndpoint({ EndpointName, EndpointConfigName })
  const endpoint = await host.settled(EndpointName)

  const config = await sagemaker.describeEndpointConfig({ EndpointConfigName })
  assert.deepEqual(config.DataCaptureConfig, DataCaptureConfig)
  assert.deepEqual(endpoint.DataCaptureConfig, {
    EnableCapture: false,
    CaptureStatus: 'Stopped',
    CurrentSamplingPercentage: 50,
    DestinationS3Uri: DataCaptureConfig.DestinationS3Uri,
    KmsKeyId: '',
  })
})

test('DeleteEndpointConfig takes it away, and what is not there is not found', async () => {
  const { sagemaker } = host.server
  const EndpointConfigName = await host.createConfig(host.variant(modelName))
  const notFound = {
    name: 'ValidationException',
    message: `Could not find endpoint configuration "${arnOf(EndpointConfigName)}".`,
  }

  await sagemaker.deleteEndpointConfig({ EndpointConfigName })

  await assert.rejects(sagemaker.describeEndpointConfig({ EndpointConfigName }), notFound)
  await assert.rejects(sagemaker.deleteEndpointConfig({ EndpointConfigName }), notFound)
})

test('ListEndpointConfigs filters, sorts and pages', async () => {
  const { sagemaker } = host.server
  const prefix = host.newName()
  for (const letter of ['b', 'c', 'a']) {
    const EndpointConfigName = `${prefix}-${letter}`
    await sagemaker.createEndpointConfig({
      EndpointConfigName,
      ProductionVariants: [host.variant(modelName)],
    })
  }
  const list = async (more: object): Promise<string> => {
    const { EndpointConfigs = [] } = await sagemaker.listEndpointConfigs({
      NameContains: prefix,
      ...more,
    })
    return EndpointConfigs.map(({ EndpointConfigName }) => EndpointConfigName?.slice(-1)).join('')
  }

  assert.equal(await list({}), 'acb')
  assert.equal(await list({ SortBy: 'Name', SortOrder: 'Ascending' }), 'abc')
  assert.equal(await list({ CreationTimeAfter: new Date('2999-01-01') }), '')
  const page = { NameContains: prefix, MaxResults: 2, SortBy: 'Name' } as const
  const { NextToken } = await sagemaker.listEndpointConfigs(page)
  assert.equal(await list({ MaxResults: 2, SortBy: 'Name', NextToken }), 'a')
})
