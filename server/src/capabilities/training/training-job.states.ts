import type { SecondaryStatus, TrainingJobStatus } from '@aws-sdk/client-sagemaker'
import { assert } from '../../base/assert.ts'
import type { JobPhase } from './host.states.ts'

/** From each status, where a job may go. A finished job stays as it is. */
export const TRAINING_JOB_TRANSITIONS = {
  InProgress: ['Stopping', 'Completed', 'Failed'],
  Stopping: ['Stopped', 'Failed'],
  Completed: [],
  Failed: [],
  Stopped: [],
  Deleting: [],
} as const satisfies Record<TrainingJobStatus, readonly TrainingJobStatus[]>

/** Why a job is stopping: somebody asked, or its time is over. */
export type StopCause = 'Requested' | 'MaxRuntimeExceeded' | 'MaxWaitTimeExceeded'

/** What befalls a job from outside, until the attempt has ended; see `interruption.states.ts`. */
export type Interruption =
  | { readonly kind: 'SpotReclaimed' | 'MachineLost' }
  | { readonly kind: 'ProgramExited'; readonly exitCode: number }

/** AWS's SecondaryStatusTransition, with times in ISO 8601. */
export interface SecondaryTransition {
  readonly Status: SecondaryStatus
  readonly StartTime: string
  readonly EndTime?: string
  readonly StatusMessage: string
}

export interface FinalMetric {
  readonly MetricName: string
  readonly Value: number
  /** ISO 8601 */
  readonly Timestamp: string
}

/** The part of a job that changes. */
export interface JobState {
  readonly status: TrainingJobStatus
  readonly secondaryStatus: SecondaryStatus
  readonly transitions: readonly SecondaryTransition[]
  readonly stopCause?: StopCause
  readonly interruption?: Interruption
  /** From 1. */
  readonly attempt: number
  readonly attemptBeganAt: Date
  readonly trainingStartedAt?: Date
  readonly trainingEndedAt?: Date
  readonly failureReason?: string
  readonly modelArtifacts?: string
  readonly finalMetrics: readonly FinalMetric[]
  readonly modifiedAt: Date
}

/** How a job ends. */
export type Ending = {
  readonly endedAt: Date
  readonly metrics: readonly FinalMetric[]
  readonly modelArtifacts?: string
} & (
  | { readonly status: 'Completed' | 'Stopped' }
  | { readonly status: 'Failed'; readonly failureReason: string }
)

/** source: `SecondaryStatusTransition` in SageMaker's reference, and logs of `fit()` in public notebooks */
const MESSAGES: Partial<Record<SecondaryStatus, string>> = {
  Starting: 'Starting the training job',
  Downloading: 'Downloading input data',
  Training: 'Training image download completed. Training in progress.',
  Interrupted: 'Training job interrupted: its spot instances were taken back',
  Restarting: 'Restarting the training job',
  Uploading: 'Uploading generated training model',
  Stopping: 'Stopping the training job',
  Completed: 'Training job completed',
  Failed: 'Training job failed',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Training job runtime exceeded MaxRuntimeInSeconds provided',
  MaxWaitTimeExceeded: 'Training job wait time exceeded MaxWaitTimeInSeconds provided',
}
/** What `Starting` says once it is over: the last thing that happened in it. */
const STARTED_MESSAGE = 'Preparing the instances for training'

/** @throws AssertionFailure when a job cannot go from one status to the other */
export function transition(from: TrainingJobStatus, to: TrainingJobStatus): TrainingJobStatus {
  const targets: readonly TrainingJobStatus[] = TRAINING_JOB_TRANSITIONS[from]
  assert(targets.includes(to), `a training job does not go from ${from} to ${to}`)
  return to
}

export function isActive(status: TrainingJobStatus): boolean {
  return TRAINING_JOB_TRANSITIONS[status].length > 0
}

export function createdState(now: Date): JobState {
  return {
    status: 'InProgress',
    secondaryStatus: 'Starting',
    transitions: [entry('Starting', now)],
    attempt: 1,
    attemptBeganAt: now,
    finalMetrics: [],
    modifiedAt: now,
  }
}

export function stoppingState(state: JobState, cause: StopCause, now: Date): JobState {
  return enter(
    { ...state, status: transition(state.status, 'Stopping'), stopCause: cause },
    'Stopping',
    {
      at: now,
      now,
    },
  )
}

/**
 * The state with the phases that the tasks have reached since: one entry each, with the phase's own time.
 *
 * @returns undefined when there is nothing new
 */
export function advancedState(
  state: JobState,
  phases: readonly JobPhase[],
  now: Date,
): JobState | undefined {
  if (!isActive(state.status)) return undefined
  const attempt = state.transitions.findLastIndex(({ Status }) => Status === 'Starting')
  const reached = state.transitions.slice(attempt).map(({ Status }) => Status)
  const fresh = phases.filter(
    ({ status }) =>
      !reached.includes(status) &&
      (state.status === 'InProgress' || status === 'Uploading') &&
      // what an interrupted job stores is no model yet
      !(status === 'Uploading' && state.interruption?.kind === 'SpotReclaimed'),
  )
  if (fresh.length === 0) return undefined
  return fresh.reduce((advanced, { status, at }) => {
    const entered = enter(advanced, status, { at, now })
    const isStart = entered.trainingStartedAt === undefined
    const startedAt = new Date(entered.transitions.at(-1)?.StartTime ?? now)
    return isStart ? { ...entered, trainingStartedAt: startedAt } : entered
  }, state)
}

/** The same job once more from the start, after its tasks were lost. */
export function retriedState({ interruption: _, ...state }: JobState, now: Date): JobState {
  assert(state.status === 'InProgress', 'only a job in progress is tried again')
  const again = enter(state, 'Starting', { at: now, now })
  return nextAttempt(again, now)
}

/** Attempts begin in different seconds, by which their log streams are named. */
export function nextAttempt(state: JobState, now: Date): JobState {
  const earliest = later(state.attemptBeganAt, 1)
  const attemptBeganAt = now < earliest ? earliest : now
  return { ...state, attempt: state.attempt + 1, attemptBeganAt }
}

export function finishedState(
  { interruption: _, ...state }: JobState,
  ending: Ending,
  now: Date,
): JobState {
  const secondary = ending.status === 'Stopped' ? stoppedStatus(state.stopCause) : ending.status
  const finished = enter({ ...state, status: transition(state.status, ending.status) }, secondary, {
    at: ending.endedAt,
    now,
  })
  const last = finished.transitions.at(-1)
  const endedAt = new Date(last?.StartTime ?? now)
  const closed = last
    ? [...finished.transitions.slice(0, -1), { ...last, EndTime: last.StartTime }]
    : []
  return {
    ...finished,
    transitions: closed,
    finalMetrics: ending.metrics,
    // a job that never came to its data was not trained, and is not billed
    ...(state.trainingStartedAt && { trainingEndedAt: endedAt }),
    ...(ending.modelArtifacts !== undefined && { modelArtifacts: ending.modelArtifacts }),
    ...(ending.status === 'Failed' && { failureReason: ending.failureReason }),
  }
}

/**
 * When the job's time is over, by the earlier of its two limits; undefined while none runs.
 * MaxRuntimeInSeconds counts the time that all attempts run together, from the first time that data was fetched.
 */
export function deadlineOf(
  job: { readonly createdAt: Date; readonly state: JobState },
  limits: { readonly maxRuntimeSeconds: number; readonly maxWaitSeconds?: number },
): { readonly at: Date; readonly cause: StopCause } | undefined {
  const { state, createdAt } = job
  if (state.status !== 'InProgress') return undefined
  const { trainingStartedAt: startedAt } = state
  const runtime = startedAt &&
    !IDLE.includes(state.secondaryStatus) && {
      at: later(startedAt, limits.maxRuntimeSeconds + idleMs(state, startedAt) / 1000),
      cause: 'MaxRuntimeExceeded' as const,
    }
  const wait =
    limits.maxWaitSeconds === undefined
      ? undefined
      : { at: later(createdAt, limits.maxWaitSeconds), cause: 'MaxWaitTimeExceeded' as const }
  if (runtime && wait) return runtime.at <= wait.at ? runtime : wait
  return runtime || wait
}

/** Seconds between the two, rounded up: whoever divides by a job's training time must not meet 0. */
export function trainingTimeSeconds(state: JobState): number | undefined {
  const { trainingStartedAt, trainingEndedAt } = state
  if (!trainingStartedAt || !trainingEndedAt) return undefined
  const elapsedMs = trainingEndedAt.getTime() - trainingStartedAt.getTime()
  return Math.max(1, Math.ceil(elapsedMs / 1000))
}

/** The part of the training time in which instances worked for the job, in seconds, rounded up. */
export function billableTimeSeconds(state: JobState): number | undefined {
  const { trainingStartedAt, trainingEndedAt } = state
  if (!trainingStartedAt || !trainingEndedAt) return undefined
  const elapsedMs = trainingEndedAt.getTime() - trainingStartedAt.getTime()
  return Math.max(1, Math.ceil((elapsedMs - idleMs(state, trainingStartedAt)) / 1000))
}

/** Between one attempt and the next nothing runs. */
const IDLE: readonly SecondaryStatus[] = ['Interrupted', 'Restarting', 'Starting']

/** How long a job stood still since its training began, over all interruptions that are past. */
function idleMs({ transitions }: JobState, since: Date): number {
  const spans = transitions.map(({ Status, StartTime, EndTime }) =>
    IDLE.includes(Status) && EndTime !== undefined && new Date(StartTime) >= since
      ? new Date(EndTime).getTime() - new Date(StartTime).getTime()
      : 0,
  )
  return spans.reduce((sum, span) => sum + span, 0)
}

function stoppedStatus(cause: StopCause | undefined): SecondaryStatus {
  return cause === undefined || cause === 'Requested' ? 'Stopped' : cause
}

function later(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000)
}

/** Times never run backwards in a job's history, whatever the machines' clocks say. */
export function enter(
  state: JobState,
  status: SecondaryStatus,
  { at, now }: { readonly at: Date; readonly now: Date },
): JobState {
  const last = state.transitions.at(-1)
  const startTime = last && at < new Date(last.StartTime) ? new Date(last.StartTime) : at
  const past = state.transitions.slice(0, -1)
  const closed = last ? [...past, close(last, startTime)] : past
  return {
    ...state,
    secondaryStatus: status,
    transitions: [...closed, entry(status, startTime)],
    modifiedAt: now,
  }
}

function entry(status: SecondaryStatus, at: Date): SecondaryTransition {
  return { Status: status, StartTime: at.toISOString(), StatusMessage: MESSAGES[status] ?? status }
}

function close(last: SecondaryTransition, at: Date): SecondaryTransition {
  const message = last.Status === 'Starting' ? STARTED_MESSAGE : last.StatusMessage
  return { ...last, EndTime: at.toISOString(), StatusMessage: message }
}
