import type { TransformJobStatus } from '@aws-sdk/client-sagemaker'
import { assert } from '../../base/assert.ts'

/** From each status, where a job may go. A finished job stays as it is. */
export const TRANSFORM_JOB_TRANSITIONS = {
  InProgress: ['Stopping', 'Completed', 'Failed'],
  Stopping: ['Stopped'],
  Completed: [],
  Failed: [],
  Stopped: [],
} as const satisfies Record<TransformJobStatus, readonly TransformJobStatus[]>

/** The part of a job that changes. */
export interface JobState {
  readonly status: TransformJobStatus
  readonly failureReason?: string
  readonly startedAt?: Date
  readonly endedAt?: Date
  /** What befalls the job from outside; absent again when an instance has been started anew for it. */
  readonly interruption?: Interruption
  readonly modifiedAt: Date
}

export type Interruption = (
  | { readonly kind: 'MachineLost' }
  /** The first container's program ended with this code. */
  | { readonly kind: 'ProgramExited'; readonly exitCode: number }
) & {
  /** Which instance it has been found to befall, in which attempt; absent until then. */
  readonly aim?: InstanceRun
}

/** Which of a job's instances, and for the how manieth time. */
export interface InstanceRun {
  /** From 1. */
  readonly attempt: number
  /** From 0. */
  readonly instance: number
}

/** How a job ends. */
export type Ending =
  | { readonly status: 'Completed' | 'Stopped' }
  | { readonly status: 'Failed'; readonly failureReason: string }

/** @throws AssertionFailure when a job cannot go from one status to the other */
export function transition(from: TransformJobStatus, to: TransformJobStatus): TransformJobStatus {
  const targets: readonly TransformJobStatus[] = TRANSFORM_JOB_TRANSITIONS[from]
  assert(targets.includes(to), `a transform job does not go from ${from} to ${to}`)
  return to
}

export function isActive(status: TransformJobStatus): boolean {
  return TRANSFORM_JOB_TRANSITIONS[status].length > 0
}

export function createdState(now: Date): JobState {
  return { status: 'InProgress', modifiedAt: now }
}

export function stoppingState(state: JobState, now: Date): JobState {
  return { ...state, status: transition(state.status, 'Stopping'), modifiedAt: now }
}

/** @returns undefined when the job has started before */
export function startedState(state: JobState, startedAt: Date, now: Date): JobState | undefined {
  if (state.startedAt || !isActive(state.status)) return undefined
  return { ...state, startedAt, modifiedAt: now }
}

/** A job that is stopping is stopped, however its tasks ended meanwhile. */
export function finishedState(state: JobState, ending: Ending, now: Date): JobState {
  const status = state.status === 'Stopping' ? 'Stopped' : ending.status
  const isFailed = status === 'Failed' && ending.status === 'Failed'
  return {
    ...state,
    status: transition(state.status, status),
    ...(isFailed && { failureReason: ending.failureReason }),
    endedAt: now,
    modifiedAt: now,
  }
}
