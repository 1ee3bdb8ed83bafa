import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import {
  awaitRouted,
  changeEndpoint,
  deleteWorkloads,
  type EndpointState,
  isCopyOf,
  readyCopies,
  setCopyCount,
  setProven,
  type Workload,
  watchEndpoint,
} from '../hosting/index.ts'
import { removeTags } from '../tags/index.ts'
import { bakeComponent, beginBake, checkAlarms, objectionTo } from './component-bake.ts'
import { provenCopies, type ReachedCopies, rollbackTurn } from './inference-component.states.ts'
import {
  deleteInferenceComponentRow,
  readInferenceComponent,
  setInferenceComponentStatus,
} from './inference-component.store.ts'
import type { ComponentPlan, InferenceComponent } from './inference-component.ts'
import type {
  ComponentActivities,
  ComponentEnd,
  ComponentKey,
  ComponentOutcome,
} from './inference-component.workflow.ts'

const GONE: ComponentOutcome = { outcome: 'Gone' }

export function createComponentActivities(platform: Platform): ComponentActivities {
  const setCounts = async (
    key: ComponentKey,
    counts: (plan: ComponentPlan) => Partial<ReachedCopies>,
  ): Promise<void> => {
    await changeComponentRows(platform, key, async ({ transaction, component, plan }) => {
      const { componentId } = component
      const { nextCount, previousCount } = counts(plan)
      const { next, previous } = plan
      if (nextCount !== undefined) {
        await setCopyCount(transaction, { componentId, specification: next }, nextCount)
      }
      if (previousCount === undefined || !previous || previous.specification === next) return
      const old = { componentId, specification: previous.specification }
      await setCopyCount(transaction, old, previousCount)
    })
  }
  return {
    readPlan: async (key) => (await readChange(platform, key))?.plan,
    checkAlarms: (key) => checkAlarms(platform, key),
    launch: (key, phase) =>
      setCounts(key, ({ phases }) => ({ nextCount: phases[phase]?.nextCount ?? 0 })),
    awaitCopies: (key) => awaitCopies(platform, key),
    awaitRouted: async (key) => {
      const component = await readInferenceComponent(platform.database, key.componentId)
      if (component) await awaitRouted(platform, component.endpointId)
    },
    beginBake: (key) => beginBake(platform, key),
    bake: (key, until) => bakeComponent(platform, key, new Date(until)),
    endBatch: (key, phase) =>
      setCounts(key, ({ phases }) => ({ previousCount: phases[phase]?.previousCount ?? 0 })),
    awaitRetired: (key) => awaitRetired(platform, key),
    complete: (key) => complete(platform, key),
    beginRollback: (key, phase) =>
      setCounts(key, (plan) => ({
        nextCount: isReplacing(plan) ? provenCopies(plan, phase) : before(plan),
      })),
    restore: (key) => restore(platform, key),
    giveBack: (key, { nextCount }) => setCounts(key, () => ({ nextCount })),
    endRollback: (key) => endRollback(platform, key),
    settle: (key, end) => settle(platform, key, end),
    withdraw: async (key) => {
      await changeComponentRows(platform, key, ({ transaction, component }) =>
        deleteWorkloads(transaction, component.componentId),
      )
    },
    remove: async (key) => {
      await changeComponentRows(platform, key, async ({ transaction, component }) => {
        const { componentId, place, inferenceComponentArn } = component
        await removeTags(transaction, place, inferenceComponentArn)
        await deleteInferenceComponentRow(transaction, componentId)
      })
    },
  }
}

interface ComponentChange {
  readonly transaction: Queryable
  readonly component: InferenceComponent
  readonly plan: ComponentPlan
  readonly state: EndpointState
}

/** A component in the middle of its `revision`-th story; undefined when that is over. */
async function readChange(
  { database }: { readonly database: Queryable },
  { componentId, revision }: ComponentKey,
): Promise<{ component: InferenceComponent; plan: ComponentPlan } | undefined> {
  const component = await readInferenceComponent(database, componentId)
  if (component?.revision !== revision || !component.plan) return undefined
  return { component, plan: component.plan }
}

/** Changes rows of a component and of its endpoint, alone, and tells everyone. */
async function changeComponentRows<T>(
  platform: Platform,
  key: ComponentKey,
  change: (change: ComponentChange) => Promise<T>,
): Promise<T | undefined> {
  const found = await readChange(platform, key)
  if (!found) return undefined
  return changeEndpoint(platform, found.component.endpointId, async (transaction, state) => {
    const present = await readChange({ database: transaction }, key)
    if (!present) return undefined
    const answer = await change({ ...present, transaction, state })
    await platform.changes.announce(transaction, present.component.inferenceComponentArn)
    return answer
  })
}

async function awaitCopies(platform: Platform, key: ComponentKey): Promise<ComponentOutcome> {
  const found = await readChange(platform, key)
  if (!found) return GONE
  const outcome = await watchEndpoint<ComponentOutcome, ComponentOutcome>(
    platform,
    found.component.endpointId,
    {
      gone: GONE,
      until: new Date(found.plan.deadline),
      look: async (state) => {
        const present = await readChange(platform, key)
        return present ? copiesOutcome(state, present.component) : GONE
      },
    },
  )
  return (
    outcome ?? {
      outcome: 'Failed',
      failureReason: objectionTo(found.plan, platform.clock.now()) ?? '',
    }
  )
}

function copiesOutcome(
  state: EndpointState,
  { componentId }: InferenceComponent,
): ComponentOutcome | undefined {
  const serving = state.fleets.find(({ stage }) => stage === 'Serving')
  if (!serving) return GONE
  const own = workloadsOf(state, componentId)
  const failureReason = own.find(({ failure }) => failure !== undefined)?.failure
  if (failureReason !== undefined) return { outcome: 'Failed', failureReason }
  const areUp = own.every((one) => readyCopies(state.replicas, serving, one) >= one.copyCount)
  return areUp ? { outcome: 'Passed' } : undefined
}

/** No copy of the component is on its way out. */
async function awaitRetired(platform: Platform, key: ComponentKey): Promise<void> {
  const found = await readChange(platform, key)
  if (!found) return
  const { componentId } = found.component
  await watchEndpoint(platform, found.component.endpointId, {
    gone: true,
    look: (state) => {
      const own = workloadsOf(state, componentId)
      const leaves = state.replicas.some(
        (replica) => replica.copy?.componentId === componentId && replica.retirement,
      )
      const serving = state.fleets.find(({ stage }) => stage === 'Serving')
      const hasExcess = state.replicas.some(
        (replica) =>
          replica.copy?.componentId === componentId &&
          replica.generation === serving?.generation &&
          !own.some((one) => isCopyOf(one)(replica)),
      )
      const isOver = own.some((one) => kept(state, one) > one.copyCount)
      return leaves || hasExcess || isOver ? undefined : true
    },
  })
}

/** The serving fleet's copies of a workload that have not been asked to leave. */
function kept({ replicas, fleets }: EndpointState, workload: Workload): number {
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  return replicas.filter(
    (replica) =>
      !replica.retirement &&
      replica.generation === serving?.generation &&
      isCopyOf(workload)(replica),
  ).length
}

async function complete(platform: Platform, key: ComponentKey): Promise<void> {
  await changeComponentRows(platform, key, async ({ transaction, component, plan }) => {
    const { componentId } = component
    await setProven(transaction, { componentId, specification: plan.next })
    await deleteWorkloads(transaction, componentId, plan.next)
  })
}

async function restore(platform: Platform, key: ComponentKey): Promise<ReachedCopies | undefined> {
  return changeComponentRows(platform, key, async ({ transaction, component, plan, state }) => {
    const { previous, next } = plan
    if (!previous || !isReplacing(plan)) return undefined
    const { componentId } = component
    const own = workloadsOf(state, componentId)
    const countOf = (specification: number) =>
      own.find((one) => one.specification === specification)?.copyCount ?? 0
    const turn = rollbackTurn(plan, {
      nextCount: countOf(next),
      previousCount: countOf(previous.specification),
    })
    if (!turn) return undefined
    const old = { componentId, specification: previous.specification }
    await setCopyCount(transaction, old, turn.previousCount)
    return turn
  })
}

async function endRollback(platform: Platform, key: ComponentKey): Promise<void> {
  await changeComponentRows(platform, key, async ({ transaction, component, plan }) => {
    const { componentId } = component
    const { previous, next } = plan
    if (!previous) {
      await setCopyCount(transaction, { componentId, specification: next }, 0)
      return
    }
    const { specification, copyCount } = previous
    await setCopyCount(transaction, { componentId, specification }, copyCount)
    await deleteWorkloads(transaction, componentId, specification)
  })
}

/** The component rests. After a way back what is desired is what it came back to. */
async function settle(platform: Platform, key: ComponentKey, end: ComponentEnd): Promise<void> {
  await changeComponentRows(platform, key, async ({ transaction, component, plan }) => {
    const { failureReason, hasFailed } = end
    const wentBack = failureReason !== undefined && plan.previous
    await setInferenceComponentStatus(transaction, component.componentId, {
      to: hasFailed ? 'Failed' : 'InService',
      at: platform.clock.now(),
      failureReason: failureReason ?? null,
      ...(wentBack && { desiredCopyCount: wentBack.copyCount }),
    })
  })
}

function workloadsOf({ workloads }: EndpointState, componentId: string): readonly Workload[] {
  return workloads.filter((one) => one.componentId === componentId)
}

function isReplacing({ previous, next }: ComponentPlan): boolean {
  return previous !== undefined && previous.specification !== next
}

function before({ previous }: ComponentPlan): number {
  return previous?.copyCount ?? 0
}
