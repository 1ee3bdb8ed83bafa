import assert from 'node:assert/strict'
import test from 'node:test'
import type { TaskObservation } from '../../platform/engines/engine.ts'
import { type DisturbedReplica, disturb } from './disturbed-replica.states.ts'

const NOON_MS = Date.parse('2026-03-01T12:00:00Z')
const RUNNING: TaskObservation = {
  taskId: 'i-1',
  state: 'Running',
  phases: [],
  ready: true,
  metrics: [],
}

function at(seconds: number): Date {
  return new Date(NOON_MS + seconds * 1_000)
}

interface Case {
  readonly name: string
  readonly fault: DisturbedReplica['fault']
  readonly runningAt?: number
  readonly wasReady?: boolean
  readonly now: number
  readonly seen: 'ready' | 'not ready' | 'Unhealthy'
  readonly until?: number
}

const PING = { failingPing: true } as const

/** The fault is injected at second 100, and the container has 240 seconds for its first good ping. */
const CASES: readonly Case[] = [
  { name: 'no fault of its pings', fault: { latencyMs: 5 }, now: 101, seen: 'ready' },
  { name: 'its ping fails at once', fault: PING, now: 100, seen: 'not ready', until: 130 },
  { name: 'its ping fails for long', fault: PING, now: 130, seen: 'Unhealthy' },
  {
    name: 'its successor never answers',
    fault: PING,
    runningAt: 131,
    wasReady: false,
    now: 140,
    seen: 'not ready',
    until: 371,
  },
  {
    name: 'its successor is given up when AWS would',
    fault: PING,
    runningAt: 131,
    wasReady: false,
    now: 371,
    seen: 'Unhealthy',
  },
  {
    name: 'it began before the slow start',
    fault: { slowStartMs: 60_000 },
    now: 101,
    seen: 'ready',
  },
  {
    name: 'it starts slowly',
    fault: { slowStartMs: 60_000 },
    runningAt: 110,
    wasReady: false,
    now: 169,
    seen: 'not ready',
    until: 170,
  },
  {
    name: 'it has started slowly',
    fault: { slowStartMs: 60_000 },
    runningAt: 110,
    wasReady: false,
    now: 170,
    seen: 'ready',
  },
  {
    name: 'it starts more slowly than it may',
    fault: { slowStartMs: 600_000 },
    runningAt: 110,
    wasReady: false,
    now: 350,
    seen: 'Unhealthy',
  },
]

for (const { name, fault, runningAt = 0, wasReady = true, now, seen, until } of CASES) {
  test(`a replica under a fault: ${name}`, () => {
    const found = disturb({
      observation: RUNNING,
      fault,
      injectedAt: at(100),
      runningAt: at(runningAt),
      wasReady,
      startupTimeoutSeconds: 240,
      now: at(now),
    })

    const { end, ready } = found.observation
    assert.equal(end?.cause ?? (ready ? 'ready' : 'not ready'), seen)
    assert.deepEqual(found.until, until === undefined ? undefined : at(until))
  })
}

test('a replica that has ended is not disturbed', () => {
  const observation = { ...RUNNING, state: 'Ended' } as const
  const found = disturb({
    observation,
    fault: PING,
    injectedAt: at(0),
    runningAt: at(0),
    wasReady: true,
    startupTimeoutSeconds: 240,
    now: at(1_000),
  })

  assert.equal(found.observation, observation)
})
