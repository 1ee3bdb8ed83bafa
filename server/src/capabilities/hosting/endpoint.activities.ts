import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { awaitAcknowledged } from '../inference/route.store.ts'
import { removeTags } from '../tags/index.ts'
import {
  deleteEndpointRow,
  type Endpoint,
  lockEndpoint,
  readEndpoint,
  setEndpointStatus,
} from './endpoint.store.ts'
import type { EndpointActivities, FleetKey, FleetOutcome } from './endpoint.workflow.ts'
import {
  deleteRetiredFleets,
  readFleets,
  readReplicas,
  setFleetStage,
  setServingVariants,
} from './fleet.store.ts'
import type { Fleet, Replica } from './fleet.ts'
import { aimAt, arrive, type VariantTarget } from './fleet-variant.ts'

/** A gateway that lives and yet does not take a route for this long holds an endpoint up no longer. */
const ACKNOWLEDGEMENT_MS_MAX = 10_000

/** What an endpoint is at one moment. */
interface EndpointState {
  readonly endpoint: Endpoint
  readonly fleets: readonly Fleet[]
  readonly replicas: readonly Replica[]
}

export function createEndpointActivities(platform: Platform): EndpointActivities {
  return {
    awaitFleet: (key, variantNames) =>
      waitFor(platform, key.endpointId, {
        gone: { outcome: 'Gone' },
        look: (state) => fleetOutcome(state, key, variantNames),
      }),
    shiftTraffic: (key) => shiftTraffic(platform, key),
    giveUpFleet: (key, failureReason) => giveUpFleet(platform, key, failureReason),
    applyTargets: (endpointId) =>
      changeEndpoint(platform, endpointId, async (transaction, { fleets }) => {
        const serving = fleets.find(({ stage }) => stage === 'Serving')
        if (serving) await setServingVariants(transaction, endpointId, arrive(serving.variants))
      }),
    rollBack: (endpointId, previous) => rollBack(platform, endpointId, previous),
    awaitRouted: (endpointId) => awaitRouted(platform, endpointId),
    awaitRetired: (endpointId) =>
      waitFor(platform, endpointId, {
        gone: undefined,
        look: (state) => (hasRetiring(state) ? undefined : null),
      }).then(() => undefined),
    settle: (endpointId, failureReason) =>
      changeEndpoint(platform, endpointId, async (transaction, { endpoint }) => {
        await deleteRetiredFleets(transaction, endpointId)
        if (endpoint.status === 'Failed') return
        await setEndpointStatus(transaction, endpointId, {
          to: 'InService',
          at: platform.clock.now(),
          failureReason: failureReason ?? null,
        })
      }),
    deleteEndpoint: (endpointId) =>
      changeEndpoint(platform, endpointId, async (transaction, { endpoint }) => {
        await removeTags(transaction, endpoint.place, endpoint.endpointArn)
        await deleteEndpointRow(transaction, endpointId)
      }),
  }
}

async function shiftTraffic(platform: Platform, key: FleetKey): Promise<void> {
  await changeEndpoint(platform, key.endpointId, async (transaction, { fleets }) => {
    const isNext = fleets.some(
      ({ generation, stage }) => generation === key.generation && stage === 'Launching',
    )
    // done already, by a run whose end was not recorded
    if (!isNext) return
    await setFleetStage(transaction, key.endpointId, { from: ['Serving'], to: 'Retiring' })
    await setFleetStage(transaction, key.endpointId, { from: ['Launching'], to: 'Serving' })
  })
}

async function giveUpFleet(
  platform: Platform,
  { endpointId }: FleetKey,
  failureReason: string,
): Promise<void> {
  await changeEndpoint(platform, endpointId, async (transaction, { fleets }) => {
    await setFleetStage(transaction, endpointId, { from: ['Launching'], to: 'Retiring' })
    if (fleets.some(({ stage }) => stage === 'Serving')) return
    const at = platform.clock.now()
    await setEndpointStatus(transaction, endpointId, { to: 'Failed', at, failureReason })
  })
}

async function rollBack(
  platform: Platform,
  endpointId: string,
  previous: readonly VariantTarget[],
): Promise<void> {
  await changeEndpoint(platform, endpointId, async (transaction, { fleets }) => {
    const serving = fleets.find(({ stage }) => stage === 'Serving')
    if (!serving) return
    const variants = arrive(aimAt(serving.variants, previous))
    await setServingVariants(transaction, endpointId, variants)
    const at = platform.clock.now()
    await setEndpointStatus(transaction, endpointId, { to: 'RollingBack', at })
  })
}

async function awaitRouted(platform: Platform, endpointId: string): Promise<void> {
  const { clock, log } = platform
  const version = await waitFor(platform, endpointId, {
    gone: 0,
    look: ({ fleets }) => fleets.find(({ stage }) => stage === 'Serving')?.publishedVersion,
  })
  const deadline = new Date(clock.now().getTime() + ACKNOWLEDGEMENT_MS_MAX)
  if (await awaitAcknowledged(platform, { version, deadline })) return
  log.warn('a gateway does not take the present routes', { endpointId, version })
}

function fleetOutcome(
  state: EndpointState,
  key: FleetKey,
  variantNames?: readonly string[],
): FleetOutcome | undefined {
  const fleet = state.fleets.find(({ generation }) => generation === key.generation)
  if (!fleet) return { outcome: 'Gone' }
  const awaited = fleet.variants.filter(
    ({ variantName }) => !variantNames || variantNames.includes(variantName),
  )
  const failed = awaited.find(({ variantName }) => fleet.failures[variantName] !== undefined)
  const failureReason = failed && fleet.failures[failed.variantName]
  if (failureReason !== undefined) return { outcome: 'Failed', failureReason }
  const isComplete = awaited.every(
    (variant) => readyCount(state.replicas, fleet, variant.variantName) >= variant.instanceCount,
  )
  return isComplete ? { outcome: 'Complete' } : undefined
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
      replica.generation === fleet.generation &&
      replica.variantName === variantName,
  ).length
}

function hasRetiring({ fleets, replicas }: EndpointState): boolean {
  const retiring = fleets.filter(({ stage }) => stage === 'Retiring')
  return replicas.some(
    (replica) =>
      replica.retirement !== undefined ||
      retiring.some(({ generation }) => generation === replica.generation),
  )
}

/** Looks at each change of the endpoint. @throws when the process is about to end, so that the next one waits */
async function waitFor<Found, Gone>(
  platform: Platform,
  endpointId: string,
  options: {
    readonly gone: Gone
    readonly look: (state: EndpointState) => Found | undefined
  },
): Promise<Found | Gone> {
  const { database, changes } = platform
  const first = await readEndpoint(database, endpointId)
  if (!first) return options.gone
  const found = await changes.waitFor(first.endpointArn, async () => {
    const state = await readState(platform, endpointId)
    if (!state) return { answer: options.gone }
    const answer = options.look(state)
    return answer === undefined ? undefined : { answer }
  })
  if (!found) throw new Error('waiting ended with the process; the next one goes on')
  return found.answer
}

async function readState(
  { database }: { readonly database: Queryable },
  endpointId: string,
): Promise<EndpointState | undefined> {
  const endpoint = await readEndpoint(database, endpointId)
  if (!endpoint) return undefined
  return {
    endpoint,
    fleets: await readFleets(database, endpointId),
    replicas: await readReplicas(database, endpointId),
  }
}

/** Changes rows of an endpoint that is there, alone, and tells everyone. */
async function changeEndpoint(
  { database, changes }: Platform,
  endpointId: string,
  change: (transaction: Queryable, state: EndpointState) => Promise<void>,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const endpoint = await lockEndpoint(transaction, endpointId)
    if (!endpoint) return
    const fleets = await readFleets(transaction, endpointId)
    const replicas = await readReplicas(transaction, endpointId)
    await change(transaction, { endpoint, fleets, replicas })
    await changes.announce(transaction, endpoint.endpointArn)
  })
}
