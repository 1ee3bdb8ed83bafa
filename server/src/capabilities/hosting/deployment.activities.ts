import { assert } from '../../base/assert.ts'
import type { Platform } from '../../platform/scope.ts'
import { decideBake, earliest, objectionTo } from './bake.states.ts'
import { readDeployment, setDeploymentStage } from './deployment.store.ts'
import type { Deployment, DeploymentPhase } from './deployment.ts'
import type { DeploymentActivities, DeploymentOutcome } from './deployment.workflow.ts'
import { recordDecision } from './deployment-record.ts'
import { createRollbackActivities } from './deployment-rollback.activities.ts'
import { changeDeployment, isPresent } from './deployment-state.ts'
import {
  countsOf,
  nextTraffic,
  presentTraffic,
  sharesByCount,
  sharesOf,
  shareTraffic,
  withCounts,
} from './deployment-traffic.ts'
import {
  countRequests,
  observeDeployment,
  type WatchedDeployment,
  watchDeployment,
} from './deployment-watch.ts'
import type { FleetKey } from './endpoint.workflow.ts'
import { awaitRetired, awaitRouted, isComplete, readState } from './endpoint-state.ts'
import { setFleetStage, setFleetTraffic, setFleetVariants } from './fleet.store.ts'
import { everyVariant } from './fleet.ts'

/** How often a bake that holds asks for the metric of requests, in real time. */
const HOLD_SWEEP_MS = 1_000

const PASSED: DeploymentOutcome = { outcome: 'Passed' }
const GONE: DeploymentOutcome = { outcome: 'Gone' }

export function createDeploymentActivities(platform: Platform): DeploymentActivities {
  return {
    readPlan: async (key) => (await readDeployment(platform.database, key))?.plan,
    checkAlarms: (key) => checkAlarms(platform, key),
    launch: (key, phase) => launch(platform, key, phase),
    awaitCapacity: (key, phase) => awaitCapacity(platform, key, phase),
    shiftTraffic: (key, phase) => shiftTraffic(platform, key, phase),
    awaitRouted: (endpointId) => awaitRouted(platform, endpointId),
    bake: (key, phase) => bake(platform, key, phase),
    endBatch: (key, phase) => endBatch(platform, key, phase),
    awaitRetired: (endpointId) => awaitRetired(platform, endpointId),
    complete: (key) => complete(platform, key),
    ...createRollbackActivities(platform),
  }
}

async function checkAlarms(platform: Platform, key: FleetKey): Promise<DeploymentOutcome> {
  const state = await readState(platform.database, key.endpointId)
  const watched = state && (await observeDeployment(platform, key, state))
  if (!watched) return GONE
  const { alarms, deployment } = watched
  await changeDeployment(platform, key, ({ transaction }) =>
    recordDecision(transaction, key, {
      decision: 'Started',
      cause: `UpdateEndpoint to "${deployment.toConfigName}", strategy ${deployment.plan.strategy}`,
      at: deployment.startedAt,
      occasion: 0,
      detail: alarms.length === 0 ? {} : { alarms },
    }),
  )
  const failureReason = objectionTo(watched)
  return failureReason === undefined ? PASSED : failedFor(failureReason)
}

async function launch(platform: Platform, key: FleetKey, phase: number): Promise<void> {
  await changeDeployment(platform, key, async (change) => {
    const { transaction, deployment, next, now } = change
    const wanted = phaseOf(deployment, phase)
    const counts = Object.fromEntries(
      wanted.variants.map(({ variantName, instanceCount }) => [variantName, instanceCount]),
    )
    const before = countsOf(next.variants)
    const isGrowth = Object.entries(counts).some(([name, count]) => count > (before[name] ?? 0))
    if (!isGrowth) return
    const variants = withCounts(next.variants, counts)
    await setFleetVariants(transaction, key.endpointId, { ...next, variants })
    await setDeploymentStage(transaction, key, { phase, stage: 'Launching', since: now })
  })
}

async function awaitCapacity(
  platform: Platform,
  key: FleetKey,
  phase: number,
): Promise<DeploymentOutcome> {
  const deployment = await readDeployment(platform.database, key)
  if (!deployment) return GONE
  const outcome = await watchDeployment(platform, key, {
    until: deployment.deadline,
    look: (watched) => {
      const failureReason = objectionTo(watched)
      if (failureReason !== undefined) return failedFor(failureReason)
      return isUp(watched) ? PASSED : undefined
    },
  })
  if (outcome !== 'Gone' && outcome?.outcome === 'Passed') {
    await changeDeployment(platform, key, ({ transaction, now }) =>
      recordDecision(transaction, key, {
        decision: 'CapacityReady',
        cause: 'every instance that the phase needs answers pings',
        at: now,
        occasion: phase,
      }),
    )
  }
  return outcomeOf(outcome)
}

function isUp({ state, deployment }: WatchedDeployment): boolean {
  const next = state.fleets.find(({ generation }) => generation === deployment.generation)
  return (
    next !== undefined && everyVariant(next).every((variant) => isComplete(state, next, variant))
  )
}

async function shiftTraffic(platform: Platform, key: FleetKey, phase: number): Promise<void> {
  await changeDeployment(platform, key, async (change) => {
    const { transaction, deployment, fleets, next, now } = change
    const wanted = phaseOf(deployment, phase)
    for (const fleet of fleets.filter(isPresent(deployment))) {
      const traffic = presentTraffic(deployment.plan, fleet, sharesOf(wanted))
      const { generation } = fleet
      await setFleetTraffic(transaction, key.endpointId, { generation, traffic })
    }
    const { generation } = next
    const traffic = nextTraffic(wanted)
    await setFleetTraffic(transaction, key.endpointId, { generation, traffic })
    await setDeploymentStage(transaction, key, { phase, stage: 'ActivatingTraffic', since: now })
    await recordDecision(transaction, key, {
      decision: 'TrafficShifted',
      cause: `phase ${phase + 1} of ${deployment.plan.phases.length}: ${wanted.capacity} capacity`,
      at: now,
      occasion: phase,
    })
  })
}

async function bake(platform: Platform, key: FleetKey, phase: number): Promise<DeploymentOutcome> {
  const begun = await beginBake(platform, key, phase)
  if (!begun) return GONE
  const { bakeUntil = platform.clock.now(), deadline, since } = begun
  let until = earliest(bakeUntil, deadline)
  let holds = false
  for (;;) {
    const found = await watchDeployment(platform, key, {
      until,
      ...(holds && { sweepMs: HOLD_SWEEP_MS }),
      look: async (watched) => {
        const { plan } = watched.deployment
        const requests = plan.minimumBakeRequests
          ? await countRequests(platform, watched, since)
          : undefined
        const decision = decideBake(watched, requests ?? 0)
        if (decision.decision === 'Wait') return undefined
        if (decision.decision === 'Hold' && holds) return undefined
        return { decision, watched, requests }
      },
    })
    if (found === 'Gone') return GONE
    if (!found) continue
    const { decision, watched, requests } = found
    if (decision.decision === 'RollBack') return failedFor(decision.failureReason)
    await recordBake(platform, key, { phase, decision: decision.decision, watched, requests })
    if (decision.decision !== 'Hold') return PASSED
    holds = true
    until = decision.until
  }
}

/** Begins a phase's wait, once, however often this is called. @returns undefined when the deployment is gone */
async function beginBake(
  platform: Platform,
  key: FleetKey,
  phase: number,
): Promise<Deployment | undefined> {
  return changeDeployment(platform, key, async ({ transaction, deployment, now }) => {
    const { wait } = phaseOf(deployment, phase)
    if (deployment.stage === 'Baking' && deployment.phase === phase) return deployment
    if (wait.seconds === 0) return { ...deployment, phase, since: now, bakeUntil: now }
    const bakeUntil = new Date(now.getTime() + wait.seconds * 1_000)
    const stage = { phase, stage: 'Baking', since: now, bakeUntil } as const
    await setDeploymentStage(transaction, key, stage)
    await recordDecision(transaction, key, {
      decision: 'BakeStarted',
      cause: `${wait.member} is ${wait.seconds}`,
      at: now,
      occasion: phase,
    })
    return { ...deployment, ...stage }
  })
}

const BAKE_ENDS = {
  Pass: {
    decision: 'BakePassed',
    cause: 'the wait is over and no alarm is in ALARM',
  },
  Promote: { decision: 'BakePromoted', cause: 'sagebrush deploy promote' },
  Hold: { decision: 'BakeHeld', cause: 'the new fleet got too few requests to tell' },
} as const

async function recordBake(
  platform: Platform,
  key: FleetKey,
  end: {
    readonly phase: number
    readonly decision: keyof typeof BAKE_ENDS
    readonly watched: WatchedDeployment
    readonly requests: number | undefined
  },
): Promise<void> {
  const { phase, decision, watched, requests } = end
  const { plan } = watched.deployment
  const { cause } = BAKE_ENDS[decision]
  const unseen = watched.deletedAlarms.join(', ')
  // a phase that nothing waited for is told by its shift of traffic
  if (plan.phases[phase]?.wait.seconds === 0) return
  await changeDeployment(platform, key, ({ transaction, now }) =>
    recordDecision(transaction, key, {
      decision: BAKE_ENDS[decision].decision,
      cause: unseen === '' ? cause : `${cause}; not looked at, since deleted: ${unseen}`,
      at: now,
      occasion: phase,
      detail: {
        ...(watched.alarms.length > 0 && { alarms: watched.alarms }),
        ...(requests !== undefined && { requests }),
      },
    }),
  )
}

async function endBatch(platform: Platform, key: FleetKey, phase: number): Promise<void> {
  await changeDeployment(platform, key, async (change) => {
    const { transaction, deployment, fleets, next, now } = change
    const { presentCountsAfter = {} } = phaseOf(deployment, phase)
    const serving = fleets.find(({ stage }) => stage === 'Serving')
    if (!serving) return
    const variants = withCounts(serving.variants, presentCountsAfter)
    const shares = sharesByCount(next, variants)
    const { endpointId } = key
    await setFleetVariants(transaction, endpointId, { ...serving, variants })
    const traffic = presentTraffic(deployment.plan, serving, shares)
    await setFleetTraffic(transaction, endpointId, { generation: serving.generation, traffic })
    const { generation } = next
    await setFleetTraffic(transaction, endpointId, { generation, traffic: shareTraffic(shares) })
    await setDeploymentStage(transaction, key, { phase, stage: 'Terminating', since: now })
    await recordDecision(transaction, key, {
      decision: 'InstancesTerminated',
      cause: 'the batch has been replaced',
      at: now,
      occasion: phase,
    })
  })
}

async function complete(platform: Platform, key: FleetKey): Promise<void> {
  await changeDeployment(platform, key, async ({ transaction, deployment, next, now }) => {
    // done already, by a run whose end was not recorded
    if (next.stage === 'Serving') return
    const { endpointId } = key
    for (const { generation } of deployment.plan.present) {
      const from = ['Serving', 'Launching'] as const
      await setFleetStage(transaction, endpointId, { from, to: 'Retiring', generation })
    }
    const { generation } = next
    await setFleetStage(transaction, endpointId, { from: ['Launching'], to: 'Serving', generation })
    const phase = deployment.plan.phases.length - 1
    await setDeploymentStage(transaction, key, { phase, stage: 'Terminating', since: now })
    await recordDecision(transaction, key, {
      decision: 'InstancesTerminated',
      cause: 'the new fleet has proved itself',
      at: now,
      occasion: phase,
    })
  })
}

function phaseOf({ plan }: Deployment, phase: number): DeploymentPhase {
  const found = plan.phases[phase]
  assert(found !== undefined, `the plan has a phase ${phase}`)
  return found
}

function failedFor(failureReason: string): DeploymentOutcome {
  return { outcome: 'Failed', failureReason }
}

function outcomeOf(found: DeploymentOutcome | 'Gone' | undefined): DeploymentOutcome {
  return found === undefined || found === 'Gone' ? GONE : found
}
