import { readingAt } from '../../base/steerable-clock.ts'
import type { Platform } from '../../platform/scope.ts'
import { issueTaskToken } from '../identity/index.ts'
import { followTasks, type Look } from '../jobs/index.ts'
import { decideEnding, internalReason } from './ending.states.ts'
import { type InstanceObservation, isOver, nextCommand, startedAt } from './instance.states.ts'
import { seenTogether } from './instance-containers.states.ts'
import {
  aimedState,
  interruptedInstances,
  interruptionCommand,
  recoveredState,
} from './interruption.states.ts'
import { transformTaskId, transformTaskPrefix, transformTasks } from './transform-job.container.ts'
import { finishedState, isActive, startedState } from './transform-job.states.ts'
import { type TransformJob, transformJobs } from './transform-job.store.ts'
import type { Attempt, TransformJobActivities } from './transform-job.workflow.ts'

export function transformJobActivities(platform: Platform): TransformJobActivities {
  return {
    startTasks: (attempt) => startTasks(platform, attempt),
    awaitEnd: (attempt) => awaitEnd(platform, attempt),
    finish: (jobId, instances) => finish(platform, jobId, instances),
    giveUp: (jobId, because) => giveUp(platform, jobId, because),
    removeTasks: (attempt) => removeInstances(platform, attempt),
  }
}

async function startTasks(platform: Platform, attempt: Attempt): Promise<void> {
  const now = platform.clock.now()
  const job = await transformJobs.change(platform, attempt.jobId, ({ state }) =>
    recoveredState(state, attempt.attempt, now),
  )
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
  const job = await transformJobs.load(platform.database, attempt.jobId)
  if (!job) return []
  const memory: Memory = { told: new Set(), killed: new Set() }
  const taskPrefix = transformTaskPrefix(attempt.jobId)
  return followTasks(platform, { job, taskPrefix, look: () => lookAt(platform, attempt, memory) })
}

/** Instances for which something was done at looks before. */
interface Memory {
  /** That were told to stop. */
  readonly told: Set<number>
  /** Whose program was killed. */
  readonly killed: Set<number>
}

/** Looks at everything and does what is due, until there is nothing left to do but wait. */
async function lookAt(
  platform: Platform,
  attempt: Attempt,
  { told, killed }: Memory,
): Promise<Look<readonly InstanceObservation[]>> {
  for (;;) {
    const job = await transformJobs.load(platform.database, attempt.jobId)
    if (!job) return { ended: [] }
    const observed = await observe(platform, job, attempt)
    const instances = interruptedInstances(observed, job.state.interruption)
    if (!instances.every(isOver)) await recordStart(platform, job, instances)
    const next = nextCommand(instances, told)
    const struck = next.do === 'wait' && interruptionCommand(job.state, instances, killed)
    const command = struck || next
    switch (command.do) {
      case 'end':
        return { ended: instances }
      case 'wait':
        return {}
      case 'aim':
        await transformJobs.change(platform, job.id, ({ state }) =>
          aimedState(state, command.at, platform.clock.now()),
        )
        break
      case 'lose instance':
        await removeInstances(platform, { ...attempt, instances: [command.instance] })
        break
      case 'kill program':
        await killProgram(platform, attempt, command.instance)
        killed.add(command.instance)
        break
      case 'stop instances':
        await stopInstances(platform, attempt, command)
        for (const instance of command.instances) told.add(instance)
    }
  }
}

async function stopInstances(
  platform: Platform,
  attempt: Attempt,
  { instances, graceSeconds }: { readonly instances: readonly number[]; graceSeconds: number },
): Promise<void> {
  const stopped = instances.flatMap((instance) => taskIdsOf(attempt, instance))
  await Promise.all(stopped.map((taskId) => platform.engine.stop(taskId, { graceSeconds })))
}

/** Of the first container, which sends the objects. */
async function killProgram(platform: Platform, attempt: Attempt, instance: number): Promise<void> {
  const [taskId = ''] = taskIdsOf(attempt, instance)
  await platform.engine.stop(taskId, { graceSeconds: 0 })
}

async function removeInstances(platform: Platform, attempt: Attempt): Promise<void> {
  const taskIds = attempt.instances.flatMap((instance) => taskIdsOf(attempt, instance))
  await Promise.all(taskIds.map((taskId) => platform.engine.remove(taskId)))
}

async function recordStart(
  platform: Platform,
  job: TransformJob,
  instances: readonly InstanceObservation[],
): Promise<void> {
  const at = startedAt(instances)
  if (!at || job.state.startedAt) return
  const now = platform.clock.now()
  await transformJobs.change(platform, job.id, ({ state }) => startedState(state, at, now))
}

async function finish(
  platform: Platform,
  jobId: string,
  instances: readonly InstanceObservation[],
): Promise<void> {
  const now = platform.clock.now()
  await transformJobs.change(platform, jobId, (job) => {
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
  await transformJobs.change(platform, jobId, ({ state }) =>
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
