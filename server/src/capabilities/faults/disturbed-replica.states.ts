import type { TaskObservation } from '../../platform/engines/engine.ts'
import type { EndpointFault } from './fault.ts'

/** What decides how a replica fares under a fault; instants are the platform clock's. */
export interface DisturbedReplica {
  readonly observation: TaskObservation
  readonly fault: EndpointFault
  readonly injectedAt: Date
  /** When its container began to run. */
  readonly runningAt: Date
  /** Whether it has ever answered a ping with 200. */
  readonly wasReady: boolean
  readonly startupTimeoutSeconds: number
  readonly now: Date
}

/** What is seen of the replica in place of what is, and when that changes by itself. */
export interface Disturbance {
  readonly observation: TaskObservation
  readonly until?: Date
}

/** A service that has answered before is given up after as many bad pings as the runner's own watch counts. */
const GIVEN_UP_MS = 30_000

/** Lets `/ping` fail, or start late, in what is seen of a replica: all that follows is what really follows. */
export function disturb(replica: DisturbedReplica): Disturbance {
  const { observation, fault, now } = replica
  if (observation.state !== 'Running') return { observation }
  const failingFrom = fault.failingPing ? later(replica.injectedAt, replica.runningAt) : undefined
  const failingUntil = failingFrom ? undefined : slowUntil(replica)
  if (!failingFrom && !(failingUntil && now < failingUntil)) return { observation }
  const givenUpAt = replica.wasReady
    ? new Date((failingFrom ?? replica.runningAt).getTime() + GIVEN_UP_MS)
    : new Date(replica.runningAt.getTime() + replica.startupTimeoutSeconds * 1_000)
  if (now >= givenUpAt) return { observation: unhealthy(replica) }
  const until = failingUntil && failingUntil < givenUpAt ? failingUntil : givenUpAt
  return { observation: { ...observation, ready: false }, until }
}

/** Only replicas that began after the fault start slowly. */
function slowUntil({ fault, runningAt, injectedAt }: DisturbedReplica): Date | undefined {
  if (fault.slowStartMs === undefined || runningAt < injectedAt) return undefined
  return new Date(runningAt.getTime() + fault.slowStartMs)
}

function unhealthy({ observation, wasReady, startupTimeoutSeconds }: DisturbedReplica) {
  const message = wasReady
    ? 'The container stopped answering GET /ping with 200 (injected)'
    : `The container did not answer GET /ping with 200 within ${startupTimeoutSeconds} seconds (injected)`
  const end = { cause: 'Unhealthy', message, uploaded: {} } as const
  return { ...observation, state: 'Ended', ready: false, end } as const
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other
}
