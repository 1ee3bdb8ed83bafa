import assert from 'node:assert/strict'
import test from 'node:test'
import type { TaskEnd, TaskObservation } from '../../platform/engines/engine.ts'
import type { VariantRoute } from '../inference/route.ts'
import { decideFleet, type ObservedFleet, type ObservedReplica, STEADY_MS } from './fleet.states.ts'
import type { Fleet, FleetVariant } from './fleet.ts'

const NOW = new Date('2026-03-01T12:00:00Z')

function at(offsetMs: number): Date {
  return new Date(NOW.getTime() + offsetMs)
}

function variant(more: Partial<FleetVariant> = {}): FleetVariant {
  return {
    variantName: 'V',
    production: { VariantName: 'V', ModelName: 'm' },
    container: { Image: 'image', ModelDataUrl: 's3://bucket/model.tar.gz' },
    executionRoleArn: 'arn:aws:iam::123456789012:role/r',
    networkIsolation: false,
    resolvedImage: 'runtime',
    resolvedAt: NOW.toISOString(),
    weight: 1,
    desiredWeight: 1,
    instanceCount: 1,
    desiredInstanceCount: 1,
    ...more,
  }
}

function fleet(more: Partial<Fleet> = {}): Fleet {
  return {
    generation: 1,
    stage: 'Serving',
    endpointConfigName: 'config-1',
    variants: [variant()],
    settings: {},
    failures: {},
    publishedVersion: 7,
    launchedAt: at(-3_600_000),
    ...more,
  }
}

function observation(
  state: TaskObservation['state'],
  more: Partial<TaskObservation> = {},
): TaskObservation {
  return { taskId: 'i-1', state, phases: [], ready: false, metrics: [], ...more }
}

function address(replicaId: string) {
  return { unixSocket: `/run/${replicaId}` }
}

function replica(replicaId: string, more: Partial<ObservedReplica> = {}): ObservedReplica {
  return {
    replicaId,
    generation: 1,
    variantName: 'V',
    startAt: at(-STEADY_MS),
    failures: 0,
    ready: false,
    createdAt: at(-STEADY_MS),
    ...more,
  }
}

/** One that answers pings, and did at the last look. */
function healthy(replicaId: string, more: Partial<ObservedReplica> = {}): ObservedReplica {
  return replica(replicaId, {
    ready: true,
    address: address(replicaId),
    readyAt: at(-60_000),
    observation: observation('Running', { ready: true, address: address(replicaId) }),
    ...more,
  })
}

function dead(replicaId: string, cause: TaskEnd['cause'], more: Partial<ObservedReplica> = {}) {
  return replica(replicaId, {
    observation: observation('Ended', { end: { cause, uploaded: {} } }),
    ...more,
  })
}

function retired(replicaId: string, state: TaskObservation['state']): ObservedReplica {
  const retirement = { version: 9, drainUntil: at(60_000) }
  return replica(replicaId, { observation: observation(state), retirement })
}

function route(...replicaIds: string[]): NonNullable<ObservedFleet['route']> {
  const replicas = replicaIds.map((replicaId) => ({ replicaId, address: address(replicaId) }))
  const variants: VariantRoute[] = [{ variantName: 'V', weight: 1, replicas }]
  return { fleets: [{ generation: 1, endpointConfigName: 'config-1', share: 1, variants }] }
}

/** Commands in short: `retire i-1`, `publish i-2`, `launch V at +1000 after 2`. */
function decide(observed: Partial<ObservedFleet>, fleets: readonly Fleet[]): string[] {
  const whole = { replicas: [], gateways: [], route: undefined, wall: NOW, ...observed }
  return decideFleet(whole, fleets, NOW).map((one) => {
    switch (one.command) {
      case 'note':
        return `note ${one.replica.replicaId}`
      case 'fail':
        return `fail ${one.variantName}`
      case 'publish':
        return `publish ${one.fleets
          .flatMap(({ variants }) => variants)
          .map((each) => `${each.weight}:${each.replicas.map((r) => r.replicaId).join('+')}`)
          .join(' ')}`
      case 'launch': {
        const delayMs = one.startAt.getTime() - NOW.getTime()
        return `launch ${one.generation}/${one.variantName} at +${delayMs} after ${one.failures}`
      }
      case 'look again':
        return `look again at +${one.at.getTime() - NOW.getTime()}`
      case 'resize':
        return `resize ${one.generation}/${one.variantName} to ${one.instanceCount}`
      case 'withdraw':
        return 'withdraw'
      default:
        return `${one.command} ${one.replicaId}`
    }
  })
}

interface Case {
  readonly because: string
  readonly observed: Partial<ObservedFleet>
  readonly fleets: readonly Fleet[]
  readonly commands: readonly string[]
}

const launching = fleet({ stage: 'Launching' })
const two = fleet({ variants: [variant({ instanceCount: 2, desiredInstanceCount: 2 })] })
const none = { ...two, variants: [variant({ instanceCount: 0 })] }

const CASES: readonly Case[] = [
  {
    because: 'a fleet that is all there and told needs nothing',
    observed: { replicas: [healthy('i-1')], route: route('i-1') },
    fleets: [fleet()],
    commands: [],
  },
  {
    because: 'a new fleet gets as many replicas as it wants',
    observed: {},
    fleets: [{ ...two, stage: 'Launching' }],
    commands: ['launch 1/V at +0 after 0', 'launch 1/V at +0 after 0'],
  },
  {
    because: 'a replica whose task was never begun is started: control died before it could',
    observed: { replicas: [replica('i-1', { observation: observation('Unknown') })] },
    fleets: [launching],
    commands: ['start i-1'],
  },
  {
    because: 'a replica that waits out a back-off is not started before its time',
    observed: {
      replicas: [replica('i-1', { startAt: at(500), observation: observation('Unknown') })],
    },
    fleets: [launching],
    commands: ['look again at +500'],
  },
  {
    because: 'nothing is decided about a replica that was not looked at',
    observed: { replicas: [replica('i-1')] },
    fleets: [launching],
    commands: [],
  },
  {
    because:
      'a replica that begins to answer is noted; a fleet that is not served from gets no route',
    observed: {
      replicas: [healthy('i-1', { ready: false, readyAt: undefined as never })],
    },
    fleets: [launching],
    commands: ['note i-1'],
  },
  {
    because: 'a fleet whose container ended before it answered has failed, and is not tried again',
    observed: { replicas: [dead('i-1', 'Exited')] },
    fleets: [launching],
    commands: ['fail V', 'retire i-1'],
  },
  {
    because: 'a machine that went away while a fleet was launched is not the model: start anew',
    observed: { replicas: [replica('i-1', { observation: observation('Lost') })] },
    fleets: [launching],
    commands: ['retire i-1', 'launch 1/V at +0 after 0'],
  },
  {
    because: 'machines that go away again and again while a fleet is launched fail it all the same',
    observed: {
      replicas: [
        replica('i-1', { startAt: at(-1_000), failures: 3, observation: observation('Lost') }),
      ],
    },
    fleets: [launching],
    commands: ['fail V', 'retire i-1'],
  },
  {
    because: 'after a failure the rest of a launched fleet is not filled up',
    observed: { replicas: [] },
    fleets: [fleet({ stage: 'Launching', failures: { V: 'it did not' } })],
    commands: [],
  },
  {
    because: 'a fleet that begins to serve is published, with those that answer',
    observed: { replicas: [healthy('i-2'), healthy('i-1')] },
    fleets: [fleet({ ...two, publishedVersion: undefined as never })],
    commands: ['publish 1:i-1+i-2'],
  },
  {
    because: 'a fleet that asks for a publication gets one though nothing differs',
    observed: { replicas: [healthy('i-1')], route: route('i-1') },
    fleets: [fleet({ publishedVersion: undefined as never })],
    commands: ['publish 1:i-1'],
  },
  {
    because: 'a dead replica leaves the route first, then one takes its place at once',
    observed: {
      replicas: [healthy('i-1'), dead('i-2', 'Exited', { ready: true, readyAt: at(-1) })],
      route: route('i-1', 'i-2'),
    },
    fleets: [two],
    commands: ['publish 1:i-1', 'retire i-2', 'launch 1/V at +0 after 0'],
  },
  {
    because: 'a replica that stops answering leaves the route and is left to recover or to end',
    observed: {
      replicas: [healthy('i-1', { observation: observation('Running') })],
      route: route('i-1'),
    },
    fleets: [fleet()],
    commands: ['note i-1', 'publish 1:'],
  },
  {
    because: 'the first to take the place of one that died young starts at once',
    observed: {
      replicas: [dead('i-1', 'Exited', { startAt: at(-1_000), readyAt: at(-1) })],
      route: route(),
    },
    fleets: [fleet()],
    commands: ['retire i-1', 'launch 1/V at +0 after 1'],
  },
  {
    because: 'the fourth in a row to die young is followed after four seconds',
    observed: {
      replicas: [dead('i-1', 'Exited', { startAt: at(-1_000), failures: 3, readyAt: at(-1) })],
      route: route(),
    },
    fleets: [fleet()],
    commands: ['retire i-1', 'launch 1/V at +4000 after 4'],
  },
  {
    because: 'the wait between attempts has a bound',
    observed: {
      replicas: [dead('i-1', 'Exited', { startAt: at(-1_000), failures: 40, readyAt: at(-1) })],
      route: route(),
    },
    fleets: [fleet()],
    commands: ['retire i-1', 'launch 1/V at +60000 after 41'],
  },
  {
    because: 'what is too much is retired: those that do not answer, then the youngest',
    observed: {
      replicas: [
        healthy('i-1'),
        healthy('i-2', { createdAt: at(-1_000) }),
        replica('i-3', { createdAt: at(-9_999_999), observation: observation('Running') }),
      ],
      route: route('i-1', 'i-2'),
    },
    fleets: [fleet()],
    commands: ['publish 1:i-1', 'retire i-2', 'retire i-3'],
  },
  {
    because: 'a variant may want none',
    observed: { replicas: [healthy('i-1')], route: route('i-1') },
    fleets: [none],
    commands: ['publish 1:', 'retire i-1'],
  },
  {
    because: 'a changed weight is published',
    observed: { replicas: [healthy('i-1')], route: route('i-1') },
    fleets: [fleet({ variants: [variant({ weight: 3 })] })],
    commands: ['publish 3:i-1'],
  },
  {
    because: 'on the switch all requests go to the new fleet and all of the old one retires',
    observed: {
      replicas: [healthy('i-1'), healthy('i-2', { generation: 2 })],
      route: route('i-1'),
    },
    fleets: [
      fleet({ stage: 'Retiring' }),
      fleet({
        generation: 2,
        endpointConfigName: 'config-2',
        publishedVersion: undefined as never,
      }),
    ],
    commands: ['publish 1:i-2', 'retire i-1'],
  },
  {
    because: 'while the next fleet comes up the present one keeps its route',
    observed: {
      replicas: [healthy('i-1'), healthy('i-2', { generation: 2 })],
      route: route('i-1'),
    },
    fleets: [fleet(), fleet({ generation: 2, stage: 'Launching' })],
    commands: [],
  },
  {
    because: 'an endpoint that is deleted loses its route before its replicas',
    observed: { replicas: [healthy('i-1')], route: route('i-1') },
    fleets: [fleet({ stage: 'Retiring' })],
    commands: ['withdraw', 'retire i-1'],
  },
  {
    because: 'a retired replica is ended at once where no gateway is',
    observed: { replicas: [retired('i-1', 'Running')] },
    fleets: [],
    commands: ['stop i-1'],
  },
  {
    because: 'a gateway that still routes by an older version is waited for, up to a bound',
    observed: {
      replicas: [retired('i-1', 'Running')],
      gateways: [{ gatewayId: 'g', version: 8, busyReplicaIds: [] }],
    },
    fleets: [],
    commands: ['look again at +60000'],
  },
  {
    because: 'a request that the replica is answering is waited for',
    observed: {
      replicas: [retired('i-1', 'Running')],
      gateways: [{ gatewayId: 'g', version: 9, busyReplicaIds: ['i-1'] }],
    },
    fleets: [],
    commands: ['look again at +60000'],
  },
  {
    because: 'a replica that no gateway uses any more is ended, whatever others are busy with',
    observed: {
      replicas: [retired('i-1', 'Running')],
      gateways: [{ gatewayId: 'g', version: 12, busyReplicaIds: ['i-2'] }],
    },
    fleets: [],
    commands: ['stop i-1'],
  },
  {
    because: 'a retired replica that ended is forgotten',
    observed: { replicas: [retired('i-1', 'Ended'), retired('i-2', 'Lost')] },
    fleets: [],
    commands: ['remove i-1', 'remove i-2'],
  },
  {
    because: 'a replica of a fleet that is not there any more is retired',
    observed: { replicas: [healthy('i-1', { generation: 5 })] },
    fleets: [],
    commands: ['retire i-1'],
  },
]

for (const { because, observed, fleets, commands } of CASES) {
  test(`decideFleet: ${because}`, () => {
    assert.deepEqual(decide(observed, fleets), commands)
  })
}

test('decideFleet: a replica that was drained for too long is ended all the same', () => {
  const overdue = { ...retired('i-1', 'Running'), retirement: { version: 9, drainUntil: at(0) } }
  const gateways = [{ gatewayId: 'g', version: 9, busyReplicaIds: ['i-1'] }]

  assert.deepEqual(decide({ replicas: [overdue], gateways }, []), ['stop i-1'])
})

test('decideFleet: a row gives an address back in another order of members and is no news', () => {
  const seen = { hostname: '10.0.0.1', port: 8080 }
  const stored = { port: 8080, hostname: '10.0.0.1' }
  const one = healthy('i-1', {
    address: stored,
    observation: observation('Running', { ready: true, address: seen }),
  })
  const variants = [
    { variantName: 'V', weight: 1, replicas: [{ replicaId: 'i-1', address: stored }] },
  ]
  const told = {
    fleets: [{ share: 1, generation: 1, endpointConfigName: 'config-1', variants }],
  }

  assert.deepEqual(decide({ replicas: [one], route: told }, [fleet()]), [])
})
