import type {
  InferenceComponentCapacitySize,
  InferenceComponentDeploymentConfig,
  InferenceComponentStatus,
} from '@aws-sdk/client-sagemaker'
import type { ComponentPhase, ComponentPlan, PreviousCopies } from './inference-component.ts'

/** From each status, where a component may go. One that is deleted has no row any more. */
export const INFERENCE_COMPONENT_TRANSITIONS = {
  Creating: ['InService', 'Failed'],
  InService: ['Updating', 'Deleting'],
  Updating: ['InService', 'Failed'],
  Failed: ['Updating', 'Deleting'],
  Deleting: [],
} as const satisfies Readonly<Record<InferenceComponentStatus, readonly InferenceComponentStatus[]>>

/** Whether the component goes on by itself; until it rests no operation changes it. */
export function isInProgress(status: InferenceComponentStatus): boolean {
  return status === 'Creating' || status === 'Updating' || status === 'Deleting'
}

/** The statuses from which `to` may be reached. */
export function statusesBefore(to: InferenceComponentStatus): readonly InferenceComponentStatus[] {
  const all = Object.keys(INFERENCE_COMPONENT_TRANSITIONS) as InferenceComponentStatus[]
  return all.filter((from) =>
    (INFERENCE_COMPONENT_TRANSITIONS[from] as readonly string[]).includes(to),
  )
}

/** What MaximumExecutionTimeoutInSeconds may say at most, and holds where it says nothing. */
const TIMEOUT_SECONDS_DEFAULT = 28_800
const ROUNDING = 1e-9

export interface PlannedChange {
  readonly next: number
  readonly copyCount: number
  readonly previous?: PreviousCopies
  readonly config: InferenceComponentDeploymentConfig | undefined
  /** How many copies of the new specification have room beside those that there are. */
  readonly roomyBatch: number
  readonly now: Date
}

/**
 * Lays a change out. Copies of one specification become more or fewer at once. Those of another one come in
 * batches: each is up and watched before as many of the old ones go; without a policy a batch is as great as
 * there is room for.
 *
 * @source SageMaker's InferenceComponentRollingUpdatePolicy
 */
export function planChange(change: PlannedChange): ComponentPlan {
  const { next, copyCount, previous, config, roomyBatch, now } = change
  const policy = config?.RollingUpdatePolicy
  const timeoutSeconds = policy?.MaximumExecutionTimeoutInSeconds ?? TIMEOUT_SECONDS_DEFAULT
  const batch = policy ? copiesOf(copyCount, policy.MaximumBatchSize) : Math.max(1, roomyBatch)
  const isReplacing = previous !== undefined && previous.specification !== next
  const alarms = config?.AutoRollbackConfiguration?.Alarms ?? []
  return {
    next,
    phases: isReplacing
      ? rollingPhases({ copyCount, batch, before: previous.copyCount })
      : [{ nextCount: copyCount, previousCount: 0 }],
    ...(previous && { previous }),
    waitSeconds: policy?.WaitIntervalInSeconds ?? 0,
    alarmNames: [...new Set(alarms.map(({ AlarmName: name = '' }) => name))],
    timeoutSeconds,
    deadline: new Date(now.getTime() + timeoutSeconds * 1_000).toISOString(),
    rollbackBatch: policy?.RollbackMaximumBatchSize
      ? copiesOf(copyCount, policy.RollbackMaximumBatchSize)
      : batch,
  }
}

function rollingPhases(change: {
  readonly copyCount: number
  readonly batch: number
  readonly before: number
}): readonly ComponentPhase[] {
  const { copyCount, batch, before } = change
  const phases: ComponentPhase[] = []
  let reached = 0
  do {
    reached = Math.min(copyCount, reached + batch)
    const left = copyCount === 0 ? 0 : Math.ceil(before * (1 - reached / copyCount) - ROUNDING)
    phases.push({ nextCount: reached, previousCount: Math.max(0, left) })
  } while (reached < copyCount)
  return phases
}

/** At most the size, and at least one. */
export function copiesOf(total: number, size: InferenceComponentCapacitySize | undefined): number {
  const value = size?.Value ?? 1
  const count = size?.Type === 'COPY_COUNT' ? value : Math.floor((total * value) / 100 + ROUNDING)
  return Math.max(1, count)
}

/** The copies that rows ask for, of the new specification and of the one before. */
export interface ReachedCopies {
  readonly nextCount: number
  readonly previousCount: number
}

/**
 * The present turn of a way back: so many old copies come back, then so few new ones are left. From the same
 * copies it is the same turn, until what it takes away is gone.
 *
 * @returns undefined when all old copies are back
 */
export function rollbackTurn(
  plan: ComponentPlan,
  reached: ReachedCopies,
): ReachedCopies | undefined {
  const whole = plan.previous?.copyCount ?? 0
  const most = plan.phases.at(-1)?.nextCount ?? 0
  if (reached.previousCount >= whole) return undefined
  const besides = (previousCount: number) => Math.floor(most * (1 - previousCount / whole))
  const isGivenBack = reached.nextCount <= besides(reached.previousCount)
  const previousCount = isGivenBack
    ? Math.min(whole, reached.previousCount + plan.rollbackBatch)
    : reached.previousCount
  return { previousCount, nextCount: Math.min(reached.nextCount, besides(previousCount)) }
}

/** The number of new copies that are known to have come up when a phase fails: those of the phase before. */
export function provenCopies(plan: ComponentPlan, phase: number): number {
  return plan.phases[phase - 1]?.nextCount ?? 0
}
