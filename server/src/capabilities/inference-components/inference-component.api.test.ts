import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type {
  CreateInferenceComponentCommandInput,
  InferenceComponentSpecification,
  ListInferenceComponentsCommandInput,
} from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type ComponentHost, startComponentHost } from '../hosting/component-fixture.ts'
import { readRoute } from '../inference/route.store.ts'

let host: ComponentHost
let modelName: string

before(async () => {
  host = await startComponentHost()
  modelName = await host.createModel({ VERSION: 'one' })
})
after(() => host.close())

function arnOf(kind: string, name: string): string {
  const { config } = host.server
  return `arn:aws:sagemaker:${config.region}:${config.account}:${kind}/${name}`
}

function routeOf(endpointName: string) {
  const { platform, config } = host.server
  const { account, region } = config
  return readRoute(platform.database, { account, region, endpointName })
}

test('CreateEndpoint of a configuration without a model is InService with its instances and no container', async () => {
  const name = await host.givenHost({ InitialInstanceCount: 2 })

  const { ProductionVariants } = await host.describe(name)

  assert.deepEqual(ProductionVariants, [
    {
      VariantName: 'AllTraffic',
      CurrentWeight: 1,
      DesiredWeight: 1,
      CurrentInstanceCount: 2,
      DesiredInstanceCount: 2,
    },
  ])
  assert.deepEqual(await host.tasks(name), [])
})

test('CreateInferenceComponent places copies, says InService once they answer, and tells the route', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = host.newName()

  const { InferenceComponentArn } = await sagemaker.createInferenceComponent({
    InferenceComponentName: name,
    EndpointName: endpoint,
    VariantName: 'AllTraffic',
    Specification: host.specification(modelName),
    RuntimeConfig: { CopyCount: 2 },
    Tags: [{ Key: 'team', Value: 'care' }],
  })
  const created = await host.describeComponent(name)
  const component = await host.settledComponent(name)

  assert.equal(InferenceComponentArn, arnOf('inference-component', name))
  assert.equal(created.InferenceComponentStatus, 'Creating')
  const { $metadata: _, CreationTime, LastModifiedTime, ...described } = component
  assert.ok(CreationTime && LastModifiedTime && LastModifiedTime >= CreationTime)
  assert.deepEqual(described, {
    InferenceComponentName: name,
    InferenceComponentArn,
    EndpointName: endpoint,
    EndpointArn: arnOf('endpoint', endpoint),
    VariantName: 'AllTraffic',
    Specification: host.specification(modelName),
    RuntimeConfig: { DesiredCopyCount: 2, CurrentCopyCount: 2 },
    InferenceComponentStatus: 'InService',
  })
  const route = await routeOf(endpoint)
  const [variant] = route?.fleets[0]?.variants ?? []
  assert.deepEqual([variant?.hostsComponents, variant?.replicas], [true, []])
  const [routed] = route?.fleets[0]?.components ?? []
  assert.deepEqual(
    [routed?.inferenceComponentName, routed?.variantName, routed?.replicas.length],
    [name, 'AllTraffic', 2],
  )
  const { Tags } = await sagemaker.listTags({ ResourceArn: InferenceComponentArn })
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'care' }])
})

test('a component of a Container needs no model, and its copies log to the component’s own group', async () => {
  const { logs } = host.server
  const endpoint = await host.givenHost()
  const ArtifactUrl = await host.putArchive('models/component.tar.gz', { answer: 'unpacked' })
  const Container = { Image: host.image, ArtifactUrl, Environment: { VERSION: 'container' } }

  const name = await host.givenComponent(endpoint, {
    Container,
    ComputeResourceRequirements: { MinMemoryRequiredInMb: 512, MaxMemoryRequiredInMb: 1024 },
    StartupParameters: { ContainerStartupHealthCheckTimeoutInSeconds: 120 },
  })

  const { Specification } = await host.describeComponent(name)
  const { DeployedImage, ...described } = Specification?.Container ?? {}
  const { Image: SpecifiedImage, ...given } = Container
  assert.deepEqual(described, given)
  assert.equal(DeployedImage?.SpecifiedImage, SpecifiedImage)
  assert.match(DeployedImage?.ResolvedImage ?? '', /^\S+$/)
  const stream = await eventually(async () => {
    const { logStreams } = await logs.describeLogStreams({
      logGroupName: `/aws/sagemaker/InferenceComponents/${name}`,
    })
    return logStreams?.[0]?.logStreamName
  })
  assert.match(stream, /^AllTraffic\/i-[0-9a-f]{17}$/)
})

test('CreateInferenceComponent fails with the reason when a copy does not answer pings, and its name can be had again', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const broken = await host.createModel({ EXIT_CODE: '1' })

  const name = await host.createComponent(endpoint, host.specification(broken))
  const component = await host.settledComponent(name)

  assert.equal(component.InferenceComponentStatus, 'Failed')
  assert.match(component.FailureReason ?? '', /did not pass the ping health check/)
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 1, CurrentCopyCount: 0 })
  await sagemaker.deleteInferenceComponent({ InferenceComponentName: name })
  await host.componentGone(name)
})

test('DeleteInferenceComponent ends the copies before it is gone; DeleteEndpoint waits for that', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(modelName))
  const arn = arnOf('inference-component', name)

  await assert.rejects(
    sagemaker.deleteEndpoint({ EndpointName: endpoint }),
    new RegExp(`hosts the inference component\\(s\\) ${name}`),
  )
  await sagemaker.deleteInferenceComponent({ InferenceComponentName: name })
  await host.componentGone(name)

  assert.deepEqual(await host.tasks(endpoint), [])
  const route = await routeOf(endpoint)
  assert.deepEqual(route?.fleets[0]?.components, [])
  await assert.rejects(host.describeComponent(name), {
    name: 'ValidationException',
    message: `Could not find inference component "${arn}".`,
  })
  await assert.rejects(sagemaker.listTags({ ResourceArn: arn }))
  await sagemaker.deleteEndpoint({ EndpointName: endpoint })
  await host.gone(endpoint)
})

test('a copy that dies is replaced, and the model that it came of may be gone', async () => {
  const { sagemaker, platform } = host.server
  const endpoint = await host.givenHost()
  const model = await host.createModel({ VERSION: 'kept' })
  await host.givenComponent(endpoint, host.specification(model))
  const [first] = await host.tasks(endpoint)
  await sagemaker.deleteModel({ ModelName: model })

  await platform.engine.kill(first?.taskId ?? '')

  await eventually(async () => {
    const replicas = (await routeOf(endpoint))?.fleets[0]?.components?.[0]?.replicas ?? []
    return replicas.length === 1 && replicas[0]?.replicaId !== first?.taskId
  })
})

test('ListInferenceComponents filters, sorts and pages', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost({ InstanceType: 'ml.m5.xlarge' })
  const names: string[] = []
  for (let index = 0; index < 3; index++) {
    names.push(await host.givenComponent(endpoint, host.specification(modelName)))
  }
  const listed = async (more: ListInferenceComponentsCommandInput = {}) => {
    const { InferenceComponents, NextToken } = await sagemaker.listInferenceComponents({
      EndpointNameEquals: endpoint,
      ...more,
    })
    return { names: InferenceComponents?.map((one) => one.InferenceComponentName), NextToken }
  }

  assert.deepEqual((await listed()).names, names.toReversed())
  const ascending = await listed({ SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 2 })
  assert.deepEqual(ascending.names, names.toSorted().slice(0, 2))
  const rest = await listed({
    ...{ SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 2 },
    NextToken: ascending.NextToken,
  })
  assert.deepEqual(rest, { names: names.toSorted().slice(2), NextToken: undefined })
  assert.deepEqual((await listed({ NameContains: names[1] })).names, [names[1]])
  assert.deepEqual((await listed({ StatusEquals: 'Failed' })).names, [])
  assert.deepEqual((await listed({ VariantNameEquals: 'Other' })).names, [])
  const { InferenceComponents } = await sagemaker.listInferenceComponents({
    NameContains: names[0],
  })
  const { CreationTime, LastModifiedTime, ...summary } = InferenceComponents?.[0] ?? {}
  assert.ok(CreationTime && LastModifiedTime)
  assert.deepEqual(summary, {
    InferenceComponentArn: arnOf('inference-component', names[0] ?? ''),
    InferenceComponentName: names[0],
    EndpointArn: arnOf('endpoint', endpoint),
    EndpointName: endpoint,
    VariantName: 'AllTraffic',
    InferenceComponentStatus: 'InService',
  })
})

test('CreateInferenceComponent refuses what contradicts itself or is not there', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const ofModels = await host.givenEndpoint(host.variant(modelName))
  const specification = host.specification(modelName)
  const refused = async (
    message: RegExp,
    more: Partial<CreateInferenceComponentCommandInput>,
    name = 'ValidationException',
  ) =>
    assert.rejects(
      sagemaker.createInferenceComponent({
        InferenceComponentName: host.newName(),
        EndpointName: endpoint,
        VariantName: 'AllTraffic',
        Specification: specification,
        RuntimeConfig: { CopyCount: 1 },
        ...more,
      }),
      { name, message },
    )
  const { ModelName, ComputeResourceRequirements } = specification
  const given = (more: InferenceComponentSpecification) => ({
    Specification: { ...specification, ...more },
  })

  await refused(/^Could not find endpoint/, { EndpointName: 'nowhere' })
  await refused(/"Other" is\/are not present/, { VariantName: 'Other' })
  await refused(/not supported on endpoint/, { EndpointName: ofModels })
  await refused(/^Could not find model/, given({ ModelName: 'nothing' }))
  await refused(/neither ModelName nor Container/, {
    Specification: { ComputeResourceRequirements },
  })
  await refused(/both ModelName and Container/, given({ Container: { Image: host.image } }))
  await refused(/has no ComputeResourceRequirements/, { Specification: { ModelName } })
  await refused(/copy count an integer larger than 0/, { RuntimeConfig: { CopyCount: 0 } })
  await refused(/not above MaxMemoryRequiredInMb/, {
    Specification: host.specification(modelName, {
      MinMemoryRequiredInMb: 2048,
      MaxMemoryRequiredInMb: 1024,
    }),
  })
  await refused(
    /no runtime here loads adapters/,
    given({ BaseInferenceComponentName: 'base' }),
    'NotImplemented',
  )
  const taken = await host.givenComponent(endpoint, specification)
  await refused(/^Cannot create already existing inference component/, {
    InferenceComponentName: taken,
  })
})

test('DeleteInferenceComponent takes its scalable target away, so that a later one of its name is not scaled by it', async () => {
  const { sagemaker, autoScaling } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(modelName))
  const ServiceNamespace = 'sagemaker' as const
  const ResourceIds = [`inference-component/${name}`]
  await autoScaling.registerScalableTarget({
    ServiceNamespace,
    ResourceId: ResourceIds[0],
    ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
    MinCapacity: 1,
    MaxCapacity: 2,
  })

  await sagemaker.deleteInferenceComponent({ InferenceComponentName: name })

  const { ScalableTargets } = await autoScaling.describeScalableTargets({
    ServiceNamespace,
    ResourceIds,
  })
  assert.deepEqual(ScalableTargets, [])
})
