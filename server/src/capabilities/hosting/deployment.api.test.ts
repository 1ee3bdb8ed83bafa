import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { DeploymentConfig, DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import { recordOf } from './deployment-control.ts'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
let one: string
let two: string

before(async () => {
  host = await startHost()
  // time goes only where a test takes it
  await host.server.steering.freeze()
  one = await host.createModel({ VERSION: 'one' })
  two = await host.createModel({ VERSION: 'two' })
})
after(() => host.close())

const SHARE_TOLERANCE = 0.02
/** Enough for the tolerance, since shares are spread evenly and not by chance. */
const REQUESTS = 200

/** An endpoint of version one. */
function givenEndpoint(InitialInstanceCount: number): Promise<string> {
  return host.givenEndpoint(host.variant(one, { InitialInstanceCount }))
}

/** Begins an update to version two. @returns the new configuration's name */
async function update(
  name: string,
  InitialInstanceCount: number,
  DeploymentConfig: DeploymentConfig,
): Promise<string> {
  const config = await host.createConfig(host.variant(two, { InitialInstanceCount }))
  await host.server.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: config,
    DeploymentConfig,
  })
  return config
}

function pendingText({ PendingDeploymentSummary: pending }: DescribeEndpointCommandOutput) {
  return pending?.ProductionVariants?.[0]?.VariantStatus?.[0]?.StatusMessage ?? ''
}

/** When the new fleet bakes as a message says. */
function baking(name: string, message: string): Promise<DescribeEndpointCommandOutput> {
  return eventually(
    async () => {
      const endpoint = await host.describe(name)
      return pendingText(endpoint) === message && endpoint
    },
    { what: message },
  )
}

/** The share of answers of version two. */
async function share(name: string, requests = REQUESTS): Promise<number> {
  let answered = 0
  let seconds = 0
  const caller = async (): Promise<void> => {
    while (answered < requests) {
      answered++
      if ((await host.invoke(name)) === 'two') seconds++
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  return seconds / requests
}

function assertShare(actual: number, planned: number): void {
  assert.ok(Math.abs(actual - planned) <= SHARE_TOLERANCE, `${actual} is not near ${planned}`)
}

async function decisions(name: string): Promise<string[]> {
  const { platform, config } = host.server
  const [{ realm }] = (await platform.database.query<{ realm: number }>(
    'select realm from endpoint where endpoint_name = $1',
    [name],
  )) as [{ realm: number }]
  const place = { realm, account: config.account, region: config.region }
  const records = await recordOf(platform, place, { endpoint: name })
  return records.flatMap((record) => record.decisions.map(({ decision }) => decision))
}

test('a canary takes its share, is watched, then all; the old fleet stays until the last wait is over', async () => {
  const { server } = host
  const name = await givenEndpoint(3)
  const { EndpointConfigName: before } = await host.describe(name)
  const config = await update(name, 3, {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: 'CANARY',
        WaitIntervalInSeconds: 300,
        CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
      },
      TerminationWaitInSeconds: 120,
      MaximumExecutionTimeoutInSeconds: 1_800,
    },
  })

  const launching = await host.describe(name)
  assert.equal(launching.EndpointStatus, 'Updating')
  assert.equal(pendingText(launching), 'Launching 3 instance(s).')
  const canary = await baking(
    name,
    'Baking for 300 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).',
  )
  assert.equal(canary.EndpointConfigName, before)
  assert.equal(canary.PendingDeploymentSummary?.EndpointConfigName, config)
  assertShare(await share(name, 1_000), 1 / 3)

  await server.advance(299_000)
  assert.match(pendingText(await host.describe(name)), /^Baking for 300/)
  await server.advance(1_000)
  await baking(
    name,
    'Baking for 120 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 3 instance(s).',
  )
  assertShare(await share(name), 1)
  assert.equal((await host.tasks(name)).length, 6)
  assert.equal((await host.describe(name)).EndpointConfigName, before)

  await server.advance(120_000)
  const updated = await host.settled(name)
  assert.equal(updated.EndpointStatus, 'InService')
  assert.equal(updated.EndpointConfigName, config)
  assert.equal(updated.PendingDeploymentSummary, undefined)
  assert.equal(updated.FailureReason, undefined)
  assert.equal(
    updated.LastDeploymentConfig?.BlueGreenUpdatePolicy?.MaximumExecutionTimeoutInSeconds,
    1_800,
  )
  assert.equal((await host.tasks(name)).length, 3)
  assert.deepEqual(await decisions(name), [
    'Started',
    'CapacityReady',
    'TrafficShifted',
    'BakeStarted',
    'BakePassed',
    'CapacityReady',
    'TrafficShifted',
    'BakeStarted',
    'BakePassed',
    'InstancesTerminated',
    'Completed',
  ])
})

test('linear steps of 33 % are three, and RetainDeploymentConfig takes the same way again', async () => {
  const { server } = host
  const name = await givenEndpoint(1)
  const text = (seconds: number, member: string, part: string) =>
    `Baking for ${seconds} seconds (${member}) with traffic enabled on ${part} capacity of 1 instance(s).`
  const shares: number[] = []
  const walk = async (): Promise<void> => {
    for (const _ of [1, 2]) {
      await baking(name, text(180, 'WaitIntervalInSeconds', 'partial'))
      shares.push(await share(name))
      await server.advance(180_000)
    }
    await baking(name, text(60, 'TerminationWaitInSeconds', 'full'))
    await server.advance(60_000)
    await host.settled(name)
  }

  await update(name, 1, {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: 'LINEAR',
        WaitIntervalInSeconds: 180,
        LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 33 },
      },
      TerminationWaitInSeconds: 60,
    },
  })
  await walk()
  assertShare(shares[0] ?? 0, 0.33)
  assertShare(shares[1] ?? 0, 0.66)
  assert.equal(await host.invoke(name), 'two')

  const back = await host.createConfig(host.variant(one))
  await server.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: back,
    RetainDeploymentConfig: true,
  })
  await walk()
  assert.equal(await host.invoke(name), 'one')
  assert.equal((await host.describe(name)).EndpointConfigName, back)
})

test('rolling replaces instances batch by batch, and never has fewer than before', async () => {
  const { server } = host
  const name = await givenEndpoint(3)
  await update(name, 3, {
    RollingUpdatePolicy: {
      MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 33 },
      WaitIntervalInSeconds: 180,
    },
  })

  for (const [batch, planned] of [0.25, 0.5, 0.75].entries()) {
    const reached = batch + 1
    const part = reached === 3 ? 'full' : 'partial'
    await baking(
      name,
      `Baking for 180 seconds (WaitIntervalInSeconds) with traffic enabled on ${part} capacity of ${reached} instance(s).`,
    )
    assert.equal((await host.tasks(name)).length, 4)
    assertShare(await share(name), planned)
    await server.advance(180_000)
  }

  const updated = await host.settled(name)
  assert.equal(updated.EndpointStatus, 'InService')
  assert.equal(await host.invoke(name), 'two')
  assert.equal((await host.tasks(name)).length, 3)
})

test('while a deployment is under way other changes are refused, as AWS does', async () => {
  const { sagemaker, advance } = host.server
  const name = await givenEndpoint(1)
  const config = await update(name, 1, {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
      TerminationWaitInSeconds: 300,
    },
  })
  const refusal = { name: 'ValidationException', message: /^Cannot update in-progress endpoint/ }

  await assert.rejects(
    sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config }),
    refusal,
  )
  const DesiredWeightsAndCapacities = [{ VariantName: 'AllTraffic', DesiredInstanceCount: 2 }]
  await assert.rejects(
    sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: name,
      DesiredWeightsAndCapacities,
    }),
    refusal,
  )
  await assert.rejects(sagemaker.deleteEndpoint({ EndpointName: name }), refusal)
  await baking(
    name,
    'Baking for 300 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 1 instance(s).',
  )
  await advance(300_000)
  assert.equal((await host.settled(name)).EndpointConfigName, config)
})

test('a deployment that cannot be is refused and changes nothing', async () => {
  const name = await givenEndpoint(1)
  const refused = async (DeploymentConfig: DeploymentConfig, message: RegExp): Promise<void> => {
    await assert.rejects(update(name, 1, DeploymentConfig), {
      name: 'ValidationException',
      message,
    })
  }
  const routing = { Type: 'CANARY', WaitIntervalInSeconds: 300 } as const
  const half = { Type: 'CAPACITY_PERCENT', Value: 51 } as const
  const blueGreen = (CanarySize: DeploymentConfig['RollingUpdatePolicy'] | typeof half) => ({
    BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { ...routing, CanarySize } },
  })

  await refused(blueGreen(half) as DeploymentConfig, /CanarySize is 51 percent/)
  await refused(
    blueGreen({ Type: 'INSTANCE_COUNT', Value: 1 } as never) as DeploymentConfig,
    /less than or equal to 50%/,
  )
  await refused(
    { AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'nobody-knows-it' }] } },
    /Could not find the CloudWatch alarm\(s\) "nobody-knows-it"/,
  )
  assert.equal((await host.describe(name)).EndpointStatus, 'InService')
})
