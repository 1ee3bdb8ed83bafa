import assert from 'node:assert/strict'
import test from 'node:test'
import type { ProductionVariant } from '@aws-sdk/client-sagemaker'
import { type CopyHost, planCopies } from './copies.states.ts'
import type { Fleet, FleetVariant } from './fleet.ts'
import type { ObservedReplica } from './replica-life.states.ts'
import type { Workload } from './workload.ts'

const NOW = new Date('2026-03-01T12:00:00Z')

function host(more: {
  count?: number
  managed?: ProductionVariant['ManagedInstanceScaling']
  fleet?: Partial<Fleet>
}): Pick<CopyHost, 'fleet' | 'variant' | 'now'> {
  const count = more.count ?? 1
  const variant: FleetVariant = {
    variantName: 'A',
    production: {
      VariantName: 'A',
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 1,
      ...(more.managed && { ManagedInstanceScaling: more.managed }),
    },
    container: {},
    executionRoleArn: '',
    networkIsolation: false,
    resolvedImage: '',
    resolvedAt: NOW.toISOString(),
    hostsComponents: true,
    weight: 1,
    desiredWeight: 1,
    instanceCount: count,
    desiredInstanceCount: count,
  }
  const fleet: Fleet = {
    generation: 1,
    stage: 'Serving',
    endpointConfigName: 'config',
    variants: [variant],
    settings: {},
    failures: {},
    launchedAt: NOW,
    ...more.fleet,
  }
  return { fleet, variant, now: NOW }
}

/** Takes one of an instance's two cores. */
function workload(copyCount: number, more: Partial<Workload> = {}): Workload {
  const { variant } = host({})
  return {
    componentId: 'c',
    specification: 1,
    inferenceComponentName: 'c',
    variantName: 'A',
    request: {},
    variant: { ...variant, component: { inferenceComponentName: 'c', cpuCores: 1 } },
    placement: { cpuCores: 1, accelerators: 0, memoryMb: 1024, strategy: 'SPREAD' },
    copyCount,
    scalesToZero: false,
    isProven: true,
    ...more,
  }
}

function copy(
  instanceNumber: number,
  more: Partial<ObservedReplica> & { specification?: number } = {},
): ObservedReplica {
  const { specification = 1, ...others } = more
  const replicaId = others.replicaId ?? `i-${specification}-${instanceNumber}-${++copies}`
  return {
    replicaId,
    generation: 1,
    variantName: 'A',
    startAt: NOW,
    failures: 0,
    ready: true,
    readyAt: NOW,
    createdAt: NOW,
    observation: { taskId: replicaId, state: 'Running', phases: [], ready: true, metrics: [] },
    copy: { componentId: 'c', specification, instanceNumber },
    ...others,
  }
}
let copies = 0

const ENDED = { taskId: 'x', state: 'Ended', phases: [], ready: false, metrics: [] } as const
const RETIRED = { retirement: { version: 1, drainUntil: NOW } }

/** A plan as one reads it: launches by instance, who leaves, what failed. */
function said(options: CopyHost) {
  const plan = planCopies(options)
  return {
    launches: plan.launches.map((one) => one.copy?.instanceNumber),
    leaving: plan.leaving.map((one) => one.replicaId),
    failures: plan.failures.length,
    ...(plan.instanceCount !== undefined && { instanceCount: plan.instanceCount }),
  }
}

const NOTHING = { launches: [], leaving: [], failures: 0 }

test('planCopies launches what is missing where there is room', () => {
  const two = host({ count: 2 })

  assert.deepEqual(said({ ...two, workloads: [workload(3)], replicas: [copy(1)] }), {
    ...NOTHING,
    launches: [2, 1],
  })
  assert.deepEqual(said({ ...two, workloads: [workload(1)], replicas: [copy(1)] }), NOTHING)
})

test('planCopies fails a workload that has no room, once, and launches what has', () => {
  const one = host({})
  const unfit = planCopies({ ...one, workloads: [workload(3)], replicas: [] })

  assert.deepEqual(
    unfit.launches.map(({ copy: place }) => place?.instanceNumber),
    [1, 1],
  )
  assert.deepEqual(unfit.failures[0]?.workload, { componentId: 'c', specification: 1 })
  assert.match(unfit.failures[0]?.failureReason ?? '', /^CapacityError: There is not enough room/)
  const many = planCopies({ ...one, workloads: [workload(1e9)], replicas: [] })
  assert.deepEqual([many.launches.length, many.failures.length], [2, 1], 'however many')
  const known = workload(3, { failure: 'known' })
  assert.equal(planCopies({ ...one, workloads: [known], replicas: [] }).failures.length, 0)
})

test('planCopies waits for room that what leaves will make', () => {
  const one = host({})
  const leaving = [copy(1, RETIRED), copy(1, RETIRED)]
  const dead = leaving.map((each) => ({ ...each, observation: ENDED }))

  assert.deepEqual(said({ ...one, workloads: [workload(1)], replicas: leaving }), NOTHING)
  assert.deepEqual(said({ ...one, workloads: [workload(1)], replicas: dead }).launches, [1])
})

test('planCopies gives up a workload that never came up, and keeps at one that did', () => {
  const dead = copy(1, { observation: ENDED, ready: false, replicaId: 'dead' })
  const { readyAt: _, ...young } = dead
  const fresh = workload(1, { isProven: false })
  const one = host({})

  assert.deepEqual(said({ ...one, workloads: [fresh], replicas: [young] }), {
    ...{ launches: [], leaving: ['dead'], failures: 1 },
  })
  assert.deepEqual(said({ ...one, workloads: [workload(1)], replicas: [dead] }), {
    ...{ launches: [1], leaving: ['dead'], failures: 0 },
  })
})

test('planCopies lets copies go that are too many: from the fullest instance, or packed from the last', () => {
  const replicas = [
    copy(1, { replicaId: 'a' }),
    copy(1, { replicaId: 'b' }),
    copy(2, { replicaId: 'c' }),
  ]
  const packed = workload(2, { placement: { ...workload(2).placement, strategy: 'BINPACK' } })
  const two = host({ count: 2 })

  assert.deepEqual(said({ ...two, workloads: [workload(2)], replicas }).leaving, ['b'])
  assert.deepEqual(said({ ...two, workloads: [packed], replicas }).leaving, ['c'])
  assert.deepEqual(said({ ...two, workloads: [], replicas }).leaving, ['a', 'b', 'c'])
})

test('a copy on an instance that is given up leaves only when another has taken its place', () => {
  const one = host({ count: 1 })
  const workloads = [workload(2)]
  const kept = copy(1)
  const moved = copy(2, { replicaId: 'moved' })
  const coming = copy(1, { ready: false, observation: { ...ENDED, state: 'Starting' } })

  assert.deepEqual(said({ ...one, workloads, replicas: [kept, moved] }), {
    ...NOTHING,
    launches: [1],
  })
  assert.deepEqual(said({ ...one, workloads, replicas: [kept, moved, coming] }), NOTHING)
  assert.deepEqual(said({ ...one, workloads, replicas: [kept, moved, copy(1)] }), {
    ...NOTHING,
    leaving: ['moved'],
  })
})

test('managed instances follow the copies, within their bounds', () => {
  const managed = { Status: 'ENABLED', MinInstanceCount: 1, MaxInstanceCount: 3 } as const
  const workloads = [workload(4)]
  const grown = said({ ...host({ managed }), workloads, replicas: [] })
  const idle = said({
    ...host({ managed, count: 3 }),
    workloads: [workload(1)],
    replicas: [copy(2)],
  })
  const full = said({ ...host({ managed }), workloads: [workload(7)], replicas: [] })
  const draining = [copy(1), copy(2, RETIRED)]
  const held = said({
    ...host({ managed, count: 2 }),
    workloads: [workload(1)],
    replicas: draining,
  })
  const none = { ...managed, MinInstanceCount: 0 }

  assert.deepEqual(grown, { ...NOTHING, launches: [1, 1, 2, 2], instanceCount: 2 })
  assert.deepEqual(idle, { ...NOTHING, instanceCount: 1 })
  assert.deepEqual([full.launches.length, full.failures, full.instanceCount], [6, 1, 3])
  assert.deepEqual(held, NOTHING, 'an instance is kept until what leaves it has left')
  assert.equal(said({ ...host({ managed: none }), workloads: [], replicas: [] }).instanceCount, 0)
})

test('copies of a fleet that retires leave, and one that is launched holds their failure against itself', () => {
  const retiring = host({ fleet: { stage: 'Retiring' } })
  const launching = host({ fleet: { stage: 'Launching' } })
  const asked = host({ count: 0, fleet: { stage: 'Launching' } })

  assert.deepEqual(
    said({ ...retiring, workloads: [workload(1)], replicas: [copy(1, { replicaId: 'a' })] })
      .leaving,
    ['a'],
  )
  const { failures } = planCopies({ ...launching, workloads: [workload(3)], replicas: [] })
  assert.deepEqual([failures[0]?.variantName, failures[0]?.workload], ['A', undefined])
  assert.deepEqual(said({ ...asked, workloads: [workload(1)], replicas: [] }), NOTHING)
})
