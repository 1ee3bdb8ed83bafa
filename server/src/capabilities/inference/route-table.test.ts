import assert from 'node:assert/strict'
import test from 'node:test'
import type { EndpointRoute } from './route.ts'
import { RouteTable } from './route-table.ts'

const KEY = { account: '1', region: 'us-east-1', endpointName: 'e' }

function route(version: number, replicaIds: readonly string[]): EndpointRoute {
  return {
    ...KEY,
    endpointArn: 'arn:aws:sagemaker:us-east-1:1:endpoint/e',
    realm: 1,
    version,
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

test('an older route of an endpoint does not replace a newer one', () => {
  const table = new RouteTable()
  table.update(5, { routes: [route(5, ['new'])], withdrawn: [] })
  table.update(6, { routes: [route(4, ['old'])], withdrawn: [] })
  assert.equal(table.find(KEY)?.route.version, 5)
  assert.equal(table.version, 6)
})

test('the least busy replica gets the request, equals take turns, one that failed is passed by', () => {
  const table = new RouteTable()
  table.replace(1, [route(1, ['a', 'b', 'c'])])
  const variant = table.find(KEY)?.nextVariant()
  assert.ok(variant)
  const turns = Array.from({ length: 6 }, () => variant.nextReplica()?.replicaId)
  assert.deepEqual(turns, ['a', 'b', 'c', 'a', 'b', 'c'])

  const [a, b, c] = variant.replicas
  assert.ok(a && b && c)
  a.outstanding = 3
  b.outstanding = 1
  c.outstanding = 2
  assert.equal(variant.nextReplica(), b)
  assert.equal(variant.nextReplica({ except: b }), c)
  b.down = true
  assert.equal(variant.nextReplica(), c)
  assert.equal(variant.nextReplica({ except: c }), a)
})

test('a replica stays the same object while its endpoint is published anew', () => {
  const table = new RouteTable()
  table.replace(1, [route(1, ['a'])])
  const before = table.find(KEY)?.everyVariant[0]
  table.update(2, { routes: [route(2, ['a', 'b'])], withdrawn: [] })
  const after = table.find(KEY)?.everyVariant[0]
  assert.equal(after?.replicas[0], before?.replicas[0])
  assert.equal(after?.meter, before?.meter)
})

test('a replica that left the routes is busy until its last request has ended, then forgotten', () => {
  const table = new RouteTable()
  const left: string[] = []
  table.watch({ replicaLeft: ({ replicaId }) => left.push(replicaId) })
  table.replace(1, [route(1, ['a', 'b'])])
  const [a] = table.find(KEY)?.everyVariant[0]?.replicas ?? []
  assert.ok(a)
  a.outstanding = 2

  table.update(2, { routes: [], withdrawn: [KEY] })
  assert.equal(table.find(KEY), undefined)
  assert.deepEqual(left, ['b'])
  assert.deepEqual(table.busyUnrouted(), ['a'])
  table.release(a)
  assert.deepEqual(table.busyUnrouted(), ['a'])
  table.release(a)
  assert.deepEqual(table.busyUnrouted(), [])
  assert.deepEqual(left, ['b', 'a'])
})

/** Two fleets that both have the variants A and B, by their shares. */
function shifting(version: number, shares: readonly [number, number]): EndpointRoute {
  const variants = ['A', 'B'].map((variantName) => ({ variantName, weight: 1, replicas: [] }))
  return {
    ...route(version, []),
    fleets: shares.map((share, index) => ({
      generation: index + 1,
      endpointConfigName: `c${index + 1}`,
      share,
      variants,
    })),
  }
}

function tally(next: () => { fleet: { generation: number }; variantName: string } | undefined) {
  const counts: Record<string, number> = {}
  for (let request = 0; request < 1_000; request++) {
    const chosen = next()
    const key = `${chosen?.fleet.generation}${chosen?.variantName}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

test('fleets get their shares of the requests, and variants theirs within each fleet', () => {
  const table = new RouteTable()
  table.replace(1, [shifting(1, [9, 1])])
  const counts = tally(() => table.find(KEY)?.nextVariant())
  assert.deepEqual(counts, { '1A': 450, '1B': 450, '2A': 50, '2B': 50 })
})

test('a variant asked for by name is taken from the fleets by their shares', () => {
  const table = new RouteTable()
  table.replace(1, [shifting(1, [3, 1])])
  const counts = tally(() => table.find(KEY)?.variantNamed('B'))
  assert.deepEqual(counts, { '1B': 750, '2B': 250 })
})

test('a request that waits stays with its fleet over a publication, as long as the fleet serves', () => {
  const table = new RouteTable()
  table.replace(1, [shifting(1, [0, 1])])
  const chosen = table.find(KEY)?.nextVariant()
  assert.ok(chosen)
  table.update(2, { routes: [shifting(2, [1, 0])], withdrawn: [] })
  assert.equal(table.find(KEY)?.successorOf(chosen)?.fleet.generation, 2)
  table.update(3, { routes: [route(3, [])], withdrawn: [] })
  assert.equal(table.find(KEY)?.successorOf(chosen), undefined)
})

test('of a variant whose replicas hold many models each model has its replica, and keeps it', () => {
  const table = new RouteTable()
  table.replace(1, [route(1, ['a', 'b', 'c'])])
  const variant = table.find(KEY)?.nextVariant()
  assert.ok(variant)
  const models = Array.from({ length: 30 }, (_, index) => `model-${index}.tar.gz`)
  const holders = new Map(models.map((model) => [model, variant.nextReplica({ model })?.replicaId]))
  assert.deepEqual([...new Set(holders.values())].sort(), ['a', 'b', 'c'])

  table.update(2, { routes: [route(2, ['a', 'c'])], withdrawn: [] })
  const smaller = table.find(KEY)?.nextVariant()
  for (const [model, holder] of holders) {
    if (holder !== 'b') assert.equal(smaller?.nextReplica({ model })?.replicaId, holder)
  }
  const [first] = variant.replicas
  assert.ok(first)
  first.down = true
  assert.ok(models.every((model) => variant.nextReplica({ model }) !== first))
})
