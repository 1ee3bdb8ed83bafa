import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { testPostgres } from '../../../../tests/support/postgres.ts'
import { systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'
import { createLog } from '../../base/log.ts'
import { type Changes, openChanges } from '../../platform/database/changes.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import {
  awaitAcknowledged,
  GATEWAY_TOPIC,
  isDrained,
  publishRoute,
  readGateways,
  withdrawRoute,
  withdrawRoutesOfRealm,
} from './route.store.ts'
import type { EndpointRoute } from './route.ts'
import { startRouteFeed } from './route-feed.ts'
import { RouteTable } from './route-table.ts'

const ACCOUNT = '123456789012'
const REGION = 'us-east-1'
const log = createLog({}, { level: 'error' })
const postgres = await testPostgres()
after(() => postgres[Symbol.asyncDispose]())

/** A database with one realm, and a gateway's feed from it. */
async function setUp(options: { url?: string; folder?: string } = {}) {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sgb-feed-')))
  const url = await postgres.freshDatabase()
  const database = openDatabase({ url, connectionsMax: 4, log })
  const changes = await openChanges({ database, clock: systemClock, log })
  const [row] = await database.query<{ realm: number }>(
    'insert into realm (account, began_at) values ($1, $2) returning realm',
    [ACCOUNT, systemClock.now()],
  )
  const place = { realm: row?.realm ?? 0, account: ACCOUNT, region: REGION }
  const table = new RouteTable()
  const own = openDatabase({ url: options.url ?? url, connectionsMax: 2, log })
  const feed = await startRouteFeed({
    table,
    gatewayId: newShortId(8),
    database: own,
    openChanges: () => openChanges({ database: own, clock: systemClock, log }),
    snapshotPath: join(folder, 'routes.json'),
    clock: systemClock,
    log: createLog({}, { write: () => undefined }),
  })
  const change = <T>(work: (scope: Parameters<typeof publishRoute>[0]) => Promise<T>): Promise<T> =>
    database.transaction((transaction) => work({ transaction, changes, place }))
  return {
    database,
    changes,
    place,
    table,
    feed,
    folder,
    change,
    end: async () => {
      await feed[Symbol.asyncDispose]()
      await own.close()
      await changes.close()
      await database.close()
    },
  }
}

function route(replicaIds: readonly string[]): Omit<EndpointRoute, 'version'> {
  return {
    account: ACCOUNT,
    region: REGION,
    endpointName: 'e',
    endpointArn: 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/e',
    realm: 1,
    fleets: [
      {
        generation: 1,
        endpointConfigName: 'c',
        share: 1,
        variants: [
          {
            variantName: 'A',
            weight: 1,
            replicas: replicaIds.map((replicaId) => ({
              replicaId,
              address: { unixSocket: `/${replicaId}` },
            })),
          },
        ],
      },
    ],
  }
}

const KEY = { account: ACCOUNT, region: REGION, endpointName: 'e' }

function acknowledged(
  { database, changes }: { database: Database; changes: Changes },
  version: number | undefined,
): Promise<boolean> {
  const deadline = new Date(systemClock.now().getTime() + 5_000)
  return awaitAcknowledged({ database, changes }, { version: version ?? -1, deadline })
}

test('a published route is followed and acknowledged, a withdrawn one is gone', async () => {
  const setting = await setUp()
  const published = await setting.change((scope) => publishRoute(scope, route(['r1'])))
  assert.equal(await acknowledged(setting, published), true)
  assert.equal(setting.table.find(KEY)?.route.version, published)

  const withdrawn = await setting.change((scope) => withdrawRoute(scope, 'e'))
  assert.equal(await acknowledged(setting, withdrawn), true)
  assert.equal(setting.table.find(KEY), undefined)
  await setting.end()
  await rm(setting.folder, { recursive: true, maxRetries: 10 })
})

test('a replica that left is drained when its last request here has ended', async () => {
  const setting = await setUp()
  await acknowledged(setting, await setting.change((scope) => publishRoute(scope, route(['r1']))))
  const [replica] = setting.table.find(KEY)?.everyVariant[0]?.replicas ?? []
  assert.ok(replica)
  replica.outstanding = 1
  const version = await setting.change((scope) => publishRoute(scope, route(['r2'])))
  await acknowledged(setting, version)
  const drain = { replicaId: 'r1', version }
  assert.equal(isDrained(await readGateways(setting.database), drain), false)

  const drained = setting.changes.waitFor(GATEWAY_TOPIC, async () =>
    isDrained(await readGateways(setting.database), drain) ? true : undefined,
  )
  setting.table.release(replica)
  assert.equal(await drained, true)
  await setting.end()
  await rm(setting.folder, { recursive: true, maxRetries: 10 })
})

test('the end of an account life takes its routes away', async () => {
  const setting = await setUp()
  await acknowledged(setting, await setting.change((scope) => publishRoute(scope, route(['r1']))))
  const version = await setting.change(async (scope) => {
    await withdrawRoutesOfRealm(scope, setting.place.realm)
    const [row] = await scope.transaction.query<{ version: number }>(
      'select version from endpoint_route_version',
    )
    return row?.version
  })
  await acknowledged(setting, version)
  assert.equal(setting.table.find(KEY), undefined)
  await setting.end()
  await rm(setting.folder, { recursive: true, maxRetries: 10 })
})

test('a gateway that starts while Postgres is away routes by its snapshot', async () => {
  const first = await setUp()
  await acknowledged(first, await first.change((scope) => publishRoute(scope, route(['r1']))))
  await first.end()

  const url = 'postgres://nobody@127.0.0.1:9/none'
  const second = await setUp({ folder: first.folder, url })
  assert.equal(second.feed.loaded, true)
  assert.equal(second.feed.current, false)
  assert.equal(second.table.find(KEY)?.everyVariant[0]?.replicas[0]?.replicaId, 'r1')
  await second.end()
  await rm(first.folder, { recursive: true, maxRetries: 10 })
})

test('a gateway that ends is no longer waited for', async () => {
  const setting = await setUp()
  assert.equal((await readGateways(setting.database)).length, 1)
  await setting.feed[Symbol.asyncDispose]()
  assert.deepEqual(await readGateways(setting.database), [])
  await setting.end()
  await rm(setting.folder, { recursive: true, force: true, maxRetries: 10 })
})
