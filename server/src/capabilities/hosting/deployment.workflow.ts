import type { Workflow } from '../../platform/workflow/workflow.ts'
import type { RollbackTurn } from './deployment.states.ts'
import type { DeploymentPlan } from './deployment.ts'
import { type FleetKey, faultReason, STUBBORN } from './endpoint.workflow.ts'

/** How a part of a deployment ended. `Gone`: the endpoint is not there any more, nothing is left to tell. */
export type DeploymentOutcome =
  | { readonly outcome: 'Passed' }
  | { readonly outcome: 'Gone' }
  | { readonly outcome: 'Failed'; readonly failureReason: string }

/** What a deployment's story does. It changes what is wanted and waits; the supervisor makes it so. */
export interface DeploymentActivities {
  readPlan(key: FleetKey): Promise<DeploymentPlan | undefined>
  /** Whether nothing is against beginning: an alarm that is in ALARM already is. */
  checkAlarms(key: FleetKey): Promise<DeploymentOutcome>
  /** Asks for the instances of the new fleet that a phase needs. */
  launch(key: FleetKey, phase: number): Promise<void>
  /** Until all instances that were asked for answer pings. */
  awaitCapacity(key: FleetKey, phase: number): Promise<DeploymentOutcome>
  /** Gives the fleets the shares of a phase. */
  shiftTraffic(key: FleetKey, phase: number): Promise<void>
  /** Until gateways route by the present shares. */
  awaitRouted(endpointId: string): Promise<void>
  /** Until a phase's wait is over, or something is against going on. */
  bake(key: FleetKey, phase: number): Promise<DeploymentOutcome>
  /** Takes away the instances of the old fleet that a rolling phase has replaced. */
  endBatch(key: FleetKey, phase: number): Promise<void>
  /** Until no replica is left that shall not serve. */
  awaitRetired(endpointId: string): Promise<void>
  /** The new fleet serves alone. */
  complete(key: FleetKey): Promise<void>
  /** Says that the deployment goes back, and how. */
  beginRollback(key: FleetKey, failureReason: string): Promise<readonly RollbackTurn[]>
  /** Asks for old instances again. */
  restore(key: FleetKey, turn: RollbackTurn): Promise<void>
  /** Until they answer pings. */
  awaitRestored(key: FleetKey, turn: RollbackTurn): Promise<DeploymentOutcome>
  /** Gives the old fleet its part again, and takes new instances away. */
  giveBack(key: FleetKey, turn: RollbackTurn): Promise<void>
  /** The old fleet serves alone. */
  endRollback(key: FleetKey): Promise<void>
  /** Both fleets stay, with the shares that they have. */
  giveUpRollback(key: FleetKey, failureReason: string): Promise<void>
  /** The endpoint rests, and the deployment's record is complete. */
  settle(key: FleetKey): Promise<void>
}

/** UpdateEndpoint: phase by phase as the plan says; back to what was there before when something is against it. */
export async function deployUpdate(
  workflow: Workflow,
  activities: DeploymentActivities,
  key: FleetKey,
): Promise<void> {
  const shifted = await shift(workflow, activities, key).catch(failed)
  if (shifted.outcome === 'Gone') return
  if (shifted.outcome === 'Failed') {
    const { failureReason } = shifted
    const back = await rollBack(workflow, activities, { key, failureReason }).catch(failed)
    if (back.outcome === 'Gone') return
    if (back.outcome === 'Failed') {
      const giveUp = () => activities.giveUpRollback(key, back.failureReason)
      await workflow.activity('give up the rollback', giveUp, STUBBORN)
    }
  }
  const retired = () => activities.awaitRetired(key.endpointId)
  await workflow.activity('await the end of what retires', retired, STUBBORN)
  await workflow.activity('settle', () => activities.settle(key), STUBBORN)
}

async function shift(
  workflow: Workflow,
  activities: DeploymentActivities,
  key: FleetKey,
): Promise<DeploymentOutcome> {
  const { endpointId } = key
  const plan = await workflow.activity('read the plan', () => activities.readPlan(key))
  if (!plan) return { outcome: 'Gone' }
  const begin = await workflow.activity('check the alarms', () => activities.checkAlarms(key))
  if (begin.outcome !== 'Passed') return begin
  for (const [phase, { presentCountsAfter }] of plan.phases.entries()) {
    await workflow.activity('launch', () => activities.launch(key, phase))
    const capacity = await workflow.activity('await capacity', () =>
      activities.awaitCapacity(key, phase),
    )
    if (capacity.outcome !== 'Passed') return capacity
    await workflow.activity('shift traffic', () => activities.shiftTraffic(key, phase))
    await workflow.activity('await gateways', () => activities.awaitRouted(endpointId))
    const bake = await workflow.activity('bake', () => activities.bake(key, phase))
    if (bake.outcome !== 'Passed') return bake
    if (!presentCountsAfter || phase === plan.phases.length - 1) continue
    await workflow.activity('end the batch', () => activities.endBatch(key, phase))
    await workflow.activity('await gateways', () => activities.awaitRouted(endpointId))
    await workflow.activity('await the end of the batch', () => activities.awaitRetired(endpointId))
  }
  await workflow.activity('complete', () => activities.complete(key))
  await workflow.activity('await gateways', () => activities.awaitRouted(endpointId))
  return { outcome: 'Passed' }
}

async function rollBack(
  workflow: Workflow,
  activities: DeploymentActivities,
  { key, failureReason }: { readonly key: FleetKey; readonly failureReason: string },
): Promise<DeploymentOutcome> {
  const { endpointId } = key
  const turns = await workflow.activity('begin the rollback', () =>
    activities.beginRollback(key, failureReason),
  )
  for (const [index, turn] of turns.entries()) {
    await workflow.activity('restore capacity', () => activities.restore(key, turn))
    const restored = await workflow.activity('await restored capacity', () =>
      activities.awaitRestored(key, turn),
    )
    if (restored.outcome !== 'Passed') return restored
    if (index === turns.length - 1) break
    await workflow.activity('give back traffic', () => activities.giveBack(key, turn))
    await workflow.activity('await gateways', () => activities.awaitRouted(endpointId))
    await workflow.activity('await the end of the batch', () => activities.awaitRetired(endpointId))
  }
  await workflow.activity('end the rollback', () => activities.endRollback(key))
  await workflow.activity('await gateways', () => activities.awaitRouted(endpointId))
  return { outcome: 'Passed' }
}

function failed(error: unknown): DeploymentOutcome {
  return { outcome: 'Failed', failureReason: faultReason(error) }
}
