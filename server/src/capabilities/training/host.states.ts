import type { SecondaryStatus } from '@aws-sdk/client-sagemaker'
import type {
  TaskEnd,
  TaskMetric,
  TaskObservation,
  TaskPhase,
} from '../../platform/engines/engine.ts'
import type { FinalMetric, StopCause } from './training-job.states.ts'

/** How the task of one host stands, as the story records it; JSON, times on the platform's clock. */
export interface HostObservation {
  /** `algo-1` … */
  readonly host: string
  readonly state: TaskObservation['state']
  readonly phases: readonly { readonly phase: TaskPhase; readonly at: string }[]
  readonly metrics: readonly TaskMetric[]
  readonly end?: TaskEnd
}

/** A phase that the job as a whole has reached. */
export interface JobPhase {
  readonly status: SecondaryStatus
  readonly at: Date
}

/** What the story does next. */
export type FollowCommand =
  | { readonly do: 'end' }
  | { readonly do: 'stop the job'; readonly cause: StopCause }
  | { readonly do: 'stop hosts'; readonly hosts: readonly string[]; readonly graceSeconds: number }
  | { readonly do: 'lose hosts'; readonly hosts: readonly string[] }
  | { readonly do: 'wait'; readonly deadline?: Date }

/** Between SIGTERM and SIGKILL, so that a program may save its model. source: StopTrainingJob's reference */
export const STOP_GRACE_SECONDS = 120
/** For hosts whose peer has failed: nothing they save is kept for long. */
const PEER_GRACE_SECONDS = 5

const JOB_STATUS_OF: readonly (readonly [TaskPhase, SecondaryStatus])[] = [
  ['Downloading', 'Downloading'],
  ['Running', 'Training'],
  ['Uploading', 'Uploading'],
]

/** A job is as far as its slowest host, from when that one came there. */
export function jobPhases(hosts: readonly HostObservation[]): readonly JobPhase[] {
  return JOB_STATUS_OF.flatMap(([phase, status]) => {
    const times = hosts.map(({ phases }) => phases.find((entry) => entry.phase === phase)?.at)
    const reached = times.filter((at) => at !== undefined)
    if (reached.length < hosts.length || hosts.length === 0) return []
    return [{ status, at: latest(reached) }]
  })
}

export function isOver({ state }: HostObservation): boolean {
  return state === 'Ended' || isLost({ state })
}

/** Nothing is known of a task that is not there any more: its machine, its runner or its files are gone. */
export function isLost({ state }: Pick<HostObservation, 'state'>): boolean {
  return state === 'Lost' || state === 'Unknown'
}

/** A program that ended with 0 and whose outputs are stored. */
export function succeeded({ end }: HostObservation): boolean {
  return end?.cause === 'Exited' && end.exitCode === 0
}

/** When the last of the hosts ended; undefined when none is known to have. */
export function endedAt(hosts: readonly HostObservation[]): Date | undefined {
  const times = hosts.flatMap(({ phases }) => phases.filter(({ phase }) => phase === 'Ended'))
  return times.length === 0 ? undefined : latest(times.map(({ at }) => at))
}

/** The host that failed first, which is the reason for whatever the others did then. */
export function firstFailure(hosts: readonly HostObservation[]): HostObservation | undefined {
  const failed = hosts.filter((host) => isOver(host) && !succeeded(host))
  const ownFaults = failed.filter(({ end }) => end !== undefined && end.cause !== 'Stopped')
  const candidates = ownFaults.length > 0 ? ownFaults : failed
  return candidates.toSorted((a, b) => timeOfEnd(a) - timeOfEnd(b))[0]
}

/** Decides what the story does, given how its hosts stand; `told` are the hosts that were told to stop. */
export function nextCommand(
  hosts: readonly HostObservation[],
  job: {
    readonly isStopping: boolean
    readonly deadline?: { readonly at: Date; readonly cause: StopCause }
    readonly now: Date
    readonly told: ReadonlySet<string>
  },
): FollowCommand {
  if (hosts.every(isOver)) return { do: 'end' }
  if (job.deadline && job.now >= job.deadline.at) {
    return { do: 'stop the job', cause: job.deadline.cause }
  }
  const hasFailure = hosts.some((host) => isOver(host) && !succeeded(host))
  if (job.isStopping || hasFailure) {
    const untold = hosts.filter((host) => !isOver(host) && !job.told.has(host.host))
    if (untold.length > 0) {
      const graceSeconds = job.isStopping ? STOP_GRACE_SECONDS : PEER_GRACE_SECONDS
      return { do: 'stop hosts', hosts: untold.map(({ host }) => host), graceSeconds }
    }
  }
  return { do: 'wait', ...(job.deadline && { deadline: job.deadline.at }) }
}

/** The last value of each metric, over all hosts. */
export function finalMetrics(hosts: readonly HostObservation[]): readonly FinalMetric[] {
  const last = new Map<string, TaskMetric>()
  for (const metric of hosts.flatMap(({ metrics }) => metrics)) {
    const before = last.get(metric.name)
    if (!before || before.at < metric.at) last.set(metric.name, metric)
  }
  return [...last.values()].map(({ name, value, at }) => ({
    MetricName: name,
    Value: value,
    Timestamp: at,
  }))
}

function timeOfEnd(host: HostObservation): number {
  return endedAt([host])?.getTime() ?? Number.POSITIVE_INFINITY
}

function latest(times: readonly string[]): Date {
  return new Date(Math.max(...times.map((time) => new Date(time).getTime())))
}
