import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { insertTarget } from '../scalable-targets/index.ts'
import { type Host, startHost } from './hosting-fixture.ts'
import { changeVariantCapacity, readVariantCapacities } from './variant-capacity.ts'

let host: Host
let one: string
let two: string

before(async () => {
  host = await startHost()
  one = await host.createModel({ VERSION: 'one', WORK_SECONDS: '0.05' })
  two = await host.createModel({ VERSION: 'two', WORK_SECONDS: '0.05' })
})
after(() => host.close())

/** Invokes from several callers while `work` goes on. @returns all answers, and what failed */
async function underLoad(
  name: string,
  work: () => Promise<void>,
): Promise<{ answers: readonly string[]; failures: readonly unknown[] }> {
  const answers: string[] = []
  const failures: unknown[] = []
  let working = true
  const caller = async (): Promise<void> => {
    while (working) {
      await host.invoke(name).then(
        (answer) => answers.push(answer),
        (error) => failures.push(error),
      )
    }
  }
  const callers = Array.from({ length: 4 }, caller)
  await work().finally(() => {
    working = false
  })
  await Promise.all(callers)
  return { answers, failures }
}

async function countOf(name: string, variantName = 'AllTraffic'): Promise<number | undefined> {
  const { ProductionVariants = [] } = await host.describe(name)
  return ProductionVariants.find((one) => one.VariantName === variantName)?.CurrentInstanceCount
}

test('UpdateEndpoint moves all requests to the new configuration, ends the old fleet and loses none', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(host.variant(one, { InitialInstanceCount: 2 }))
  const config = await host.createConfig(host.variant(two, { InitialInstanceCount: 2 }))
  const before = (await host.tasks(name)).map(({ taskId }) => taskId)

  const { answers, failures } = await underLoad(name, async () => {
    await sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config })
    const updating = await host.describe(name)
    assert.equal(updating.EndpointStatus, 'Updating')
    assert.equal(updating.PendingDeploymentSummary?.EndpointConfigName, config)
    const [pending] = updating.PendingDeploymentSummary?.ProductionVariants ?? []
    assert.deepEqual(pending?.VariantStatus?.[0]?.StatusMessage, 'Launching 2 instance(s).')
    await host.settled(name)
  })
  const updated = await host.describe(name)

  assert.deepEqual(failures, [])
  assert.equal(answers[0], 'one')
  assert.equal(answers.at(-1), 'two')
  const switchedAt = answers.indexOf('two')
  assert.ok(switchedAt > 0)
  assert.equal(updated.EndpointStatus, 'InService')
  assert.equal(updated.EndpointConfigName, config)
  assert.equal(updated.PendingDeploymentSummary, undefined)
  const now = (await host.tasks(name)).map(({ taskId }) => taskId)
  assert.equal(now.length, 2)
  assert.ok(now.every((taskId) => !before.includes(taskId)))
})

test('an update whose containers do not come up leaves the endpoint as it was, with the reason', async () => {
  const { sagemaker } = host.server
  const broken = await host.createModel({ EXIT_CODE: '1' })
  const name = await host.givenEndpoint(host.variant(one))
  const { EndpointConfigName: before } = await host.describe(name)
  const config = await host.createConfig(host.variant(broken))

  const { failures, answers } = await underLoad(name, async () => {
    await sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config })
    await host.settled(name)
  })
  const endpoint = await host.describe(name)

  assert.deepEqual(failures, [])
  assert.ok(answers.every((answer) => answer === 'one'))
  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.equal(endpoint.EndpointConfigName, before)
  assert.match(endpoint.FailureReason ?? '', /did not pass the ping health check/)
  assert.equal((await host.tasks(name)).length, 1)

  const better = await host.createConfig(host.variant(two))
  await sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: better })
  assert.equal((await host.settled(name)).FailureReason, undefined)
})

test('of updates at the same time one begins and the others are refused', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  const configs = await Promise.all([1, 2, 3].map(() => host.createConfig(host.variant(two))))

  const outcomes = await Promise.allSettled(
    configs.map((config) =>
      sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config }),
    ),
  )

  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.equal(refusals.length, 2)
  for (const { reason } of refusals) {
    assert.match(String(reason), /^ValidationException: Cannot update in-progress endpoint "arn:/)
  }
  assert.equal((await host.settled(name)).EndpointStatus, 'InService')
  assert.equal((await host.tasks(name)).length, 1)
})

test('RetainAllVariantProperties keeps counts and weights, but for what is excluded', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  await sagemaker.updateEndpointWeightsAndCapacities({
    EndpointName: name,
    DesiredWeightsAndCapacities: [
      { VariantName: 'AllTraffic', DesiredInstanceCount: 2, DesiredWeight: 5 },
    ],
  })
  await host.settled(name)
  const config = await host.createConfig(host.variant(two))

  await sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: config,
    RetainAllVariantProperties: true,
    ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
  })
  const endpoint = await host.settled(name)

  const [variant] = endpoint.ProductionVariants ?? []
  assert.equal(variant?.CurrentInstanceCount, 2)
  assert.equal(variant?.CurrentWeight, 1)
  assert.equal(await host.invoke(name), 'two')
})

test('a variant that is scaled automatically keeps its count over an update', async () => {
  const { sagemaker, platform, config } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  const [endpoint] = await platform.database.query<{ realm: number }>(
    'select realm from endpoint where endpoint_name = $1',
    [name],
  )
  const place = { realm: endpoint?.realm ?? 0, account: config.account, region: config.region }
  const capacity = { endpointName: name, variantName: 'AllTraffic', instanceCount: 2 }
  await insertTarget(platform.database, {
    targetId: name,
    place,
    resourceId: `endpoint/${name}/variant/AllTraffic`,
    scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    variant: capacity,
    minCapacity: 1,
    maxCapacity: 3,
    suspended: {},
    tags: {},
    boundsChanged: false,
    createdAt: platform.clock.now(),
  })

  assert.equal(await changeVariantCapacity(platform, place, capacity), 'Changed')
  assert.equal(
    await changeVariantCapacity(platform, place, { ...capacity, instanceCount: 3 }),
    'Busy',
  )
  await host.settled(name)
  const next = await host.createConfig(host.variant(two))
  await sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: next })
  await host.settled(name)

  assert.equal(await countOf(name), 2)
  assert.equal(await host.invoke(name), 'two')
  assert.deepEqual(await readVariantCapacities(platform.database, place, name), [
    { variantName: 'AllTraffic', currentInstanceCount: 2, desiredInstanceCount: 2 },
  ])
})

test('UpdateEndpointWeightsAndCapacities shifts weights live', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(
    host.variant(one, { VariantName: 'A', InitialVariantWeight: 1 }),
    host.variant(two, { VariantName: 'B', InitialVariantWeight: 1 }),
  )
  const shares = async (): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => host.invoke(name)))
    return ['one', 'two'].map(
      (version) => `${answers.filter((answer) => answer === version).length}`,
    )
  }
  const even = await shares()

  const weigh = async (A: number, B: number): Promise<void> => {
    await sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: name,
      DesiredWeightsAndCapacities: [
        { VariantName: 'A', DesiredWeight: A },
        { VariantName: 'B', DesiredWeight: B },
      ],
    })
    assert.equal((await host.describe(name)).EndpointStatus, 'Updating')
    await host.settled(name)
  }
  await weigh(25, 75)
  const uneven = await shares()
  await weigh(0, 1)
  const all = await shares()

  assert.deepEqual(even, ['10', '10'])
  assert.deepEqual(uneven, ['5', '15'])
  assert.deepEqual(all, ['0', '20'])
  assert.equal(await host.invoke(name, { variant: 'A' }), 'one')
  const { ProductionVariants } = await host.describe(name)
  assert.deepEqual(
    ProductionVariants?.map((each) => [each.CurrentWeight, each.DesiredWeight]),
    [
      [0, 0],
      [1, 1],
    ],
  )
})

test('UpdateEndpointWeightsAndCapacities scales out and in under load without a failed request', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  const scale = async (count: number): Promise<void> => {
    await sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: name,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: count }],
    })
    await host.settled(name)
    assert.equal(await countOf(name), count)
    assert.equal((await host.tasks(name)).length, count)
  }

  const { failures } = await underLoad(name, async () => {
    await scale(3)
    await scale(1)
  })

  assert.deepEqual(failures, [])
})

test('a scale-out whose new replicas do not come up is rolled back, with the reason', async () => {
  const { sagemaker } = host.server
  const url = await host.putArchive('vanishing/model.tar.gz', { answer: 'here' })
  const model = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataUrl: url },
  })
  const name = await host.givenEndpoint(host.variant(model))
  await host.server.s3.deleteObject({ Bucket: host.bucket, Key: 'vanishing/model.tar.gz' })

  await sagemaker.updateEndpointWeightsAndCapacities({
    EndpointName: name,
    DesiredWeightsAndCapacities: [
      { VariantName: 'AllTraffic', DesiredInstanceCount: 2, DesiredWeight: 3 },
    ],
  })
  const endpoint = await host.settled(name)

  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.match(endpoint.FailureReason ?? '', /^Failed to download model data/)
  const [variant] = endpoint.ProductionVariants ?? []
  assert.equal(variant?.DesiredInstanceCount, 1)
  assert.equal(variant?.DesiredWeight, 1)
  assert.equal(await host.invoke(name), 'here')
})

test('weights move away from a variant whose replicas keep dying', async () => {
  const { sagemaker } = host.server
  const url = await host.putArchive('dying/model.tar.gz', { answer: 'dying' })
  const dying = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataUrl: url },
  })
  const name = await host.givenEndpoint(
    host.variant(one, { VariantName: 'Good' }),
    host.variant(dying, { VariantName: 'Bad' }),
  )
  await host.server.s3.deleteObject({ Bucket: host.bucket, Key: 'dying/model.tar.gz' })
  await assert.rejects(host.invoke(name, { variant: 'Bad', body: 'die' }))
  await eventually(async () => (await countOf(name, 'Bad')) === 0)

  await sagemaker.updateEndpointWeightsAndCapacities({
    EndpointName: name,
    DesiredWeightsAndCapacities: [{ VariantName: 'Bad', DesiredWeight: 0 }],
  })
  await host.settled(name)

  const answers = await Promise.all(Array.from({ length: 6 }, () => host.invoke(name)))
  assert.deepEqual(new Set(answers), new Set(['one']))
})

test('targets that no fleet can meet are refused and change nothing', async () => {
  const { sagemaker } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  const { EndpointConfigName: config } = await host.describe(name)
  const refused = async (target: object, message: string | RegExp): Promise<void> => {
    await assert.rejects(
      sagemaker.updateEndpointWeightsAndCapacities({
        EndpointName: name,
        DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', ...target }],
      }),
      { name: 'ValidationException', message },
    )
  }

  await refused(
    { VariantName: 'Nobody', DesiredWeight: 1 },
    `The variant name(s) "Nobody" is/are not present within endpoint configuration "${config}".`,
  )
  await refused({}, /Neither DesiredWeight nor DesiredInstanceCount/)
  await refused({ DesiredInstanceCount: 0 }, /must be at least 1/)
  await refused({ DesiredWeight: 0 }, /would be 0/)
  await refused(
    { ServerlessUpdateConfig: { MaxConcurrency: 5 }, DesiredWeight: 1 },
    /not serverless/,
  )
  assert.equal((await host.describe(name)).EndpointStatus, 'InService')
})

test('more instances of a variant than any machine runs are refused', async () => {
  const { sagemaker } = host.server
  const model = await host.createModel()
  const endpoint = await host.givenEndpoint(host.variant(model))
  const [InstanceType, InitialInstanceCount] = ['ml.m5.large', 1] as const
  const tooMany = { name: 'ResourceLimitExceeded', message: /is 1000 Instances, .* delta of 1001 / }

  await assert.rejects(
    host.createConfig(host.variant(model, { InstanceType, InitialInstanceCount: 1_001 })),
    tooMany,
  )
  const ManagedInstanceScaling = { Status: 'ENABLED', MaxInstanceCount: 1_001 } as const
  const { roleArn: ExecutionRoleArn } = host.server
  await assert.rejects(
    sagemaker.createEndpointConfig({
      EndpointConfigName: host.newName(),
      ExecutionRoleArn,
      ProductionVariants: [
        { VariantName: 'A', InstanceType, InitialInstanceCount, ManagedInstanceScaling },
      ],
    }),
    tooMany,
  )
  await assert.rejects(
    sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: endpoint,
      DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 1_001 }],
    }),
    tooMany,
  )
})
