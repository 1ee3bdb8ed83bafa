import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interruptedState } from '../jobs/index.ts'
import type { HostObservation } from './host.states.ts'
import {
  interruptedHosts,
  interruptionCommand,
  restartedState,
  restartingState,
} from './interruption.states.ts'
import {
  advancedState,
  billableTimeSeconds,
  createdState,
  deadlineOf,
  finishedState,
  type Interruption,
  type JobState,
  trainingTimeSeconds,
} from './training-job.states.ts'

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second))
const CREATED = createdState(at(0))
const NOBODY: ReadonlySet<string> = new Set()
const SPOT: Interruption = { kind: 'SpotReclaimed' }
const EXIT: Interruption = { kind: 'ProgramExited', exitCode: 9 }

function host(name: string, state: HostObservation['state']): HostObservation {
  const phases =
    state === 'Starting' || state === 'Running' ? [{ phase: state, at: at(1).toISOString() }] : []
  return { host: name, state, phases, metrics: [] }
}

const HOSTS = [host('algo-1', 'Running'), host('algo-2', 'Running')]

for (const { why, interruption, hosts = HOSTS, told = NOBODY, command } of [
  {
    why: 'spot instances go together, with two minutes notice',
    interruption: SPOT,
    command: { do: 'stop hosts', hosts: ['algo-1', 'algo-2'], graceSeconds: 120 },
  },
  {
    why: 'notice is given once',
    interruption: SPOT,
    told: new Set(['algo-1', 'algo-2']),
    command: undefined,
  },
  {
    why: 'a machine is lost without notice',
    interruption: { kind: 'MachineLost' } as const,
    command: { do: 'lose hosts', hosts: ['algo-1'] },
  },
  {
    why: 'a lost machine is not lost again',
    interruption: { kind: 'MachineLost' } as const,
    hosts: [host('algo-1', 'Unknown'), host('algo-2', 'Running')],
    command: undefined,
  },
  {
    why: 'a program is killed that runs',
    interruption: EXIT,
    command: { do: 'stop hosts', hosts: ['algo-1'], graceSeconds: 0 },
  },
  {
    why: 'a program that has not begun cannot end',
    interruption: EXIT,
    hosts: [host('algo-1', 'Starting')],
    command: undefined,
  },
]) {
  test(`an interruption decides what happens to the hosts: ${why}`, () => {
    const state = { status: 'InProgress', interruption } as const

    assert.deepEqual(interruptionCommand(state, hosts, told), command)
  })
}

test('a job that is stopping is not interrupted any more', () => {
  const state = { status: 'Stopping', interruption: SPOT } as const

  assert.equal(interruptionCommand(state, HOSTS, NOBODY), undefined)
})

test('a program that was killed for its exit code ended with it; one that was quicker with its own', () => {
  const end = (cause: 'Stopped' | 'Exited'): HostObservation => ({
    ...host('algo-1', 'Ended'),
    end: { cause, exitCode: 1, uploaded: {} },
  })

  assert.deepEqual(interruptedHosts([end('Stopped')], EXIT)[0]?.end, {
    cause: 'Exited',
    exitCode: 9,
    uploaded: {},
  })
  assert.equal(interruptedHosts([end('Exited')], EXIT)[0]?.end?.exitCode, 1)
  assert.equal(interruptedHosts([end('Stopped')], SPOT)[0]?.end?.cause, 'Stopped')
})

test('a restarted job says so, and is billed for what ran only', () => {
  const restarted = restartedAt(30)
  const trained = advancedState(restarted, [{ status: 'Training', at: at(40) }], at(40))
  assert.ok(trained)
  const ended = finishedState(
    trained,
    { status: 'Completed', endedAt: at(45), metrics: [] },
    at(45),
  )

  assert.deepEqual(
    ended.transitions.map(({ Status }) => Status),
    ['Starting', 'Training', 'Interrupted', 'Restarting', 'Starting', 'Training', 'Completed'],
  )
  assert.equal(ended.attempt, 2)
  assert.equal(ended.interruption, undefined)
  assert.equal(trainingTimeSeconds(ended), 35)
  assert.equal(billableTimeSeconds(ended), 15)
})

test('the time between two attempts counts for MaxWaitTimeInSeconds and not for the runtime', () => {
  const limits = { maxRuntimeSeconds: 100, maxWaitSeconds: 1000 }
  const restarted = restartedAt(30)
  const trained = advancedState(restarted, [{ status: 'Training', at: at(40) }], at(40))
  assert.ok(trained)

  const standing = deadlineOf({ createdAt: at(0), state: restarted }, limits)
  const running = deadlineOf({ createdAt: at(0), state: trained }, limits)

  assert.deepEqual(standing, { at: at(1000), cause: 'MaxWaitTimeExceeded' })
  assert.deepEqual(running, { at: at(130), cause: 'MaxRuntimeExceeded' })
})

/** Trained from second 10 to 20, was taken back, and started again. */
function restartedAt(second: number): JobState {
  const training = advancedState(CREATED, [{ status: 'Training', at: at(10) }], at(10))
  const struck = training && interruptedState(training, SPOT, at(15))
  assert.ok(struck)
  const restarted = restartedState(restartingState(struck, { at: at(20), now: at(21) }), at(second))
  assert.ok(restarted)
  return restarted
}
