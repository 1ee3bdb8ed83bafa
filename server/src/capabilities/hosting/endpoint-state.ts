import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { awaitAcknowledged } from '../inference/route.store.ts'
import { copiesToMove } from './copies.states.ts'
import { type Endpoint, lockEndpoint, readEndpoint } from './endpoint.store.ts'
import { readFleets } from './fleet.store.ts'
import type { Fleet, FleetVariant, Replica, WorkloadKey } from './fleet.ts'
import { isOf, isRouted } from './fleet-route.states.ts'
import { requiredCount } from './fleet-variant.ts'
import { readReplicas } from './replica.store.ts'
import { readHostedWorkloads } from './workload.store.ts'
import { isCopyOf, type Workload } from './workload.ts'

/** A gateway that lives and yet does not take a route for this long holds an endpoint up no longer. */
const ACKNOWLEDGEMENT_MS_MAX = 10_000

/** What an endpoint is at one moment. */
export interface EndpointState {
  readonly endpoint: Endpoint
  readonly fleets: readonly Fleet[]
  readonly replicas: readonly Replica[]
  /** What inference components keep on its instances. */
  readonly workloads: readonly Workload[]
}

/** How many replicas of a variant get requests, or would if the fleet served. */
export function readyCount(
  replicas: readonly Replica[],
  fleet: Pick<Fleet, 'generation'>,
  variantName: string,
): number {
  return replicas.filter(
    (replica) =>
      replica.ready &&
      !replica.retirement &&
      !replica.copy &&
      replica.generation === fleet.generation &&
      replica.variantName === variantName,
  ).length
}

/**
 * How many instances of a variant are ready. Those that hold copies are so at once: there is nothing on them
 * that would have to start.
 */
export function readyInstances(
  replicas: readonly Replica[],
  fleet: Pick<Fleet, 'generation'>,
  variant: FleetVariant,
): number {
  return variant.hostsComponents
    ? variant.instanceCount
    : readyCount(replicas, fleet, variant.variantName)
}

/** Whether a variant of a fleet is all that it shall be now, with the copies that are kept on it. */
export function isComplete(
  { replicas, workloads }: Pick<EndpointState, 'replicas' | 'workloads'>,
  fleet: Fleet,
  variant: FleetVariant,
): boolean {
  const { variantName } = variant
  if (!variant.hostsComponents) {
    return readyCount(replicas, fleet, variantName) >= requiredCount(fleet, variant)
  }
  return (
    workloads
      .filter((workload) => workload.variantName === variantName)
      .every((workload) => readyCopies(replicas, fleet, workload) >= workload.copyCount) &&
    (fleet.stage === 'Launching' ||
      copiesToMove(variant, replicas.filter(isOf(fleet, variant))).length === 0)
  )
}

/** How many copies of a workload get requests, or would if the fleet served. */
export function readyCopies(
  replicas: readonly Replica[],
  { generation }: Pick<Fleet, 'generation'>,
  workload: WorkloadKey,
): number {
  const isCopy = isCopyOf(workload)
  return replicas.filter(
    (replica) =>
      replica.ready && !replica.retirement && replica.generation === generation && isCopy(replica),
  ).length
}

export interface Watch<Found, Gone> {
  /** The answer when the endpoint is not there. */
  readonly gone: Gone
  readonly look: (state: EndpointState) => Found | undefined | Promise<Found | undefined>
  /** When to look again though nothing was announced. */
  readonly until?: Date
  readonly sweepMs?: number
}

/**
 * Looks at an endpoint after each of its changes until `look` answers something.
 *
 * @returns undefined when nothing was found by `until`
 * @throws when the process is about to end, so that the next one waits
 */
export async function watchEndpoint<Found, Gone>(
  platform: Platform,
  endpointId: string,
  { gone, look, until, sweepMs }: Watch<Found, Gone>,
): Promise<Found | Gone | undefined> {
  const { database, changes, clock } = platform
  const first = await readEndpoint(database, endpointId)
  if (!first) return gone
  const found = await changes.waitFor(
    first.endpointArn,
    async () => {
      const state = await readState(database, endpointId)
      if (!state) return { answer: gone }
      const answer = await look(state)
      return answer === undefined ? undefined : { answer }
    },
    { ...(until && { deadline: until }), ...(sweepMs !== undefined && { sweepMs }) },
  )
  if (found) return found.answer
  if (until && clock.now() >= until) return undefined
  throw new Error('waiting ended with the process; the next one goes on')
}

/** Changes rows of an endpoint that is there, alone, and tells everyone. @returns undefined when it is gone */
export async function changeEndpoint<T>(
  { database, changes }: Platform,
  endpointId: string,
  change: (transaction: Queryable, state: EndpointState) => Promise<T>,
): Promise<T | undefined> {
  return database.transaction(async (transaction) => {
    const endpoint = await lockEndpoint(transaction, endpointId)
    if (!endpoint) return undefined
    const fleets = await readFleets(transaction, endpointId)
    const replicas = await readReplicas(transaction, endpointId)
    const workloads = await readHostedWorkloads(transaction, endpointId, fleets)
    const answer = await change(transaction, { endpoint, fleets, replicas, workloads })
    await changes.announce(transaction, endpoint.endpointArn)
    return answer
  })
}

/** Until gateways route by the fleets as they are wanted. */
export async function awaitRouted(platform: Platform, endpointId: string): Promise<void> {
  const version = await watchEndpoint(platform, endpointId, {
    gone: 0,
    look: ({ fleets }) => publishedVersion(fleets.filter(isRouted)),
  })
  // by the wall's clock: gateways are processes, and do not get quicker when time is advanced
  const signal = AbortSignal.timeout(ACKNOWLEDGEMENT_MS_MAX)
  if (await awaitAcknowledged(platform, { version: version ?? 0, signal })) return
  platform.log.warn('a gateway does not take the present routes', { endpointId, version })
}

/** Until no replica is left that shall not serve. */
export async function awaitRetired(platform: Platform, endpointId: string): Promise<void> {
  await watchEndpoint(platform, endpointId, {
    gone: true,
    look: (state) => (hasRetiring(state) ? undefined : true),
  })
}

/** The version of the route table that has them all; undefined until it is published. */
function publishedVersion(fleets: readonly Fleet[]): number | undefined {
  const versions = fleets.flatMap(({ publishedVersion }) => publishedVersion ?? [])
  return versions.length === fleets.length ? Math.max(0, ...versions) : undefined
}

function hasRetiring({ fleets, replicas }: EndpointState): boolean {
  const retiring = fleets.filter(({ stage }) => stage === 'Retiring')
  return replicas.some(
    (replica) =>
      replica.retirement !== undefined ||
      retiring.some(({ generation }) => generation === replica.generation),
  )
}

export async function readState(
  database: Queryable,
  endpointId: string,
): Promise<EndpointState | undefined> {
  const endpoint = await readEndpoint(database, endpointId)
  if (!endpoint) return undefined
  const fleets = await readFleets(database, endpointId)
  const replicas = await readReplicas(database, endpointId)
  const workloads = await readHostedWorkloads(database, endpointId, fleets)
  return { endpoint, fleets, replicas, workloads }
}
