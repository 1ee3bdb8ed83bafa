import assert from 'node:assert/strict'
import test from 'node:test'
import { freeSlots } from './async-dispatch.ts'
import type { QueueState } from './async-invocation.store.ts'

function routeOf(replicaIds: readonly string[], most: number) {
  const asyncInference = {
    OutputConfig: {},
    ClientConfig: { MaxConcurrentInvocationsPerInstance: most },
  }
  const replicas = replicaIds.map((replicaId) => ({ replicaId, address: { unixSocket: '/x' } }))
  const variants = [{ variantName: 'V', weight: 1, replicas }]
  return {
    fleets: [{ generation: 1, endpointConfigName: 'c', share: 1, asyncInference, variants }],
  }
}

function slots(replicaIds: readonly string[], queue: QueueState, shunned: readonly string[] = []) {
  const { ordinary, alone } = freeSlots(routeOf(replicaIds, 2), queue, new Set(shunned))
  return {
    ordinary: ordinary.map(({ replicaId }) => replicaId),
    alone: alone.map(({ replicaId }) => replicaId),
  }
}

const load = (count: number, hasSuspect = false) => ({ count, hasSuspect })

test('free places go round the replicas, the least busy ones first', () => {
  const queue = { leased: new Map([['a', load(1)]]), suspects: 0 }
  assert.deepEqual(slots(['a', 'b'], queue), { ordinary: ['b', 'b', 'a'], alone: [] })
})

test('a replica that could not be reached gets nothing', () => {
  assert.deepEqual(slots(['a', 'b'], { leased: new Map(), suspects: 0 }, ['a']).ordinary, [
    'b',
    'b',
  ])
})

test('for a request that a replica went away under one replica is emptied and then given to it alone', () => {
  const busy = {
    leased: new Map([
      ['a', load(2)],
      ['b', load(1)],
    ]),
    suspects: 3,
  }
  assert.deepEqual(slots(['a', 'b'], busy), { ordinary: [], alone: [] })
  const emptied = { leased: new Map([['a', load(1)]]), suspects: 3 }
  assert.deepEqual(slots(['a', 'b'], emptied), { ordinary: ['a'], alone: ['b'] })
  const trying = { leased: new Map([['b', load(1, true)]]), suspects: 2 }
  assert.deepEqual(slots(['a', 'b'], trying), { ordinary: ['a', 'a'], alone: [] })
})
