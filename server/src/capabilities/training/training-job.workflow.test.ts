import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workflow } from '../../platform/workflow/workflow.ts'
import { runTrainingJob, type TrainingJobActivities } from './training-job.workflow.ts'

const STORY = { jobId: 'job', hostCount: 1 }

/** Runs activities one after the other and keeps what was done, as `name attempt`. */
function recorded(change: Partial<TrainingJobActivities> = {}) {
  const done: string[] = []
  const note = (name: string, attempt: number): void => {
    done.push(`${name} ${attempt}`)
  }
  const workflow: Workflow = { workflowId: 'training-job/job', activity: (_name, work) => work() }
  const activities: TrainingJobActivities = {
    startTasks: async ({ attempt }) => note('start', attempt),
    awaitEnd: async ({ attempt }) => {
      note('await', attempt)
      return []
    },
    gatherOutputs: async ({ attempt }, hosts) => {
      note('gather', attempt)
      return hosts
    },
    finish: async ({ attempt }) => {
      note('finish', attempt)
      return 'finished'
    },
    giveUp: async ({ attempt }, because) => note(`give up because ${because}`, attempt),
    removeTasks: async ({ attempt }) => note('remove', attempt),
    ...change,
  }
  return { workflow, activities, done, note }
}

test('a job starts, is followed, finished and cleared away', async () => {
  const { workflow, activities, done } = recorded()

  await runTrainingJob(workflow, STORY, activities)

  assert.deepEqual(done, ['start 1', 'await 1', 'finish 1', 'remove 1'])
})

test('the outputs of several hosts are gathered before the end is written', async () => {
  const { workflow, activities, done } = recorded()

  await runTrainingJob(workflow, { ...STORY, hostCount: 2 }, activities)

  assert.deepEqual(done, ['start 1', 'await 1', 'gather 1', 'finish 1', 'remove 1'])
})

test('a job that is to be tried again runs with new tasks, after the old ones are gone', async () => {
  const { workflow, activities, done, note } = recorded({
    finish: async ({ attempt }) => {
      note('finish', attempt)
      return attempt === 1 ? 'try again' : 'finished'
    },
  })

  await runTrainingJob(workflow, STORY, activities)

  assert.deepEqual(done, [
    ...['start 1', 'await 1', 'finish 1', 'remove 1'],
    ...['start 2', 'await 2', 'finish 2', 'remove 2'],
  ])
})

test('a job whose tasks cannot be started fails and leaves nothing behind', async () => {
  const { workflow, activities, done } = recorded({
    startTasks: async () => {
      throw new Error('no room')
    },
  })

  await runTrainingJob(workflow, STORY, activities)

  assert.deepEqual(done, ['give up because Error: no room 1', 'remove 1'])
})
