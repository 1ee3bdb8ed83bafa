import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { DeploymentConfig, DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker'
import { eventually } from '../../../../tests/support/eventually.ts'
import type { Place } from '../../platform/scope.ts'
import { commandDeployment, type DeploymentRecord, recordOf } from './deployment-control.ts'
import { type Host, startHost } from './hosting-fixture.ts'

let host: Host
let one: string
let two: string

before(async () => {
  host = await startHost()
  await host.server.steering.freeze()
  one = await host.createModel({ VERSION: 'one' })
  two = await host.createModel({ VERSION: 'two' })
})
after(() => host.close())

const CANARY: DeploymentConfig = {
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: {
      Type: 'CANARY',
      WaitIntervalInSeconds: 300,
      CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 },
    },
    TerminationWaitInSeconds: 120,
    MaximumExecutionTimeoutInSeconds: 600,
  },
}

async function update(
  name: string,
  { model, count = 1 }: { model: string; count?: number },
  DeploymentConfig: DeploymentConfig,
): Promise<void> {
  const config = await host.createConfig(host.variant(model, { InitialInstanceCount: count }))
  await host.server.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: config,
    DeploymentConfig,
  })
}

function pendingStatus({ PendingDeploymentSummary: pending }: DescribeEndpointCommandOutput) {
  return pending?.ProductionVariants?.[0]?.VariantStatus?.[0]
}

async function baking(name: string, text = /^Baking/): Promise<void> {
  await eventually(
    async () => text.test(pendingStatus(await host.describe(name))?.StatusMessage ?? ''),
    { what: `${text}` },
  )
}

async function place(name: string): Promise<Place> {
  const { platform, config } = host.server
  const [endpoint] = await platform.database.query<{ realm: number }>(
    'select realm from endpoint where endpoint_name = $1',
    [name],
  )
  return { realm: endpoint?.realm ?? 0, account: config.account, region: config.region }
}

async function command(name: string, verb: 'abort' | 'promote'): Promise<void> {
  await commandDeployment(host.server.platform, await place(name), {
    endpoint: name,
    command: verb,
  })
}

async function lastRecord(name: string): Promise<DeploymentRecord> {
  const records = await recordOf(host.server.platform, await place(name), { endpoint: name })
  const record = records.at(-1)
  assert.ok(record)
  return record
}

/** That everything is as if there had been no update. */
async function assertAsBefore(
  name: string,
  before: DescribeEndpointCommandOutput,
  reason: RegExp,
): Promise<void> {
  const endpoint = await host.settled(name)
  assert.equal(endpoint.EndpointStatus, 'InService')
  assert.equal(endpoint.EndpointConfigName, before.EndpointConfigName)
  assert.match(endpoint.FailureReason ?? '', reason)
  assert.equal(endpoint.PendingDeploymentSummary, undefined)
  const [variant] = endpoint.ProductionVariants ?? []
  assert.equal(variant?.CurrentInstanceCount, before.ProductionVariants?.[0]?.CurrentInstanceCount)
  const answers = await Promise.all(Array.from({ length: 10 }, () => host.invoke(name)))
  assert.deepEqual(new Set(answers), new Set(['one']))
  assert.equal((await host.tasks(name)).length, variant?.CurrentInstanceCount)
}

/** Bakes of this endpoint's next updates hold until they saw so many requests. */
async function holdForRequests(name: string, Value: string): Promise<void> {
  const { EndpointArn: ResourceArn } = await host.describe(name)
  const Tags = [{ Key: 'sagebrush:minimum-bake-requests', Value }]
  await host.server.sagemaker.addTags({ ResourceArn, Tags })
}

function isHeld(name: string): Promise<boolean> {
  return eventually(async () =>
    (await lastRecord(name)).decisions.some(({ decision }) => decision === 'BakeHeld'),
  )
}

test('a deployment that takes longer than its time-out goes back', async () => {
  const name = await host.givenEndpoint(host.variant(one))
  const before = await host.describe(name)
  await holdForRequests(name, '1000')
  await update(name, { model: two }, CANARY)
  await baking(name, /^Baking.*canary/)
  await host.server.advance(300_000)
  await isHeld(name)

  await host.server.advance(299_000)
  assert.equal((await host.describe(name)).EndpointStatus, 'Updating')
  await host.server.advance(1_000)

  await assertAsBefore(name, before, /MaximumExecutionTimeoutInSeconds of 600/)
  const record = await lastRecord(name)
  assert.equal(record.status, 'RolledBack')
  assert.deepEqual(
    record.decisions.map(({ decision }) => decision),
    [
      'Started',
      'CapacityReady',
      'TrafficShifted',
      'BakeStarted',
      'BakeHeld',
      'RollbackStarted',
      'RolledBack',
    ],
  )
})

test('abort goes back at once from a bake; promote ends it and goes on; neither elsewhere', async () => {
  const name = await host.givenEndpoint(host.variant(one))
  const before = await host.describe(name)
  await assert.rejects(command(name, 'abort'), /no deployment of .* is under way/)

  await update(name, { model: two }, CANARY)
  await baking(name)
  await command(name, 'abort')
  await assertAsBefore(name, before, /aborted by "sagebrush deploy abort"/)

  await update(name, { model: two }, CANARY)
  await baking(name, /^Baking.*canary/)
  await command(name, 'promote')
  await baking(name, /^Baking.*full/)
  await command(name, 'promote')
  const updated = await host.settled(name)
  assert.notEqual(updated.EndpointConfigName, before.EndpointConfigName)
  assert.equal(updated.FailureReason, undefined)
  assert.equal(await host.invoke(name), 'two')
  const { decisions } = await lastRecord(name)
  assert.equal(decisions.filter(({ decision }) => decision === 'BakePromoted').length, 2)
})

test('the termination wait still goes back: all traffic returns to the fleet that waited', async () => {
  const name = await host.givenEndpoint(host.variant(one))
  const before = await host.describe(name)
  await update(name, { model: two }, CANARY)
  await baking(name, /^Baking.*canary/)
  await host.server.advance(300_000)
  await baking(name, /^Baking.*TerminationWaitInSeconds/)
  assert.equal(await host.invoke(name), 'two')

  await command(name, 'abort')

  await assertAsBefore(name, before, /aborted/)
})

test('a bake that saw fewer requests than the tag asks for holds, then passes', async () => {
  const { advance } = host.server
  const name = await host.givenEndpoint(host.variant(one))
  await holdForRequests(name, 'many')
  await assert.rejects(update(name, { model: two }, CANARY), /must be a whole number of requests/)
  await holdForRequests(name, '20')
  await update(name, { model: two }, CANARY)
  await baking(name, /^Baking.*canary/)

  await advance(300_000)
  await isHeld(name)
  await baking(name, /^Baking.*canary/)
  await Promise.all(Array.from({ length: 60 }, () => host.invoke(name)))
  // the second of a request must be over for its metric
  await advance(2_000)

  await baking(name, /^Baking.*full/)
  const { decisions, minimumBakeRequests } = await lastRecord(name)
  assert.equal(minimumBakeRequests, 20)
  const passed = decisions.find(({ decision }) => decision === 'BakePassed')
  assert.ok(Number(passed?.requests) >= 20)
  await command(name, 'promote')
  await host.settled(name)
})

const ROLLING: DeploymentConfig = {
  RollingUpdatePolicy: {
    MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 },
    WaitIntervalInSeconds: 180,
    RollbackMaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 },
  },
}

test('rolling goes back batch by batch, with no fewer instances than before', async () => {
  const name = await host.givenEndpoint(host.variant(one, { InitialInstanceCount: 3 }))
  const before = await host.describe(name)
  await update(name, { model: two, count: 3 }, ROLLING)
  await baking(name, /^Baking.*capacity of 1 instance/)
  await host.server.advance(180_000)
  await baking(name, /^Baking.*capacity of 2 instance/)
  const least = watchCapacity(name)

  await command(name, 'abort')

  await assertAsBefore(name, before, /aborted/)
  assert.ok((await least()) >= 3)
})

/** @returns what to call for the least number of replicas that were routed to since */
function watchCapacity(name: string): () => Promise<number> {
  let least = Number.POSITIVE_INFINITY
  let watching = true
  const watch = async (): Promise<void> => {
    while (watching) {
      const rows = await host.server.platform.database.query<{ count: number }>(
        `select count(*)::integer as count from endpoint_route,
           jsonb_path_query(route, '$.fleets[*] ? (@.share > 0).variants[*].replicas[*]')
         where endpoint_name = $1 and route is not null`,
        [name],
      )
      least = Math.min(least, rows[0]?.count ?? 0)
    }
  }
  const done = watch()
  return async () => {
    watching = false
    await done
    return least
  }
}

test('a rollback that cannot complete leaves both fleets in service, and the next update mends that', async () => {
  const { s3, sagemaker } = host.server
  const Key = 'rolling/model.tar.gz'
  const url = await host.putArchive(Key, { answer: 'one' })
  const vanishing = await host.createModel(undefined, {
    PrimaryContainer: { Image: host.image, ModelDataUrl: url },
  })
  const name = await host.givenEndpoint(host.variant(vanishing, { InitialInstanceCount: 2 }))
  await update(name, { model: two, count: 2 }, ROLLING)
  await baking(name, /^Baking.*capacity of 1 instance/)
  await host.server.advance(180_000)
  await baking(name, /^Baking.*capacity of 2 instance/)
  await s3.deleteObject({ Bucket: host.bucket, Key })

  await command(name, 'abort')
  const mixed = await host.settled(name)
  assert.equal(mixed.EndpointStatus, 'UpdateRollbackFailed')
  assert.match(
    mixed.FailureReason ?? '',
    /aborted.*The rollback did not complete either: Failed to/,
  )
  const answers = await Promise.all(Array.from({ length: 30 }, () => host.invoke(name)))
  assert.deepEqual(new Set(answers), new Set(['one', 'two']))
  assert.equal((await lastRecord(name)).status, 'RollbackFailed')

  const config = await host.createConfig(host.variant(two, { InitialInstanceCount: 2 }))
  await sagemaker.updateEndpoint({ EndpointName: name, EndpointConfigName: config })
  const mended = await host.settled(name)
  assert.equal(mended.EndpointStatus, 'InService')
  assert.equal(mended.EndpointConfigName, config)
  assert.equal((await host.tasks(name)).length, 2)
})
