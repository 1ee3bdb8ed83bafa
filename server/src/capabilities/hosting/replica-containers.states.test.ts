import assert from 'node:assert/strict'
import test from 'node:test'
import type { TaskObservation } from '../../platform/engines/engine.ts'
import { containerTaskIds, replicaOfTask, seenTogether } from './replica-containers.states.ts'

type Seen = Partial<TaskObservation> & Pick<TaskObservation, 'state'>

function observation(seen: Seen, index: number): TaskObservation {
  return { taskId: `task-${index}`, phases: [], ready: false, metrics: [], ...seen }
}

const READY = (path: string): Seen => ({
  state: 'Running',
  ready: true,
  address: { unixSocket: path },
})
const ENDED = (cause: 'Exited' | 'Stopped'): Seen => ({
  state: 'Ended',
  end: { cause, uploaded: {} },
})

const CASES: readonly {
  readonly why: string
  readonly seen: readonly Seen[]
  readonly state: TaskObservation['state']
  readonly ready?: boolean
  readonly failedContainer?: number
  readonly lingers?: boolean
}[] = [
  {
    why: 'all that answer are ready',
    seen: [READY('a'), READY('b')],
    state: 'Running',
    ready: true,
  },
  {
    why: 'one that does not answer holds it up',
    seen: [READY('a'), { state: 'Running' }],
    state: 'Running',
  },
  {
    why: 'one that was not started is started, with the others once more',
    seen: [READY('a'), { state: 'Unknown' }],
    state: 'Unknown',
  },
  {
    why: 'one that ended ends it, while the other is waited for',
    seen: [READY('a'), ENDED('Exited')],
    state: 'Ended',
    failedContainer: 1,
    lingers: true,
  },
  {
    why: 'a machine that is lost is lost with all',
    seen: [{ state: 'Lost' }, { state: 'Lost' }],
    state: 'Lost',
    failedContainer: 0,
    lingers: false,
  },
  {
    why: 'the one that ended by itself is the cause',
    seen: [ENDED('Stopped'), ENDED('Exited')],
    state: 'Ended',
    failedContainer: 1,
    lingers: false,
  },
  {
    why: 'one that never ran is not waited for',
    seen: [ENDED('Exited'), { state: 'Unknown' }],
    state: 'Ended',
    failedContainer: 0,
    lingers: false,
  },
]
for (const { why, seen, state, ready = false, failedContainer, lingers } of CASES) {
  test(`containers of a replica: ${why}`, () => {
    const together = seenTogether(seen.map(observation))

    assert.equal(together.observation.taskId, 'task-0')
    assert.deepEqual([together.observation.state, together.observation.ready], [state, ready])
    assert.deepEqual([together.failedContainer, together.lingers], [failedContainer, lingers])
  })
}

test('a replica is reached at each of its containers, in order', () => {
  const seen = [READY('a'), READY('b'), READY('c')].map(observation)
  const { observation: first, furtherAddresses } = seenTogether(seen)

  assert.deepEqual(
    [first.address, ...(furtherAddresses ?? [])],
    [{ unixSocket: 'a' }, { unixSocket: 'b' }, { unixSocket: 'c' }],
  )
})

test('the tasks of a replica lead back to it', () => {
  const replicaId = 'i-00123456789abcdef'
  const taskIds = containerTaskIds({ replicaId, containerCount: 3 })

  assert.deepEqual(taskIds, [replicaId, `${replicaId}-2`, `${replicaId}-3`])
  assert.deepEqual([...new Set(taskIds.map(replicaOfTask))], [replicaId])
  assert.equal(replicaOfTask('training-job-2'), 'training-job-2')
})
