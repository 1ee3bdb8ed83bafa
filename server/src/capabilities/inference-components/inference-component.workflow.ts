import { PATIENT, type RetryPolicy, type Workflow } from '../../platform/workflow/workflow.ts'
import type { ReachedCopies } from './inference-component.states.ts'
import type { ComponentPlan } from './inference-component.ts'

/** One change of one component. */
export interface ComponentKey {
  readonly componentId: string
  readonly revision: number
}

/** How a part of a change ended. `Gone`: the component is not there any more, nothing is left to tell. */
export type ComponentOutcome =
  | { readonly outcome: 'Passed' }
  | { readonly outcome: 'Gone' }
  | { readonly outcome: 'Failed'; readonly failureReason: string }

/** What the stories do. They change what is wanted and wait; hosting's supervisor makes it so. */
export interface ComponentActivities {
  readPlan(key: ComponentKey): Promise<ComponentPlan | undefined>
  /** Whether nothing is against beginning: an alarm that is in ALARM already is. */
  checkAlarms(key: ComponentKey): Promise<ComponentOutcome>
  /** Asks for the copies of the new specification that a phase has. */
  launch(key: ComponentKey, phase: number): Promise<void>
  /** Until all copies that were asked for answer pings. */
  awaitCopies(key: ComponentKey): Promise<ComponentOutcome>
  /** Until gateways route by the present copies. */
  awaitRouted(key: ComponentKey): Promise<void>
  /** @returns when a phase's wait that begins now is over, ISO 8601 */
  beginBake(key: ComponentKey): Promise<string>
  /** Until then, or until something is against going on. */
  bake(key: ComponentKey, until: string): Promise<ComponentOutcome>
  /** Takes away the old copies that a phase has replaced. */
  endBatch(key: ComponentKey, phase: number): Promise<void>
  /** Until no copy of the component is left that shall not serve. */
  awaitRetired(key: ComponentKey): Promise<void>
  /** The new specification is the only one. */
  complete(key: ComponentKey): Promise<void>
  /** Makes room for what was there before, of which some may still be. */
  beginRollback(key: ComponentKey, phase: number): Promise<void>
  /** Asks for old copies again. @returns undefined when all are there */
  restore(key: ComponentKey): Promise<ReachedCopies | undefined>
  /** Takes away new copies whose part the old ones have taken. */
  giveBack(key: ComponentKey, turn: ReachedCopies): Promise<void>
  /** The specification before is the only one. */
  endRollback(key: ComponentKey): Promise<void>
  settle(key: ComponentKey, end: ComponentEnd): Promise<void>
  /** Routes name the component no more. */
  withdraw(key: ComponentKey): Promise<void>
  /** The component is gone, its copies before it. */
  remove(key: ComponentKey): Promise<void>
}

/** How a change ends: without a reason it has succeeded. */
export interface ComponentEnd {
  readonly failureReason?: string
  /** There is nothing that could serve in its place. */
  readonly hasFailed?: boolean
}

/** What ends a story is tried for half a day: a component that stayed in progress could not even be deleted. */
const STUBBORN: RetryPolicy = { ...PATIENT, attemptsMax: 24 }

/** CreateInferenceComponent and what changes one: phase by phase, or back to what was there before. */
export async function changeComponent(
  workflow: Workflow,
  activities: ComponentActivities,
  key: ComponentKey,
): Promise<void> {
  const plan = await workflow.activity('read the plan', () => activities.readPlan(key), STUBBORN)
  if (!plan) return
  const progress = { phase: 0 }
  const outcome = await advance(workflow, activities, { key, plan, progress }).catch(failed)
  if (outcome.outcome === 'Gone') return
  let end: ComponentEnd = {}
  if (outcome.outcome === 'Failed') {
    end = await goBack(workflow, activities, {
      key,
      plan,
      phase: progress.phase,
      failureReason: outcome.failureReason,
    })
  }
  const retired = () => activities.awaitRetired(key)
  await workflow.activity('await the end of what retires', retired, STUBBORN)
  await workflow.activity('settle', () => activities.settle(key, end), STUBBORN)
}

/** DeleteInferenceComponent: requests end, then copies; once no gateway knows of it, the component is gone. */
export async function removeComponent(
  workflow: Workflow,
  activities: ComponentActivities,
  key: ComponentKey,
): Promise<void> {
  const retired = () => activities.awaitRetired(key)
  await workflow.activity('await the end of what retires', retired, STUBBORN)
  await workflow.activity('withdraw the component', () => activities.withdraw(key), STUBBORN)
  await workflow.activity('await gateways', () => activities.awaitRouted(key), STUBBORN)
  await workflow.activity('remove the component', () => activities.remove(key), STUBBORN)
}

async function advance(
  workflow: Workflow,
  activities: ComponentActivities,
  change: {
    readonly key: ComponentKey
    readonly plan: ComponentPlan
    readonly progress: { phase: number }
  },
): Promise<ComponentOutcome> {
  const { key, plan, progress } = change
  const { phases, previous, next } = plan
  const isReplacing = previous !== undefined && previous.specification !== next
  const begin = await workflow.activity('check the alarms', () => activities.checkAlarms(key))
  if (begin.outcome !== 'Passed') return begin
  for (const phase of phases.keys()) {
    progress.phase = phase
    await workflow.activity('launch', () => activities.launch(key, phase))
    const copies = await workflow.activity('await copies', () => activities.awaitCopies(key))
    if (copies.outcome !== 'Passed') return copies
    await workflow.activity('await gateways', () => activities.awaitRouted(key))
    if (!isReplacing) continue
    const until = await workflow.activity('begin the bake', () => activities.beginBake(key))
    const bake = await workflow.activity('bake', () => activities.bake(key, until))
    if (bake.outcome !== 'Passed') return bake
    await workflow.activity('end the batch', () => activities.endBatch(key, phase))
    await workflow.activity('await gateways', () => activities.awaitRouted(key))
  }
  await workflow.activity('complete', () => activities.complete(key))
  await workflow.activity('await gateways', () => activities.awaitRouted(key))
  return { outcome: 'Passed' }
}

async function goBack(
  workflow: Workflow,
  activities: ComponentActivities,
  change: {
    readonly key: ComponentKey
    readonly plan: ComponentPlan
    readonly phase: number
    readonly failureReason: string
  },
): Promise<ComponentEnd> {
  const { key, plan, phase, failureReason } = change
  const begin = () => activities.beginRollback(key, phase)
  await workflow.activity('begin the rollback', begin, STUBBORN)
  const restored = await restore(workflow, activities, key).catch(failed)
  await workflow.activity('end the rollback', () => activities.endRollback(key), STUBBORN)
  if (!plan.previous) return { failureReason, hasFailed: true }
  if (restored.outcome !== 'Failed') return { failureReason }
  return {
    failureReason: `${failureReason} What was there before did not come back: ${restored.failureReason}`,
    hasFailed: true,
  }
}

async function restore(
  workflow: Workflow,
  activities: ComponentActivities,
  key: ComponentKey,
): Promise<ComponentOutcome> {
  for (;;) {
    const turn = await workflow.activity('restore copies', () => activities.restore(key))
    if (!turn) return { outcome: 'Passed' }
    const copies = await workflow.activity('await restored copies', () =>
      activities.awaitCopies(key),
    )
    if (copies.outcome !== 'Passed') return copies
    await workflow.activity('await gateways', () => activities.awaitRouted(key))
    await workflow.activity('give back', () => activities.giveBack(key, turn))
    await workflow.activity('await gateways', () => activities.awaitRouted(key))
  }
}

function failed(error: unknown): ComponentOutcome {
  const said = error instanceof Error ? error.message : String(error)
  const failureReason = `An internal error kept the change of the inference component from completing: ${said}`
  return { outcome: 'Failed', failureReason }
}
