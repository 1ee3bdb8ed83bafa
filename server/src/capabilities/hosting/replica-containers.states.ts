import type { TaskAddress, TaskObservation } from '../../platform/engines/engine.ts'
import type { Replica } from './fleet.ts'

/** A replica's containers as they are seen together. */
export interface SeenContainers {
  /** How the replica stands: ready once all are, dead once one is. */
  readonly observation: TaskObservation
  /** Where the second container and those after it are; absent while that is not known of all. */
  readonly furtherAddresses?: readonly TaskAddress[]
  /** Which of them ended the replica, from 0. */
  readonly failedContainer?: number
  /** True: one has ended, others still run. */
  readonly lingers?: boolean
}

/** The id of a replica's n-th task, from 0. */
export function containerTaskId(replicaId: string, index: number): string {
  return index === 0 ? replicaId : `${replicaId}-${index + 1}`
}

export function containerTaskIds({
  replicaId,
  containerCount = 1,
}: Pick<Replica, 'replicaId' | 'containerCount'>): readonly string[] {
  return Array.from({ length: containerCount }, (_, index) => containerTaskId(replicaId, index))
}

/** The replica that a task is part of. */
export function replicaOfTask(taskId: string): string {
  return taskId.replace(/^(i-[0-9a-f]+)-\d+$/, '$1')
}

/** Several containers as one: the replica is only as far as the one that is least far. */
export function seenTogether(observations: readonly TaskObservation[]): SeenContainers {
  const [first] = observations
  if (!first) throw new RangeError('a replica has at least one container')
  if (observations.length === 1) return { observation: first }
  const failed = failedOf(observations)
  const dead = failed === undefined ? undefined : observations[failed]
  if (failed !== undefined && dead) {
    return {
      observation: { ...first, ...dead, taskId: first.taskId, ready: false },
      failedContainer: failed,
      lingers: observations.some(({ state }) => !isOver(state) && state !== 'Unknown'),
    }
  }
  const unknown = observations.find(({ state }) => state === 'Unknown')
  const addresses = observations.slice(1).flatMap(({ address }) => address ?? [])
  const ready = observations.every((one) => one.ready)
  return {
    observation: { ...first, state: unknown ? 'Unknown' : first.state, ready },
    ...(addresses.length === observations.length - 1 && { furtherAddresses: addresses }),
  }
}

/** The one whose end is the cause: one that was not stopped, if there is one. */
function failedOf(observations: readonly TaskObservation[]): number | undefined {
  const over = observations.flatMap(({ state }, index) => (isOver(state) ? [index] : []))
  return over.find((index) => observations[index]?.end?.cause !== 'Stopped') ?? over[0]
}

function isOver(state: TaskObservation['state']): boolean {
  return state === 'Ended' || state === 'Lost'
}
