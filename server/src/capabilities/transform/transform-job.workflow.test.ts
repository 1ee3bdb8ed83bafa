import assert from 'node:assert/strict'
import test from 'node:test'
import type { Workflow } from '../../platform/workflow/workflow.ts'
import type { InstanceObservation } from './instance.states.ts'
import {
  type Attempt,
  runTransformJob,
  type TransformJobActivities,
} from './transform-job.workflow.ts'

type Seen = Pick<InstanceObservation, 'state' | 'end'> & { readonly jobIsStopping?: boolean }

const LOST: Seen = { state: 'Lost' }
const DONE: Seen = {
  state: 'Ended',
  end: {
    cause: 'Stopped',
    uploaded: {},
    transformed: { objectCount: 1, failureCount: 0, failures: [] },
  },
}
const CRASHED: Seen = { state: 'Ended', end: { cause: 'Exited', exitCode: 1, uploaded: {} } }

/** Plays a story whose attempts see these. @returns what it did, in order */
async function played(attempts: readonly (readonly Seen[] | Error)[]): Promise<readonly string[]> {
  const told: string[] = []
  const shown = ({ attempt, instances }: Attempt) => `${attempt}: ${instances.join(' ')}`
  const activities: TransformJobActivities = {
    startTasks: async (attempt) => {
      told.push(`start ${shown(attempt)}`)
    },
    awaitEnd: async ({ attempt, instances }) => {
      const seen = attempts[attempt - 1] ?? []
      if (seen instanceof Error) throw seen
      return instances.map((instance, index) => ({
        instance,
        attempt,
        jobIsStopping: false,
        ...(seen[index] ?? LOST),
      }))
    },
    finish: async (_, ended) => {
      told.push(`finish ${ended.map(({ instance, state }) => `${instance} ${state}`).join(', ')}`)
    },
    giveUp: async (_, because) => {
      told.push(`give up: ${because}`)
    },
    removeTasks: async ({ attempt }) => {
      told.push(`remove ${attempt}`)
    },
  }
  const workflow: Workflow = { workflowId: 'transform-job/job', activity: (_name, work) => work() }
  const instanceCount = attempts[0] instanceof Error ? 1 : (attempts[0]?.length ?? 0)
  await runTransformJob(workflow, { jobId: 'job', instanceCount }, activities)
  return told
}

test('instances that come to their end are finished in one attempt', async () => {
  assert.deepEqual(await played([[DONE, DONE]]), [
    'start 1: 0 1',
    'finish 0 Ended, 1 Ended',
    'remove 1',
  ])
})

test('only what was lost is started again, and the job ends with all', async () => {
  assert.deepEqual(await played([[DONE, LOST, DONE], [DONE]]), [
    'start 1: 0 1 2',
    'remove 1',
    'start 2: 1',
    'finish 0 Ended, 2 Ended, 1 Ended',
    'remove 2',
  ])
})

test('what is lost again and again is lost for good', async () => {
  assert.deepEqual(await played([[LOST], [LOST], [LOST]]), [
    'start 1: 0',
    'remove 1',
    'start 2: 0',
    'remove 2',
    'start 3: 0',
    'finish 0 Lost',
    'remove 3',
  ])
})

test('nothing is started again for a job that fails or is stopping', async () => {
  const crashed = await played([[CRASHED, LOST]])
  const stopping = await played([[{ ...LOST, jobIsStopping: true }]])

  assert.deepEqual(crashed, ['start 1: 0 1', 'finish 0 Ended, 1 Lost', 'remove 1'])
  assert.deepEqual(stopping, ['start 1: 0', 'finish 0 Lost', 'remove 1'])
})

test('an activity that fails for good gives the job up', async () => {
  assert.deepEqual(await played([new Error('no disk')]), [
    'start 1: 0',
    'give up: Error: no disk',
    'remove 1',
  ])
})
