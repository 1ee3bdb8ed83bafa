import type { RetryPolicy, Workflow } from '../../platform/workflow/workflow.ts'
import { cameToItsEnd, type InstanceObservation, isLost } from './instance.states.ts'

/** The order of the activities below; see `WorkflowDefinition` for what to do when it changes. */
export const TRANSFORM_JOB_WORKFLOW = 'TransformJob.v1'

/** About six hours: what waits for tasks outlasts a Postgres that is away for long. */
const PERSISTENT: RetryPolicy = { attemptsMax: 18, firstDelaySeconds: 0.25 }
/** How often an instance is started anew whose machine or runner was lost. */
const ATTEMPTS_MAX = 3

export interface TransformJobStory {
  readonly jobId: string
  readonly instanceCount: number
  /** Of the model; absent: one. */
  readonly containerCount?: number
}

/** One run of those instances that have not come to their end before. */
export interface Attempt {
  readonly jobId: string
  /** From 1. */
  readonly attempt: number
  /** From 0, ascending. */
  readonly instances: readonly number[]
  /** How many tasks each instance is. */
  readonly containerCount: number
}

/** What the story does to the world; each is idempotent, and does nothing for a job that is gone. */
export interface TransformJobActivities {
  /** Starts the tasks of each instance, unless the job is stopping already. */
  startTasks(attempt: Attempt): Promise<void>
  /** Resolves when all tasks are over, with how they stand; stops them when the job is stopping or lost. */
  awaitEnd(attempt: Attempt): Promise<readonly InstanceObservation[]>
  /** Writes the job's end. */
  finish(jobId: string, instances: readonly InstanceObservation[]): Promise<void>
  /** Writes that the job failed because of us, when nothing else helps. */
  giveUp(jobId: string, because: string): Promise<void>
  /** Forgets the tasks, and ends what runs of them. */
  removeTasks(attempt: Attempt): Promise<void>
}

/**
 * The life of a transform job. An instance that is lost is started again, and does all of its objects anew:
 * outputs that are whole are replaced by the same.
 */
export async function runTransformJob(
  workflow: Workflow,
  { jobId, instanceCount, containerCount = 1 }: TransformJobStory,
  activities: TransformJobActivities,
): Promise<void> {
  const ended: InstanceObservation[] = []
  let instances: readonly number[] = Array.from({ length: instanceCount }, (_, index) => index)
  for (let number = 1; instances.length > 0; number++) {
    const attempt = { jobId, attempt: number, instances, containerCount }
    const observed = await runAttempt(workflow, attempt, activities)
    const again = observed && number < ATTEMPTS_MAX ? toRepeat(observed) : []
    ended.push(...(observed ?? []).filter((one) => !again.includes(one)))
    instances = again.map(({ instance }) => instance)
    if (observed && again.length === 0) {
      const finish = () => activities.finish(jobId, ended)
      await workflow.activity('finish the job', finish, PERSISTENT)
    }
    await workflow.activity('remove the tasks', () => activities.removeTasks(attempt), PERSISTENT)
  }
}

/** Lost instances, unless the job ends anyway: somebody stopped it, or a container failed. */
function toRepeat(observed: readonly InstanceObservation[]): readonly InstanceObservation[] {
  const isEnding = observed.some(
    (one) => one.jobIsStopping || (one.end !== undefined && !cameToItsEnd(one)),
  )
  return isEnding ? [] : observed.filter(isLost)
}

/** @returns undefined when the job was given up */
async function runAttempt(
  workflow: Workflow,
  attempt: Attempt,
  { startTasks, awaitEnd, giveUp }: TransformJobActivities,
): Promise<readonly InstanceObservation[] | undefined> {
  try {
    await workflow.activity('start the tasks', () => startTasks(attempt))
    return await workflow.activity('await their end', () => awaitEnd(attempt), PERSISTENT)
  } catch (error) {
    // an activity failed for good: the job must not look as if it went on
    await workflow.activity('give up', () => giveUp(attempt.jobId, String(error)), PERSISTENT)
    return undefined
  }
}
