import assert from 'node:assert/strict'
import test from 'node:test'
import { interruptedState } from '../jobs/index.ts'
import type { InstanceObservation } from './instance.states.ts'
import {
  aimedState,
  type InterruptionCommand,
  interruptedInstances,
  interruptionCommand,
  recoveredState,
} from './interruption.states.ts'
import { createdState, type Interruption, type JobState } from './transform-job.states.ts'

const NOW = new Date('2024-05-06T07:08:09Z')
const LOST: Interruption = { kind: 'MachineLost' }
const EXITED: Interruption = { kind: 'ProgramExited', exitCode: 7 }
const AT = { attempt: 2, instance: 1 }

function instance(
  number: number,
  state: InstanceObservation['state'],
  more: Partial<InstanceObservation> = {},
): InstanceObservation {
  return { instance: number, attempt: 2, state, jobIsStopping: false, ...more }
}

const STARTING = [instance(0, 'Lost'), instance(1, 'Starting')]
const RUNNING = [instance(0, 'Downloading'), instance(1, 'Running')]

const COMMANDS: readonly (readonly [
  string,
  Interruption,
  readonly InstanceObservation[],
  InterruptionCommand | undefined,
])[] = [
  ['a machine is to be lost', LOST, STARTING, { do: 'aim', at: AT }],
  ['it is aimed at', { ...LOST, aim: AT }, STARTING, { do: 'lose instance', instance: 1 }],
  [
    'it was lost in an earlier attempt',
    { ...LOST, aim: { attempt: 1, instance: 1 } },
    STARTING,
    undefined,
  ],
  ['it is lost', { ...LOST, aim: AT }, [instance(1, 'Unknown')], undefined],
  ['all are over', LOST, [instance(0, 'Ended')], undefined],
  ['a program is to end that has not begun', EXITED, STARTING, undefined],
  ['a program is to end', EXITED, RUNNING, { do: 'aim', at: AT }],
  ['it is aimed at', { ...EXITED, aim: AT }, RUNNING, { do: 'kill program', instance: 1 }],
]

for (const [title, interruption, instances, expected] of COMMANDS) {
  test(`what is done where ${title} (${interruption.kind})`, () => {
    const state: JobState = { ...createdState(NOW), interruption }
    assert.deepEqual(interruptionCommand(state, instances, new Set()), expected)
    assert.equal(
      interruptionCommand({ ...state, status: 'Stopping' }, instances, new Set()),
      undefined,
    )
  })
}

test('a program is killed once', () => {
  const state: JobState = { ...createdState(NOW), interruption: { ...EXITED, aim: AT } }
  assert.equal(interruptionCommand(state, RUNNING, new Set([1])), undefined)
})

test('one interruption is on its way at a time, aimed once, and gone with the next attempt', () => {
  const created = createdState(NOW)
  const interrupted = interruptedState<Interruption, JobState>(created, LOST, NOW)
  assert.ok(interrupted)
  assert.equal(interruptedState<Interruption, JobState>(interrupted, EXITED, NOW), undefined)

  const aimed = aimedState(interrupted, { attempt: 1, instance: 0 }, NOW)
  assert.ok(aimed)
  assert.equal(aimedState(aimed, AT, NOW), undefined)

  assert.equal(recoveredState(interrupted, 1, NOW), undefined)
  assert.equal(recoveredState(aimed, 1, NOW), undefined)
  assert.deepEqual(recoveredState(aimed, 2, NOW), created)
})

test('a killed program is judged as one that ended with its code, but not one that had done its work', () => {
  const stopped = { cause: 'Stopped', uploaded: {} } as const
  const transformed = { objectCount: 1, failureCount: 0, failures: [] }
  const judged = (end: InstanceObservation['end']) =>
    interruptedInstances([instance(1, 'Ended', end && { end })], { ...EXITED, aim: AT })[0]?.end

  assert.deepEqual(judged(stopped), { ...stopped, cause: 'Exited', exitCode: 7 })
  assert.deepEqual(judged({ ...stopped, transformed }), { ...stopped, transformed })
})
