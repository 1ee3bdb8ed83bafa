import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { type ComponentHost, startComponentHost } from '../hosting/component-fixture.ts'

/** All of an ml.m5.large's cores. */
const WHOLE = { NumberOfCpuCoresRequired: 2, MinMemoryRequiredInMb: 1024 }
const HALF = { NumberOfCpuCoresRequired: 1, MinMemoryRequiredInMb: 1024 }

let host: ComponentHost
let model: string

before(async () => {
  host = await startComponentHost()
  model = await host.createModel({ VERSION: 'one' })
})
after(() => host.close())

async function instanceCount(endpoint: string): Promise<number | undefined> {
  const { ProductionVariants } = await host.describe(endpoint)
  return ProductionVariants?.[0]?.CurrentInstanceCount
}

async function copiesByInstance(endpoint: string): Promise<readonly number[]> {
  const rows = await host.server.platform.database.query<{ copies: number }>(
    `select count(*)::integer as copies from replica join endpoint using (endpoint_id)
     where endpoint_name = $1 group by instance_number order by instance_number`,
    [endpoint],
  )
  return rows.map(({ copies }) => copies)
}

test('a component that has no room fails with what it needs and what is free; one that has comes up beside it', async () => {
  const endpoint = await host.givenHost()
  await host.givenComponent(endpoint, host.specification(model, HALF))

  const name = await host.createComponent(endpoint, host.specification(model, WHOLE))
  const { InferenceComponentStatus, FailureReason } = await host.settledComponent(name)
  const beside = await host.createComponent(endpoint, host.specification(model, HALF))

  assert.equal(InferenceComponentStatus, 'Failed')
  assert.match(
    FailureReason ?? '',
    /^CapacityError: .* needs 2 CPU core\(s\).* free on one is 1 CPU core\(s\)/,
  )
  assert.equal((await host.settledComponent(beside)).InferenceComponentStatus, 'InService')
})

test('more copies than an inference component may have are refused; as many as there never is room for fail', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(model, HALF))
  const tooMany = {
    name: 'ResourceLimitExceeded',
    message: /is 1000 Copies, with a request of 1001/,
  }
  const RuntimeConfig = { CopyCount: 1_001 }

  await assert.rejects(
    host.createComponent(endpoint, host.specification(model, HALF), { RuntimeConfig }),
    tooMany,
  )
  await assert.rejects(
    sagemaker.updateInferenceComponent({ InferenceComponentName: name, RuntimeConfig }),
    tooMany,
  )
  await assert.rejects(
    sagemaker.updateInferenceComponentRuntimeConfig({
      InferenceComponentName: name,
      DesiredRuntimeConfig: RuntimeConfig,
    }),
    tooMany,
  )
  const most = await host.createComponent(endpoint, host.specification(model, HALF), {
    RuntimeConfig: { CopyCount: 1_000 },
  })
  const { InferenceComponentStatus, FailureReason } = await host.settledComponent(most)
  assert.equal(InferenceComponentStatus, 'Failed')
  assert.match(FailureReason ?? '', /^CapacityError/)
})

test('more copies than there is room for go back to what there was, with the reason', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(model, HALF))

  await sagemaker.updateInferenceComponentRuntimeConfig({
    InferenceComponentName: name,
    DesiredRuntimeConfig: { CopyCount: 3 },
  })
  const component = await host.settledComponent(name)

  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.match(component.FailureReason ?? '', /^CapacityError: /)
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 1, CurrentCopyCount: 1 })
})

test('copies are spread over the instances, or packed where the specification says so', async () => {
  const spread = await host.givenHost({ InitialInstanceCount: 2 })
  const packed = await host.givenHost({ InitialInstanceCount: 2 })
  const two = { RuntimeConfig: { CopyCount: 2 } }
  const binpack = { SchedulingConfig: { PlacementStrategy: 'BINPACK' as const } }

  await host.givenComponent(spread, host.specification(model, HALF), two)
  const name = await host.givenComponent(
    packed,
    { ...host.specification(model, HALF), ...binpack },
    two,
  )

  assert.deepEqual(await copiesByInstance(spread), [1, 1])
  assert.deepEqual(await copiesByInstance(packed), [2])
  const { Specification } = await host.describeComponent(name)
  assert.deepEqual(Specification?.SchedulingConfig, binpack.SchedulingConfig)
})

test('with ManagedInstanceScaling instances come for copies and go when they are idle', async () => {
  const { sagemaker } = host.server
  const scaling = { Status: 'ENABLED', MinInstanceCount: 1, MaxInstanceCount: 2 } as const
  const endpoint = await host.givenHost({ ManagedInstanceScaling: scaling })
  const name = await host.givenComponent(endpoint, host.specification(model, WHOLE))
  const scale = async (CopyCount: number) => {
    await sagemaker.updateInferenceComponentRuntimeConfig({
      InferenceComponentName: name,
      DesiredRuntimeConfig: { CopyCount },
    })
    return host.settledComponent(name)
  }

  const grown = await scale(2)
  assert.equal(grown.FailureReason, undefined)
  assert.equal(await instanceCount(endpoint), 2)
  const full = await scale(3)
  assert.match(full.FailureReason ?? '', /^CapacityError: /)
  await scale(1)
  await eventually(async () => (await instanceCount(endpoint)) === 1)

  const { ProductionVariants } = await host.describe(endpoint)
  assert.deepEqual(ProductionVariants?.[0]?.ManagedInstanceScaling, scaling)
  await assert.rejects(
    sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: endpoint,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 2 }],
    }),
    /its number of instances follows the copies/,
  )
})

test('UpdateEndpointWeightsAndCapacities moves copies from instances that go, and refuses what cannot hold them', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost({ InitialInstanceCount: 2 })
  await host.givenComponent(endpoint, host.specification(model, HALF), {
    RuntimeConfig: { CopyCount: 2 },
  })
  const resize = (DesiredInstanceCount: number) =>
    sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: endpoint,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount }],
    })

  await resize(1)
  const { EndpointStatus } = await host.settled(endpoint)
  assert.equal(EndpointStatus, 'InService')
  await eventually(async () => {
    const copies = await copiesByInstance(endpoint)
    return copies.length === 1 && copies[0] === 2
  })
  await resize(2)
  await host.settled(endpoint)
  await host.givenComponent(endpoint, host.specification(model, WHOLE))
  await assert.rejects(
    resize(1),
    /^ValidationException: 1 ml.m5.large instance\(s\) .* cannot hold/,
  )
})

test('UpdateEndpoint takes the components to the new instances before the old ones go', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost()
  const name = await host.givenComponent(endpoint, host.specification(model, HALF))
  const before = await host.tasks(endpoint)
  const update = (EndpointConfigName: string) =>
    sagemaker.updateEndpoint({ EndpointName: endpoint, EndpointConfigName })
  const larger = await host.createHostConfig({ InstanceType: 'ml.m5.xlarge' })

  await update(larger)
  const updated = await host.settled(endpoint)
  const after = await host.tasks(endpoint)

  assert.equal(updated.EndpointStatus, 'InService')
  assert.equal(updated.EndpointConfigName, larger)
  assert.equal(after.length, 1)
  assert.notEqual(after[0]?.taskId, before[0]?.taskId)
  const component = await host.describeComponent(name)
  assert.equal(component.InferenceComponentStatus, 'InService')
  assert.deepEqual(component.RuntimeConfig, { DesiredCopyCount: 1, CurrentCopyCount: 1 })
  await host.givenComponent(
    endpoint,
    host.specification(model, { ...HALF, NumberOfCpuCoresRequired: 3 }),
  )
  const smaller = await host.createHostConfig()
  await assert.rejects(update(smaller), /cannot hold the 2 copies of the inference component/)
  const other = await host.createHostConfig({ VariantName: 'Other' })
  await assert.rejects(update(other), /it must stay as long as they do/)
  const models = await host.createConfig(host.variant(model))
  await assert.rejects(update(models), /is one of inference components/)
})

test('a canary to other instances, and fewer of them, lose no request of a component', async () => {
  const { sagemaker } = host.server
  const endpoint = await host.givenHost({ InitialInstanceCount: 2 })
  const name = await host.givenComponent(endpoint, host.specification(model, HALF), {
    RuntimeConfig: { CopyCount: 2 },
  })
  const larger = await host.createHostConfig({
    InstanceType: 'ml.m5.xlarge',
    InitialInstanceCount: 2,
  })

  const answers = await answeredWhile(endpoint, name, async () => {
    await sagemaker.updateEndpoint({
      EndpointName: endpoint,
      EndpointConfigName: larger,
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'CANARY',
            WaitIntervalInSeconds: 0,
            CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
          },
        },
      },
    })
    const { EndpointStatus, EndpointConfigName } = await host.settled(endpoint)
    assert.deepEqual([EndpointStatus, EndpointConfigName], ['InService', larger])
    await sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: endpoint,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 1 }],
    })
    await eventually(async () => {
      const copies = await copiesByInstance(endpoint)
      return copies.length === 1 && copies[0] === 2
    })
  })

  assert.deepEqual([...new Set(answers)], ['one'])
})

/** What a component answers, asked again and again by three callers; a failure rejects. */
async function answeredWhile(
  endpoint: string,
  name: string,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const answers: string[] = []
  let isWorking = true
  const call = async (): Promise<void> => {
    while (isWorking) answers.push(await host.invokeComponent(endpoint, name))
  }
  const calling = Promise.all([call(), call(), call()])
  try {
    await Promise.race([work(), calling])
  } finally {
    isWorking = false
    await calling
  }
  return answers
}
