import { readingAt } from '../../base/steerable-clock.ts'
import type { TaskObservation } from '../../platform/engines/engine.ts'
import type { Platform } from '../../platform/scope.ts'
import { issueTaskToken } from '../identity/index.ts'
import { followTasks, type Look } from '../jobs/index.ts'
import { hostName } from './cluster.ts'
import { recordDefinedMetrics, type ToldMetrics } from './defined-metrics.ts'
import { decideEnding } from './ending.states.ts'
import { internalReason } from './failure-reason.ts'
import { gatherOutputs } from './gather-outputs.ts'
import { endedAt, type HostObservation, isOver, jobPhases, nextCommand } from './host.states.ts'
import {
  interruptedHosts,
  interruptionCommand,
  restartedState,
  restartingState,
} from './interruption.states.ts'
import { trainingTaskId, trainingTaskPrefix, trainingTasks } from './training-job.container.ts'
import {
  advancedState,
  deadlineOf,
  finishedState,
  isActive,
  retriedState,
  stoppingState,
} from './training-job.states.ts'
import { type TrainingJob, trainingJobs } from './training-job.store.ts'
import type { Attempt, TrainingJobActivities } from './training-job.workflow.ts'

export function trainingJobActivities(platform: Platform): TrainingJobActivities {
  return {
    startTasks: (attempt) => startTasks(platform, attempt),
    awaitEnd: (attempt) => awaitEnd(platform, attempt),
    gatherOutputs: async ({ jobId }, hosts) => {
      const job = await trainingJobs.load(platform.database, jobId)
      return job ? gatherOutputs(platform, job, hosts) : hosts
    },
    finish: (attempt, hosts) => finish(platform, attempt, hosts),
    giveUp: (attempt, because) => giveUp(platform, attempt, because),
    removeTasks: async (attempt) => {
      await Promise.all(taskIds(attempt).map((taskId) => platform.engine.remove(taskId)))
    },
  }
}

async function startTasks(platform: Platform, { jobId, attempt }: Attempt): Promise<void> {
  const job = await trainingJobs.change(platform, jobId, ({ state }) =>
    state.attempt === attempt ? restartedState(state, platform.clock.now()) : undefined,
  )
  if (job?.state.status !== 'InProgress' || job.state.attempt !== attempt) return
  const { realm, account, region } = job
  const { RoleArn: roleArn } = job.request
  const tasks = trainingTasks(job, {
    networkInterface: platform.engine.networkInterface,
    tokenFor: ({ taskId }) =>
      issueTaskToken(platform.secrets, { taskId, roleArn, realm, account, region }),
  })
  await Promise.all(tasks.map((task) => platform.engine.start(task)))
}

async function awaitEnd(platform: Platform, attempt: Attempt): Promise<readonly HostObservation[]> {
  const job = await trainingJobs.load(platform.database, attempt.jobId)
  if (!job) return []
  const memory = { told: new Set<string>(), toldMetrics: new Map() }
  const taskPrefix = trainingTaskPrefix(attempt.jobId)
  return followTasks(platform, { job, taskPrefix, look: () => lookAt(platform, attempt, memory) })
}

/** What was done at looks before. */
interface Memory {
  /** Hosts that were told to stop, and to be interrupted. */
  readonly told: Set<string>
  readonly toldMetrics: ToldMetrics
}

/** Looks at everything, does what is due, and looks again until there is nothing left to do but wait. */
async function lookAt(
  platform: Platform,
  attempt: Attempt,
  { told, toldMetrics }: Memory,
): Promise<Look<readonly HostObservation[]>> {
  for (;;) {
    const [job, observed] = await Promise.all([
      trainingJobs.load(platform.database, attempt.jobId),
      observeHosts(platform, attempt),
    ])
    if (!job) return { ended: [] }
    await recordDefinedMetrics(platform, { job, hosts: observed, told: toldMetrics })
    const { interruption } = job.state
    const hosts = interruptedHosts(observed, interruption)
    const now = platform.clock.now()
    const current = hosts.every(isOver) ? job : await recordPhases(platform, job, hosts)
    const deadline = deadlineOfJob(current)
    const next = nextCommand(hosts, {
      isStopping: current.state.status === 'Stopping',
      ...(deadline && { deadline }),
      now,
      told,
    })
    const struck = next.do === 'wait' ? interruptionCommand(current.state, hosts, told) : undefined
    const command = struck ?? next
    switch (command.do) {
      case 'end':
        return { ended: hosts }
      case 'wait':
        return command.deadline ? { deadline: command.deadline } : {}
      case 'stop the job':
        await trainingJobs.change(platform, job.id, ({ state }) =>
          state.status === 'InProgress' ? stoppingState(state, command.cause, now) : undefined,
        )
        break
      case 'stop hosts':
        await stopHosts(platform, attempt, command)
        for (const host of command.hosts) told.add(host)
        break
      case 'lose hosts':
        await Promise.all(
          taskIdsOf(attempt, command.hosts).map((taskId) => platform.engine.remove(taskId)),
        )
        break
    }
  }
}

async function recordPhases(
  platform: Platform,
  job: TrainingJob,
  hosts: readonly HostObservation[],
): Promise<TrainingJob> {
  const phases = jobPhases(hosts)
  const now = platform.clock.now()
  if (!advancedState(job.state, phases, now)) return job
  const changed = await trainingJobs.change(platform, job.id, ({ state }) =>
    advancedState(state, phases, now),
  )
  return changed ?? job
}

async function stopHosts(
  platform: Platform,
  attempt: Attempt,
  { hosts, graceSeconds }: { readonly hosts: readonly string[]; readonly graceSeconds: number },
): Promise<void> {
  const stopped = taskIdsOf(attempt, hosts)
  await Promise.all(stopped.map((taskId) => platform.engine.stop(taskId, { graceSeconds })))
}

async function finish(
  platform: Platform,
  { jobId, attempt }: Attempt,
  hosts: readonly HostObservation[],
): Promise<'finished' | 'try again'> {
  const now = platform.clock.now()
  const job = await trainingJobs.change(platform, jobId, (found) => {
    // finished by an earlier run of this activity whose answer was not recorded
    if (!isActive(found.state.status) || found.state.attempt !== attempt) return undefined
    const state = advancedState(found.state, jobPhases(hosts), now) ?? found.state
    const ending = decideEnding({ ...found, state }, hosts, now)
    if (ending === 'try again') return retriedState(state, now)
    if (ending === 'restart') return restartingState(state, { at: endedAt(hosts) ?? now, now })
    return finishedState(state, ending, now)
  })
  return job && isActive(job.state.status) ? 'try again' : 'finished'
}

async function giveUp(platform: Platform, { jobId }: Attempt, because: string): Promise<void> {
  const now = platform.clock.now()
  platform.log.error('a training job was given up', { jobId, because })
  await trainingJobs.change(platform, jobId, ({ state }) =>
    isActive(state.status)
      ? finishedState(
          state,
          { status: 'Failed', failureReason: internalReason(because), endedAt: now, metrics: [] },
          now,
        )
      : undefined,
  )
}

function observeHosts(platform: Platform, attempt: Attempt): Promise<HostObservation[]> {
  return Promise.all(
    taskIds(attempt).map(async (taskId, index) => {
      const { state, phases, metrics, end } = await platform.engine.observe(taskId)
      return {
        host: hostName(index + 1),
        state,
        phases: phases.map((entry) => ({ ...entry, at: platformTime(platform, entry.at) })),
        metrics: metrics.map((metric) => ({ ...metric, at: platformTime(platform, metric.at) })),
        ...(end && { end }),
      }
    }),
  )
}

/** Tasks stamp with their machine's time, jobs with the platform's, which may have been moved. */
function platformTime(
  { clock }: Pick<Platform, 'clock'>,
  at: TaskObservation['phases'][number]['at'],
): string {
  return readingAt(clock, new Date(at)).toISOString()
}

function deadlineOfJob(job: TrainingJob) {
  const { MaxRuntimeInSeconds, MaxWaitTimeInSeconds } = job.request.StoppingCondition
  return deadlineOf(job, {
    maxRuntimeSeconds: MaxRuntimeInSeconds,
    ...(MaxWaitTimeInSeconds !== undefined && { maxWaitSeconds: MaxWaitTimeInSeconds }),
  })
}

function taskIdsOf(attempt: Attempt, hosts: readonly string[]): readonly string[] {
  return taskIds(attempt).filter((_, index) => hosts.includes(hostName(index + 1)))
}

function taskIds({ jobId, attempt, hostCount }: Attempt): readonly string[] {
  return Array.from({ length: hostCount }, (_, index) =>
    trainingTaskId(jobId, { attempt, hostNumber: index + 1 }),
  )
}
