import assert from 'node:assert/strict'
import test from 'node:test'
import type { TaskEnd, TaskObservation } from '../../platform/engines/engine.ts'
import { type SeenContainers, seenTogether } from './instance-containers.states.ts'

function task(more: Partial<TaskObservation> = {}): TaskObservation {
  const state = more.end ? 'Ended' : 'Running'
  return { taskId: 'task', state, phases: [], ready: true, metrics: [], ...more }
}

function transformed(failureCount: number): TaskEnd {
  return {
    cause: 'Stopped',
    uploaded: {},
    transformed: { objectCount: 2, failureCount, failures: [] },
  }
}

const DONE = transformed(0)
const PARTLY = transformed(1)
const CRASHED: TaskEnd = { cause: 'Exited', exitCode: 3, uploaded: {} }
const STOPPED: TaskEnd = { cause: 'Stopped', uploaded: {} }

const SEEN: readonly (readonly [string, readonly TaskObservation[], SeenContainers])[] = [
  ['all run', [task(), task()], { state: 'Running', container: 0 }],
  [
    'the first has sent everything',
    [task({ end: DONE }), task()],
    { state: 'Ended', end: DONE, container: 0, lingers: true },
  ],
  [
    'the others were stopped after that',
    [task({ end: DONE }), task({ end: STOPPED })],
    { state: 'Ended', end: DONE, container: 0 },
  ],
  [
    'another is lost after that',
    [task({ end: DONE }), task({ state: 'Lost' })],
    { state: 'Ended', end: DONE, container: 0 },
  ],
  [
    'another died, and objects failed of that',
    [task({ end: PARTLY }), task(), task({ end: CRASHED })],
    { state: 'Ended', end: CRASHED, container: 2, lingers: true },
  ],
  [
    'another was lost, and objects failed of that',
    [task({ end: PARTLY }), task({ state: 'Lost' })],
    { state: 'Lost', container: 1 },
  ],
  [
    'objects failed by themselves',
    [task({ end: PARTLY }), task({ end: STOPPED })],
    { state: 'Ended', end: PARTLY, container: 0 },
  ],
  [
    'the first was stopped since another died',
    [task({ end: STOPPED }), task({ end: CRASHED })],
    { state: 'Ended', end: CRASHED, container: 1 },
  ],
  [
    'the machine is lost',
    [task({ state: 'Lost' }), task()],
    { state: 'Lost', container: 0, lingers: true },
  ],
  [
    'all were stopped',
    [task({ end: STOPPED }), task({ end: STOPPED })],
    { state: 'Ended', end: STOPPED, container: 0 },
  ],
]

for (const [title, tasks, expected] of SEEN) {
  test(`how an instance stands of whose containers ${title}`, () => {
    assert.deepEqual(seenTogether(tasks), expected)
  })
}

test('one container is the instance, which started when the first of its tasks came to work', () => {
  const phases = [{ phase: 'Downloading', at: '2024-05-06T07:08:09.000Z' }] as const
  const later = [{ phase: 'Downloading', at: '2024-05-06T07:08:10.000Z' }] as const

  assert.deepEqual(seenTogether([task({ end: CRASHED })]), { state: 'Ended', end: CRASHED })
  assert.equal(
    seenTogether([task({ phases: later }), task({ phases })]).startedAt,
    '2024-05-06T07:08:09.000Z',
  )
})
