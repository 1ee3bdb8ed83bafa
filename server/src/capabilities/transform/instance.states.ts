import type { TaskEnd, TaskObservation } from '../../platform/engines/engine.ts'

/** How the task of one instance stands, as the story records it; JSON, times on the platform's clock. */
export interface InstanceObservation {
  /** From 0. */
  readonly instance: number
  /** From 1. */
  readonly attempt: number
  readonly state: TaskObservation['state']
  /** When the task came to work, ISO 8601. */
  readonly startedAt?: string
  readonly end?: TaskEnd
  /** Of several containers: which one this is the state and the end of, from 0. */
  readonly container?: number
  /** One of its containers is over, and another still runs: it is to be stopped. */
  readonly lingers?: true
  /** Nobody is to start it again. */
  readonly jobIsStopping: boolean
}

/** What the story does next. */
export type FollowCommand =
  | { readonly do: 'end' }
  | {
      readonly do: 'stop instances'
      readonly instances: readonly number[]
      readonly graceSeconds: number
    }
  | { readonly do: 'wait' }

/** For a job whose outputs nobody will have. */
const STOP_GRACE_SECONDS = 5

export function isOver(one: Pick<InstanceObservation, 'state'>): boolean {
  return one.state === 'Ended' || isLost(one)
}

/** Nothing is known of a task that is not there any more: its machine, its runner or its files are gone. */
export function isLost({ state }: Pick<InstanceObservation, 'state'>): boolean {
  return state === 'Lost' || state === 'Unknown'
}

/** The task sent all of its objects; some of them may have failed. */
export function cameToItsEnd({ end }: Pick<InstanceObservation, 'end'>): boolean {
  return end?.transformed !== undefined
}

/**
 * Decides what the story does; `told` are the instances that were told to stop. Objects that fail leave the
 * others be; a container that fails ends the job.
 */
export function nextCommand(
  instances: readonly InstanceObservation[],
  told: ReadonlySet<number>,
): FollowCommand {
  if (instances.every((one) => isOver(one) && !one.lingers)) return { do: 'end' }
  const isStopping = instances.some(({ jobIsStopping }) => jobIsStopping)
  const hasFailure = instances.some((one) => one.end !== undefined && !cameToItsEnd(one))
  const isEnding = isStopping || hasFailure
  const untold = instances.filter(
    (one) => (one.lingers || (isEnding && !isOver(one))) && !told.has(one.instance),
  )
  if (untold.length === 0) return { do: 'wait' }
  return {
    do: 'stop instances',
    instances: untold.map(({ instance }) => instance),
    graceSeconds: STOP_GRACE_SECONDS,
  }
}

/** When the first instance came to work. */
export function startedAt(instances: readonly InstanceObservation[]): Date | undefined {
  const times = instances.flatMap((one) => (one.startedAt === undefined ? [] : [one.startedAt]))
  return times.length === 0 ? undefined : new Date(times.toSorted()[0] ?? 0)
}
