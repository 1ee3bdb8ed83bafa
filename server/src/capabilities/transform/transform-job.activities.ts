import { readingAt } from '../../base/steerable-clock.ts'
import type { Platform } from '../../platform/scope.ts'
import { issueTaskToken, realmTopic } from '../identity/index.ts'
import { decideEnding, internalReason } from './ending.states.ts'
import { type InstanceObservation, isOver, nextCommand, startedAt } from './instance.states.ts'
import { seenTogether } from './instance-containers.states.ts'
import { transformTaskId, transformTaskPrefix, transformTasks } from './transform-job.container.ts'
import { finishedState, isActive, startedState } from './transform-job.states.ts'
import { changeTransformJob, loadTransformJob, type TransformJob } from './transform-job.store.ts'
import type { Attempt, TransformJobActivities } from './transform-job.workflow.ts'

export function transformJobActivities(platform: Platform): TransformJobActivities {
  return {
    startTasks: (attempt) => startTasks(platform, attempt),
    awaitEnd: (attempt) => awaitEnd(platform, attempt),
    finish: (jobId, instances) => finish(platform, jobId, instances),
    giveUp: (jobId, because) => giveUp(platform, jobId, because),
    removeTasks: async (attempt) => {
      const taskIds = attempt.instances.flatMap((instance) => taskIdsOf(attempt, instance))
      await Promise.all(taskIds.map((taskId) => platform.engine.remove(taskId)))
    },
  }
}

async function startTasks(platform: Platform, attempt: Attempt): Promise<void> {
  const job = await loadTransformJob(platform.database, attempt.jobId)
  if (job?.state.status !== 'InProgress') return
  const { realm, account, region } = job
  const roleArn = job.model.ExecutionRoleArn ?? ''
  const tokenFor = ({ taskId }: { taskId: string }) =>
    issueTaskToken(platform.secrets, { taskId, roleArn, realm, account, region })
  const tasks = attempt.instances.flatMap((instance) =>
    transformTasks(job, { attempt: attempt.attempt, instance }, tokenFor),
  )
  await Promise.all(tasks.map((task) => platform.engine.start(task)))
}

async function awaitEnd(
  platform: Platform,
  attempt: Attempt,
): Promise<readonly InstanceObservation[]> {
  const { changes } = platform
  const job = await loadTransformJob(platform.database, attempt.jobId)
  if (!job) return []
  const topic = `transform-job-story/${attempt.jobId}`
  const wake = (): void => changes.hint(topic)
  const told = new Set<number>()
  const watched = [`task/${transformTaskPrefix(attempt.jobId)}`, job.arn, realmTopic(job.account)]
  const subscriptions = watched.map((prefix) => changes.subscribe(prefix, wake))
  try {
    const ended = await changes.waitFor(topic, () => lookAt(platform, attempt, told))
    return ended ?? (await processEnds())
  } finally {
    for (const subscription of subscriptions) subscription[Symbol.dispose]()
  }
}

/** Waits were released: this process is about to go, and the next one resumes the story here. */
function processEnds(): Promise<never> {
  return new Promise(() => undefined)
}

/** Looks at everything and does what is due, until there is nothing left to do but wait. */
async function lookAt(
  platform: Platform,
  attempt: Attempt,
  told: Set<number>,
): Promise<readonly InstanceObservation[] | undefined> {
  for (;;) {
    const job = await loadTransformJob(platform.database, attempt.jobId)
    if (!job) return []
    const instances = await observe(platform, job, attempt)
    if (!instances.every(isOver)) await recordStart(platform, job, instances)
    const command = nextCommand(instances, told)
    if (command.do === 'end') return instances
    if (command.do === 'wait') return undefined
    const { graceSeconds } = command
    const stopped = command.instances.flatMap((instance) => taskIdsOf(attempt, instance))
    await Promise.all(stopped.map((taskId) => platform.engine.stop(taskId, { graceSeconds })))
    for (const instance of command.instances) told.add(instance)
  }
}

async function recordStart(
  platform: Platform,
  job: TransformJob,
  instances: readonly InstanceObservation[],
): Promise<void> {
  const at = startedAt(instances)
  if (!at || job.state.startedAt) return
  const now = platform.clock.now()
  await changeTransformJob(platform, job.id, ({ state }) => startedState(state, at, now))
}

async function finish(
  platform: Platform,
  jobId: string,
  instances: readonly InstanceObservation[],
): Promise<void> {
  const now = platform.clock.now()
  await changeTransformJob(platform, jobId, (job) => {
    // finished by an earlier run of this activity whose answer was not recorded
    if (!isActive(job.state.status)) return undefined
    const at = startedAt(instances)
    const state = (at && startedState(job.state, at, now)) ?? job.state
    return finishedState(state, decideEnding(job, instances), now)
  })
}

async function giveUp(platform: Platform, jobId: string, because: string): Promise<void> {
  const now = platform.clock.now()
  platform.log.error('a transform job was given up', { jobId, because })
  await changeTransformJob(platform, jobId, ({ state }) =>
    isActive(state.status)
      ? finishedState(state, { status: 'Failed', failureReason: internalReason(because) }, now)
      : undefined,
  )
}

function observe(
  platform: Platform,
  job: TransformJob,
  attempt: Attempt,
): Promise<InstanceObservation[]> {
  return Promise.all(
    attempt.instances.map(async (instance) => {
      const observations = await Promise.all(
        taskIdsOf(attempt, instance).map((taskId) => platform.engine.observe(taskId)),
      )
      const { startedAt: at, ...seen } = seenTogether(observations)
      return {
        instance,
        attempt: attempt.attempt,
        jobIsStopping: job.state.status === 'Stopping',
        ...seen,
        // tasks stamp with their machine's time, jobs with the platform's, which may have been moved
        ...(at && { startedAt: readingAt(platform.clock, new Date(at)).toISOString() }),
      }
    }),
  )
}

/** The tasks of one instance, one for each of the model's containers. */
function taskIdsOf({ jobId, attempt, containerCount }: Attempt, instance: number): string[] {
  return Array.from({ length: containerCount }, (_, container) =>
    transformTaskId(jobId, { attempt, instance, container }),
  )
}
