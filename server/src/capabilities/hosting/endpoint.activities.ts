import type { Platform } from '../../platform/scope.ts'
import { removeTags } from '../tags/index.ts'
import { deleteEndpointRow, setEndpointStatus } from './endpoint.store.ts'
import type { EndpointActivities, FleetKey, FleetOutcome } from './endpoint.workflow.ts'
import {
  awaitRetired,
  awaitRouted,
  changeEndpoint,
  type EndpointState,
  isComplete,
  watchEndpoint,
} from './endpoint-state.ts'
import { deleteRetiredFleets, setFleetStage, setFleetVariants } from './fleet.store.ts'
import { everyVariant } from './fleet.ts'
import { aimAt, arrive, type VariantTarget } from './fleet-variant.ts'

export function createEndpointActivities(platform: Platform): EndpointActivities {
  return {
    awaitFleet: async (key, variantNames) => {
      const outcome = await watchEndpoint(platform, key.endpointId, {
        gone: { outcome: 'Gone' } as const,
        look: (state) => fleetOutcome(state, key, variantNames),
      })
      return outcome ?? { outcome: 'Gone' }
    },
    shiftTraffic: (key) => shiftTraffic(platform, key),
    giveUpFleet: (key, failureReason) => giveUpFleet(platform, key, failureReason),
    applyTargets: async (endpointId) => {
      await changeEndpoint(platform, endpointId, async (transaction, { fleets }) => {
        const serving = fleets.find(({ stage }) => stage === 'Serving')
        if (!serving) return
        const variants = arrive(serving.variants)
        await setFleetVariants(transaction, endpointId, { ...serving, variants })
      })
    },
    rollBack: (endpointId, previous) => rollBack(platform, endpointId, previous),
    awaitRouted: (endpointId) => awaitRouted(platform, endpointId),
    awaitRetired: (endpointId) => awaitRetired(platform, endpointId),
    settle: (endpointId, failureReason) => settleEndpoint(platform, endpointId, failureReason),
    deleteEndpoint: async (endpointId) => {
      await changeEndpoint(platform, endpointId, async (transaction, { endpoint }) => {
        await removeTags(transaction, endpoint.place, endpoint.endpointArn)
        await deleteEndpointRow(transaction, endpointId)
      })
    },
  }
}

/** The endpoint rests: in service, unless a rollback that failed has left two fleets with traffic. */
async function settleEndpoint(
  platform: Platform,
  endpointId: string,
  failureReason: string | undefined,
): Promise<void> {
  await changeEndpoint(platform, endpointId, async (transaction, { endpoint, fleets }) => {
    await deleteRetiredFleets(transaction, endpointId)
    if (endpoint.status === 'Failed') return
    const isMixed = fleets.some(({ stage, traffic }) => stage === 'Launching' && traffic)
    await setEndpointStatus(transaction, endpointId, {
      to: isMixed ? 'UpdateRollbackFailed' : 'InService',
      at: platform.clock.now(),
      failureReason: failureReason ?? null,
    })
  })
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
    await setFleetVariants(transaction, endpointId, { ...serving, variants })
    const at = platform.clock.now()
    await setEndpointStatus(transaction, endpointId, { to: 'RollingBack', at })
  })
}

function fleetOutcome(
  state: EndpointState,
  key: FleetKey,
  variantNames?: readonly string[],
): FleetOutcome | undefined {
  const { fleets } = state
  const fleet = fleets.find(({ generation }) => generation === key.generation)
  if (!fleet) return { outcome: 'Gone' }
  const awaited = everyVariant(fleet).filter(
    ({ variantName }) => !variantNames || variantNames.includes(variantName),
  )
  const failed = awaited.find(({ variantName }) => fleet.failures[variantName] !== undefined)
  const failureReason = failed && fleet.failures[failed.variantName]
  if (failureReason !== undefined) return { outcome: 'Failed', failureReason }
  return awaited.every((variant) => isComplete(state, fleet, variant))
    ? { outcome: 'Complete' }
    : undefined
}
