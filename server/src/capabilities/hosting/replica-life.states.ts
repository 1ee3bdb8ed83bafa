import type { TaskObservation } from '../../platform/engines/engine.ts'
import type { CopyPlace, Fleet, FleetVariant, Replica } from './fleet.ts'

export interface ObservedReplica extends Replica {
  /** Absent for a replica that came to be after the look: nothing is decided about it. */
  readonly observation?: TaskObservation
  /** Of several containers: which one ended it, and whether others of it still run. */
  readonly failedContainer?: number
  readonly lingers?: boolean
}

export interface Launch {
  readonly generation: number
  readonly variantName: string
  readonly failures: number
  readonly startAt: Date
  readonly containerCount?: number
  readonly copy?: CopyPlace
}

/** A replica that served this long was sound: what ends it is not held against its successor. */
export const STEADY_MS = 5 * 60_000
/** The first successor starts at once; each further one that dies young doubles the wait. */
const BACK_OFF_MS_MIN = 1_000
const BACK_OFF_MS_MAX = 60_000
/** So many replicas lost in a row, before one answered, are no accident of a machine any more. */
const LOST_MAX = 4

/** What takes a dead replica's place; not at once when several died young. */
export function launchAfter(
  predecessor: ObservedReplica | undefined,
  { fleet, variant, now }: { fleet: Fleet; variant: FleetVariant; now: Date },
): Launch {
  const { generation } = fleet
  const { variantName, containers } = variant
  const place = {
    generation,
    variantName,
    ...(containers && { containerCount: containers.all.length }),
  }
  if (!predecessor || now.getTime() - predecessor.startAt.getTime() >= STEADY_MS) {
    return { ...place, failures: 0, startAt: now }
  }
  const failures = predecessor.failures + 1
  const delayMs =
    failures < 2 ? 0 : Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** (failures - 2))
  return { ...place, failures, startAt: new Date(now.getTime() + delayMs) }
}

export function isDead({ observation }: ObservedReplica): boolean {
  return observation?.state === 'Ended' || observation?.state === 'Lost'
}

/** Whether a replica's end says nothing about its model: it has served, or its machine went away. */
export function isBlameless({ observation, readyAt, failures }: ObservedReplica): boolean {
  if (readyAt !== undefined || observation?.ready) return true
  if (failures + 1 >= LOST_MAX) return false
  return observation?.state === 'Lost' || observation?.end?.cause === 'Stopped'
}

/** Those that are kept first: ones that answer, then the oldest. */
export function byWorth(one: ObservedReplica, other: ObservedReplica): number {
  const readiness = Number(isReady(other)) - Number(isReady(one))
  if (readiness !== 0) return readiness
  return one.createdAt.getTime() - other.createdAt.getTime() || byReplicaId(one, other)
}

export function isReady({ observation, ready }: ObservedReplica): boolean {
  return observation?.ready ?? ready
}

function byReplicaId(one: { replicaId: string }, other: { replicaId: string }): number {
  return one.replicaId < other.replicaId ? -1 : Number(one.replicaId > other.replicaId)
}
