import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  advancedState,
  createdState,
  deadlineOf,
  finishedState,
  retriedState,
  stoppingState,
  trainingTimeSeconds,
  transition,
} from './training-job.states.ts'

const at = (seconds: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds))
const PHASES = [
  { status: 'Downloading', at: at(1) },
  { status: 'Training', at: at(2) },
  { status: 'Uploading', at: at(5) },
] as const
const NO_OUTCOME = { metrics: [] }

const history = (state: { transitions: readonly { Status: string }[] }): string[] =>
  state.transitions.map(({ Status }) => Status)

test('a job goes only where the table says', () => {
  assert.equal(transition('InProgress', 'Stopping'), 'Stopping')
  assert.equal(transition('Stopping', 'Stopped'), 'Stopped')
  assert.throws(() => transition('Completed', 'InProgress'), /from Completed to InProgress/)
  assert.throws(() => transition('InProgress', 'Stopped'), /from InProgress to Stopped/)
})

test('phases become secondary statuses in order, each with its own time and message', () => {
  const created = createdState(at(0))

  const advanced = advancedState(created, PHASES, at(6))

  assert.deepEqual(advanced?.transitions, [
    {
      Status: 'Starting',
      StartTime: at(0).toISOString(),
      EndTime: at(1).toISOString(),
      StatusMessage: 'Preparing the instances for training',
    },
    {
      Status: 'Downloading',
      StartTime: at(1).toISOString(),
      EndTime: at(2).toISOString(),
      StatusMessage: 'Downloading input data',
    },
    {
      Status: 'Training',
      StartTime: at(2).toISOString(),
      EndTime: at(5).toISOString(),
      StatusMessage: 'Training image download completed. Training in progress.',
    },
    {
      Status: 'Uploading',
      StartTime: at(5).toISOString(),
      StatusMessage: 'Uploading generated training model',
    },
  ])
  assert.equal(advanced?.secondaryStatus, 'Uploading')
  assert.deepEqual(advanced?.trainingStartedAt, at(1))
  assert.deepEqual(advanced?.modifiedAt, at(6))
})

test('phases that are there already change nothing', () => {
  const advanced = advancedState(createdState(at(0)), PHASES.slice(0, 2), at(3))
  assert.ok(advanced)

  assert.equal(advancedState(advanced, PHASES.slice(0, 2), at(4)), undefined)
})

test('a phase that is stamped before the one ahead of it begins when that one did', () => {
  const advanced = advancedState(createdState(at(4)), PHASES.slice(0, 1), at(5))

  assert.equal(advanced?.transitions[1]?.StartTime, at(4).toISOString())
  assert.deepEqual(advanced?.trainingStartedAt, at(4))
})

test('of a job that is stopping only its upload is news', () => {
  const stopping = stoppingState(createdState(at(0)), 'Requested', at(3))

  const advanced = advancedState(stopping, PHASES, at(6))

  assert.deepEqual(advanced && history(advanced), ['Starting', 'Stopping', 'Uploading'])
})

test('a completed job says when each part of it ended, and how long it trained, rounded up', () => {
  const running = advancedState(createdState(at(0)), PHASES, at(6))
  assert.ok(running)
  const endedAt = new Date(at(6).getTime() + 1)

  const done = finishedState(running, { ...NO_OUTCOME, status: 'Completed', endedAt }, at(7))

  assert.equal(done.status, 'Completed')
  assert.deepEqual(history(done).slice(-2), ['Uploading', 'Completed'])
  assert.equal(done.transitions.at(-1)?.StatusMessage, 'Training job completed')
  assert.ok(done.transitions.every(({ EndTime }) => EndTime !== undefined))
  assert.deepEqual(done.trainingEndedAt, endedAt)
  assert.equal(trainingTimeSeconds(done), 6)
})

test('a job that trained for an instant is billed a second, since clients divide by it', () => {
  const running = advancedState(createdState(at(0)), PHASES.slice(0, 1), at(1))
  assert.ok(running)

  const done = finishedState(running, { ...NO_OUTCOME, status: 'Completed', endedAt: at(1) }, at(1))

  assert.equal(trainingTimeSeconds(done), 1)
})

test('a job that failed before its data was fetched has no training times', () => {
  const failed = finishedState(
    createdState(at(0)),
    { ...NO_OUTCOME, status: 'Failed', failureReason: 'ClientError: x', endedAt: at(1) },
    at(1),
  )

  assert.equal(failed.secondaryStatus, 'Failed')
  assert.equal(failed.failureReason, 'ClientError: x')
  assert.equal(failed.trainingEndedAt, undefined)
  assert.equal(trainingTimeSeconds(failed), undefined)
})

test('a stopped job says why it was stopped', () => {
  const cases = [
    ['Requested', 'Stopped'],
    ['MaxRuntimeExceeded', 'MaxRuntimeExceeded'],
    ['MaxWaitTimeExceeded', 'MaxWaitTimeExceeded'],
  ] as const
  for (const [cause, secondary] of cases) {
    const stopping = stoppingState(createdState(at(0)), cause, at(1))

    const stopped = finishedState(
      stopping,
      { ...NO_OUTCOME, status: 'Stopped', endedAt: at(2) },
      at(2),
    )

    assert.equal(stopped.status, 'Stopped')
    assert.equal(stopped.secondaryStatus, secondary)
  }
})

test('a job that is tried again starts over in its history and keeps its training start', () => {
  const running = advancedState(createdState(at(0)), PHASES.slice(0, 2), at(3))
  assert.ok(running)

  const again = retriedState(running, at(8))
  const downloading = advancedState(again, [{ status: 'Downloading', at: at(9) }], at(9))

  assert.equal(again.attempt, 2)
  assert.deepEqual(again.attemptBeganAt, at(8))
  assert.deepEqual(downloading && history(downloading), [
    'Starting',
    'Downloading',
    'Training',
    'Starting',
    'Downloading',
  ])
  assert.deepEqual(downloading?.trainingStartedAt, at(1))
})

test('the deadline is the earlier of the two limits, counted from rows', () => {
  const starting = { createdAt: at(0), state: createdState(at(0)) }
  const state = advancedState(starting.state, PHASES.slice(0, 1), at(1))
  assert.ok(state)
  const running = { createdAt: at(0), state }
  const stopping = { createdAt: at(0), state: stoppingState(state, 'Requested', at(2)) }
  const wait = { at: at(9), cause: 'MaxWaitTimeExceeded' }
  const runtime = { at: at(11), cause: 'MaxRuntimeExceeded' }

  assert.equal(deadlineOf(starting, { maxRuntimeSeconds: 10 }), undefined)
  assert.deepEqual(deadlineOf(starting, { maxRuntimeSeconds: 10, maxWaitSeconds: 9 }), wait)
  assert.deepEqual(deadlineOf(running, { maxRuntimeSeconds: 10 }), runtime)
  assert.deepEqual(deadlineOf(running, { maxRuntimeSeconds: 10, maxWaitSeconds: 9 }), wait)
  assert.deepEqual(deadlineOf(running, { maxRuntimeSeconds: 10, maxWaitSeconds: 60 }), runtime)
  assert.equal(deadlineOf(stopping, { maxRuntimeSeconds: 10 }), undefined)
})
