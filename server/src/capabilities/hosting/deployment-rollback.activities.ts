import type { Platform } from '../../platform/scope.ts'
import { planRollback, type RollbackTurn } from './deployment.states.ts'
import {
  endDeployment,
  readDeployment,
  setDeploymentFailure,
  setDeploymentStage,
} from './deployment.store.ts'
import type { DeploymentActivities, DeploymentOutcome } from './deployment.workflow.ts'
import { recordDecision } from './deployment-record.ts'
import { changeDeployment, type DeploymentChange, isPresent } from './deployment-state.ts'
import { countsOf, presentTraffic, shareTraffic, withCounts } from './deployment-traffic.ts'
import { observeDeployment } from './deployment-watch.ts'
import { setEndpointStatus } from './endpoint.store.ts'
import type { FleetKey } from './endpoint.workflow.ts'
import {
  changeEndpoint,
  type EndpointState,
  isComplete,
  readState,
  watchEndpoint,
} from './endpoint-state.ts'
import {
  deleteRetiredFleets,
  setFleetStage,
  setFleetTraffic,
  setFleetVariants,
} from './fleet.store.ts'
import type { Fleet } from './fleet.ts'

/** FailureReason's bound, in characters. */
const REASON_LENGTH_MAX = 1024

type RollbackActivities = Pick<
  DeploymentActivities,
  | 'beginRollback'
  | 'restore'
  | 'awaitRestored'
  | 'giveBack'
  | 'endRollback'
  | 'giveUpRollback'
  | 'settle'
>

export function createRollbackActivities(platform: Platform): RollbackActivities {
  return {
    beginRollback: (key, failureReason) => beginRollback(platform, key, failureReason),
    restore: (key, turn) => restore(platform, key, turn),
    awaitRestored: (key, turn) => awaitRestored(platform, key, turn),
    giveBack: (key, turn) => giveBack(platform, key, turn),
    endRollback: (key) => endRollback(platform, key),
    giveUpRollback: (key, failureReason) => giveUpRollback(platform, key, failureReason),
    settle: (key) => settle(platform, key),
  }
}

async function beginRollback(
  platform: Platform,
  key: FleetKey,
  failureReason: string,
): Promise<readonly RollbackTurn[]> {
  const state = await readState(platform.database, key.endpointId)
  const alarms = (state && (await observeDeployment(platform, key, state)))?.alarms ?? []
  const turns = await changeDeployment(platform, key, async (change) => {
    const { transaction, deployment, fleets, next, now } = change
    // it has taken over: what failed came after
    if (next.stage !== 'Launching') return []
    const { phase } = deployment
    await setDeploymentStage(transaction, key, { phase, stage: 'RollingBack', since: now })
    await setDeploymentFailure(transaction, key, failureReason.slice(0, REASON_LENGTH_MAX))
    await setEndpointStatus(transaction, key.endpointId, {
      to: 'RollingBack',
      at: now,
      failureReason: failureReason.slice(0, REASON_LENGTH_MAX),
    })
    await recordDecision(transaction, key, {
      decision: 'RollbackStarted',
      cause: failureReason,
      at: now,
      occasion: 0,
      detail: alarms.length === 0 ? {} : { alarms },
    })
    const serving = fleets.find(({ stage }) => stage === 'Serving')
    return planRollback(deployment.plan, {
      present: countsOf(serving?.variants ?? []),
      next: countsOf(next.variants),
    })
  })
  return turns ?? []
}

async function restore(platform: Platform, key: FleetKey, turn: RollbackTurn): Promise<void> {
  if (!turn.grows) return
  await changeDeployment(platform, key, async ({ transaction, fleets }) => {
    const serving = fleets.find(({ stage }) => stage === 'Serving')
    if (!serving) return
    const variants = withCounts(serving.variants, turn.presentCounts)
    await setFleetVariants(transaction, key.endpointId, { ...serving, variants })
  })
}

/** Where nothing was taken away, one that has just died is not waited for: its traffic is needed more. */
async function awaitRestored(
  platform: Platform,
  key: FleetKey,
  turn: RollbackTurn,
): Promise<DeploymentOutcome> {
  if (!turn.grows) return { outcome: 'Passed' }
  const outcome = await watchEndpoint<DeploymentOutcome, DeploymentOutcome>(
    platform,
    key.endpointId,
    { gone: { outcome: 'Gone' }, look: restoredOutcome },
  )
  return outcome ?? { outcome: 'Gone' }
}

function restoredOutcome(state: EndpointState): DeploymentOutcome | undefined {
  const { fleets } = state
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  if (!serving) return { outcome: 'Gone' }
  const [failureReason] = Object.values(serving.failures)
  if (failureReason !== undefined) return { outcome: 'Failed', failureReason }
  const isUp = serving.variants.every((variant) => isComplete(state, serving, variant))
  return isUp ? { outcome: 'Passed' } : undefined
}

async function giveBack(platform: Platform, key: FleetKey, turn: RollbackTurn): Promise<void> {
  await changeDeployment(platform, key, async (change) => {
    const { transaction, next } = change
    const shares = Object.fromEntries(
      next.variants.map(({ variantName }) => [variantName, turn.share]),
    )
    await setPresentTraffic(change, shares)
    const variants = withCounts(next.variants, turn.nextCounts)
    await setFleetVariants(transaction, key.endpointId, { ...next, variants })
    const traffic = shareTraffic(shares)
    const { generation } = next
    await setFleetTraffic(transaction, key.endpointId, { generation, traffic })
  })
}

async function endRollback(platform: Platform, key: FleetKey): Promise<void> {
  await changeDeployment(platform, key, async (change) => {
    if (change.next.stage !== 'Launching') return
    await leaveNext(change)
  })
}

/** All requests go where they went before, and the new fleet ends. */
async function leaveNext(change: DeploymentChange): Promise<void> {
  const { transaction, deployment, next } = change
  const none = Object.fromEntries(next.variants.map(({ variantName }) => [variantName, 0]))
  await setPresentTraffic(change, none)
  await setFleetStage(transaction, deployment.endpointId, {
    from: ['Launching'],
    to: 'Retiring',
    generation: next.generation,
  })
}

async function setPresentTraffic(
  { transaction, deployment, fleets }: DeploymentChange,
  nextShares: Readonly<Record<string, number>>,
): Promise<void> {
  for (const fleet of fleets.filter(isPresent(deployment))) {
    const traffic = presentTraffic(deployment.plan, fleet, nextShares)
    const { generation } = fleet
    await setFleetTraffic(transaction, deployment.endpointId, { generation, traffic })
  }
}

async function giveUpRollback(
  platform: Platform,
  key: FleetKey,
  failureReason: string,
): Promise<void> {
  await changeDeployment(platform, key, async (change) => {
    const { transaction, deployment, next } = change
    if (next.stage !== 'Launching') return
    // without traffic it can end like any other that did not prove itself
    if (!next.traffic) await leaveNext(change)
    const { failureReason: first = '' } = deployment
    if (first.includes(failureReason)) return
    const both = `${first} The rollback did not complete either: ${failureReason}`.trim()
    await setDeploymentFailure(transaction, key, both.slice(0, REASON_LENGTH_MAX))
  })
}

const ENDS = {
  Succeeded: { decision: 'Completed', cause: 'the new fleet serves alone' },
  RolledBack: { decision: 'RolledBack', cause: 'the old fleet serves as before' },
  RollbackFailed: { decision: 'RollbackFailed', cause: 'both fleets are left in service' },
} as const

async function settle(platform: Platform, key: FleetKey): Promise<void> {
  const { endpointId, generation } = key
  await changeEndpoint(platform, endpointId, async (transaction, { fleets }) => {
    const deployment = await readDeployment(transaction, key)
    if (deployment?.status !== 'InProgress') return
    const next = fleets.find((fleet) => fleet.generation === generation)
    const status = endOf(next)
    const at = platform.clock.now()
    await deleteRetiredFleets(transaction, endpointId)
    const isMixed = fleets.some(({ stage, traffic }) => stage === 'Launching' && traffic)
    await setEndpointStatus(transaction, endpointId, {
      to: isMixed ? 'UpdateRollbackFailed' : 'InService',
      at,
      failureReason: status === 'Succeeded' ? null : (deployment.failureReason ?? null),
    })
    await recordDecision(transaction, key, {
      ...ENDS[status],
      ...(status === 'RollbackFailed' && { cause: deployment.failureReason ?? '' }),
      at,
      occasion: 0,
    })
    await endDeployment(transaction, key, { status, at })
  })
}

function endOf(next: Fleet | undefined): keyof typeof ENDS {
  if (next?.stage === 'Serving') return 'Succeeded'
  return next?.stage === 'Launching' ? 'RollbackFailed' : 'RolledBack'
}
