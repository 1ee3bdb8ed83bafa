import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type TestPostgres, testPostgres } from '../../../../tests/support/postgres.ts'
import { after as later, systemClock } from '../../base/clock.ts'
import { newHexId } from '../../base/ids.ts'
import { createLog } from '../../base/log.ts'
import { type Changes, openChanges } from '../../platform/database/changes.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import {
  acknowledgeRoutes,
  awaitAcknowledged,
  forgetGateway,
  isDrained,
  publishRoute,
  readGateways,
  readRoute,
  readRoutes,
  withdrawRoute,
  withdrawRoutesOfRealm,
} from './route.store.ts'
import type { EndpointRoute } from './route.ts'

let postgres: TestPostgres
let database: Database
let changes: Changes

before(async () => {
  postgres = await testPostgres()
  const log = createLog({}, { level: 'error' })
  database = openDatabase({ url: await postgres.freshDatabase(), connectionsMax: 8, log })
  changes = await openChanges({ database, clock: systemClock, log })
})
after(async () => {
  await changes.close()
  await database.close()
  await postgres[Symbol.asyncDispose]()
})

/** An account of its own with a life that has begun. */
async function givenPlace(account = newHexId(12)): Promise<Place> {
  const rows = await database.query<{ realm: number }>(
    'insert into realm (account, began_at) values ($1, now()) returning realm',
    [account],
  )
  return { realm: rows[0]?.realm ?? 0, account, region: 'us-east-1' }
}

function route(place: Place, endpointName: string, weight = 1): Omit<EndpointRoute, 'version'> {
  const { account, region } = place
  return {
    account,
    region,
    endpointName,
    endpointArn: `arn:aws:sagemaker:${region}:${account}:endpoint/${endpointName}`,
    realm: place.realm,
    fleets: [
      {
        generation: 1,
        endpointConfigName: 'config',
        share: 1,
        variants: [{ variantName: 'V', weight, replicas: [] }],
      },
    ],
  }
}

function publish(place: Place, published: Omit<EndpointRoute, 'version'>): Promise<number> {
  return database.transaction((transaction) =>
    publishRoute({ transaction, changes, place }, published),
  )
}

test('readRoutes answers what is published, the last publication of each endpoint', async () => {
  const place = await givenPlace()
  await publish(place, route(place, 'one'))
  const version = await publish(place, route(place, 'one', 3))

  const table = await readRoutes(database)

  const own = table.routes.filter(({ account }) => account === place.account)
  assert.deepEqual(own, [{ ...route(place, 'one', 3), version }])
  assert.ok(table.version >= version)
  assert.deepEqual(await readRoute(database, { ...place, endpointName: 'one' }), own[0])
})

test('readRoutes since a version answers only what became different, withdrawals too', async () => {
  const place = await givenPlace()
  await publish(place, route(place, 'kept'))
  const sinceVersion = await publish(place, route(place, 'gone'))
  await database.transaction((transaction) =>
    withdrawRoute({ transaction, changes, place }, 'gone'),
  )
  await publish(place, route(place, 'new'))

  const news = await readRoutes(database, { sinceVersion })

  assert.deepEqual(
    news.routes.map(({ endpointName }) => endpointName),
    ['new'],
  )
  const { account, region } = place
  assert.deepEqual(news.withdrawn, [{ account, region, endpointName: 'gone' }])
})

test('withdrawRoute of an endpoint without a route changes nothing', async () => {
  const place = await givenPlace()
  const { version } = await readRoutes(database)

  const withdrawn = await database.transaction((transaction) =>
    withdrawRoute({ transaction, changes, place }, 'never'),
  )

  assert.equal(withdrawn, undefined)
  assert.equal((await readRoutes(database)).version, version)
})

test('the end of an account life takes its routes away and spares those of the next', async () => {
  const old = await givenPlace()
  await publish(old, route(old, 'same-name'))
  const { version: sinceVersion } = await readRoutes(database)
  await database.transaction(async (transaction) => {
    await transaction.query('update realm set ended_at = now() where realm = $1', [old.realm])
    await withdrawRoutesOfRealm({ transaction, changes }, old.realm)
  })
  const ended = await readRoutes(database, { sinceVersion })
  const next = await givenPlace(old.account)
  await publish(next, route(next, 'same-name', 2))

  const news = await readRoutes(database, { sinceVersion })

  assert.equal(ended.withdrawn.length, 1)
  assert.equal(news.routes[0]?.fleets[0]?.variants[0]?.weight, 2)
  assert.deepEqual(news.withdrawn, [])
})

test('publications that are made at once become visible in the order of their versions', async () => {
  const place = await givenPlace()
  const { version: before } = await readRoutes(database)

  const publications = Array.from({ length: 20 }, (_, index) =>
    publish(place, route(place, `e${index}`)),
  )
  let seen = before
  const found = new Set<string>()
  while (found.size < 20) {
    const news = await readRoutes(database, { sinceVersion: seen })
    for (const one of news.routes) {
      assert.ok(one.version > seen && one.version <= news.version)
      found.add(one.endpointName)
    }
    seen = news.version
  }

  const versions = await Promise.all(publications)
  assert.equal(new Set(versions).size, 20)
})

test('awaitAcknowledged waits for every gateway that is alive, and for none that took leave', async () => {
  const [one, two] = [newHexId(8), newHexId(8)]
  const platform = { database, changes }
  const deadline = new Date(systemClock.now().getTime() + 20_000)
  await acknowledgeRoutes(platform, { gatewayId: one, version: 100_000, busyReplicaIds: [] })
  await acknowledgeRoutes(platform, { gatewayId: two, version: 99_999, busyReplicaIds: [] })

  let isOver = false
  const waiting = awaitAcknowledged(platform, { version: 100_000, deadline }).then((applied) => {
    isOver = true
    return applied
  })
  await later(systemClock, 50)
  assert.equal(isOver, false)
  await forgetGateway(platform, two)

  assert.equal(await waiting, true)
  await forgetGateway(platform, one)
})

test('awaitAcknowledged gives up on a gateway that lives and does not follow', async () => {
  const gatewayId = newHexId(8)
  const platform = { database, changes }
  await acknowledgeRoutes(platform, { gatewayId, version: 1, busyReplicaIds: [] })

  const deadline = new Date(systemClock.now().getTime() + 30)

  assert.equal(await awaitAcknowledged(platform, { version: 2, deadline }), false)
  await forgetGateway(platform, gatewayId)
})

test('a replica is drained when no gateway routes to it or waits for it', async () => {
  const gatewayId = newHexId(8)
  const platform = { database, changes }
  const drain = { replicaId: 'i-1', version: 5 }

  await acknowledgeRoutes(platform, { gatewayId, version: 5, busyReplicaIds: ['i-1'] })
  assert.equal(isDrained(await readGateways(database), drain), false)
  await acknowledgeRoutes(platform, { gatewayId, version: 5, busyReplicaIds: [] })
  assert.equal(isDrained(await readGateways(database), drain), true)
  await forgetGateway(platform, gatewayId)
})
