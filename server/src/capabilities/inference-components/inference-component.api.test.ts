import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
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
