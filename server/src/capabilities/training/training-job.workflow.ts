import type { RetryPolicy, Workflow } from '../../platform/workflow/workflow.ts'
import type { HostObservation } from './host.states.ts'

/** The order of the activities below; see `WorkflowDefinition` for what to do when it changes. */
export const TRAINING_JOB_WORKFLOW = 'TrainingJob.v1'

/** About six hours: what waits for tasks outlasts a Postgres that is away for long. */
const PERSISTENT: RetryPolicy = { attemptsMax: 18, firstDelaySeconds: 0.25 }

export interface TrainingJobStory {
  readonly jobId: string
  readonly hostCount: number
}

/** One run of all of a job's tasks. */
export interface Attempt extends TrainingJobStory {
  /** From 1. */
  readonly attempt: number
}

/** What the story does to the world; each is idempotent, and does nothing for a job that is gone. */
export interface TrainingJobActivities {
  /** Starts one task per host, unless the job is stopping already. */
  startTasks(attempt: Attempt): Promise<void>
  /**
   * Resolves when all tasks are over, with how they stand. Meanwhile it writes the phases they reach to
   * the job, and stops them when the job is stopping, its time is over or one of them fails.
   */
  awaitEnd(attempt: Attempt): Promise<readonly HostObservation[]>
  /** Puts what several hosts left behind together, and answers the hosts with what came of it. */
  gatherOutputs(
    attempt: Attempt,
    hosts: readonly HostObservation[],
  ): Promise<readonly HostObservation[]>
  /** Writes the job's end, or that it begins once more. */
  finish(attempt: Attempt, hosts: readonly HostObservation[]): Promise<'finished' | 'try again'>
  /** Writes that the job failed because of us, when nothing else helps. */
  giveUp(attempt: Attempt, because: string): Promise<void>
  /** Forgets the tasks, and ends what runs of them. */
  removeTasks(attempt: Attempt): Promise<void>
}

/** The life of a training job from its first task to its end. */
export async function runTrainingJob(
  workflow: Workflow,
  story: TrainingJobStory,
  activities: TrainingJobActivities,
): Promise<void> {
  let verdict = 'try again'
  for (let number = 1; verdict === 'try again'; number++) {
    const attempt = { ...story, attempt: number }
    verdict = await runAttempt(workflow, attempt, activities)
    await workflow.activity('remove the tasks', () => activities.removeTasks(attempt), PERSISTENT)
  }
}

async function runAttempt(
  workflow: Workflow,
  attempt: Attempt,
  activities: TrainingJobActivities,
): Promise<'finished' | 'try again'> {
  const { startTasks, awaitEnd, gatherOutputs, finish, giveUp } = activities
  try {
    await workflow.activity('start the tasks', () => startTasks(attempt))
    const ended = await workflow.activity('await their end', () => awaitEnd(attempt), PERSISTENT)
    const hosts =
      attempt.hostCount === 1
        ? ended
        : await workflow.activity('gather the outputs', () => gatherOutputs(attempt, ended))
    return await workflow.activity('finish the job', () => finish(attempt, hosts), PERSISTENT)
  } catch (error) {
    // an activity failed for good: the job must not look as if it went on
    await workflow.activity('give up', () => giveUp(attempt, String(error)), PERSISTENT)
    return 'finished'
  }
}
