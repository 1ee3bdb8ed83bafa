import type { CapacitySize, DeploymentConfig } from '@aws-sdk/client-sagemaker'
import type {
  DeploymentPhase,
  DeploymentPlan,
  DeploymentStrategy,
  InstanceCounts,
  PhaseVariant,
  PresentFleet,
} from './deployment.ts'
import type { FleetVariant } from './fleet.ts'

/** The longest that MaximumExecutionTimeoutInSeconds may say; what holds where it says nothing. */
const TIMEOUT_SECONDS_DEFAULT = 28_800
/** Three steps of 33 % are the whole: a remainder this small is no step of its own. */
const WHOLE = 0.99
/** What a product of percents may differ from the whole number that it means. */
const ROUNDING = 1e-9

/** What an update is planned from. */
export interface PlannedUpdate {
  readonly config: DeploymentConfig | undefined
  readonly present: readonly PresentFleet[]
  /** The variants of the new fleet, with the counts that they shall come to. */
  readonly next: readonly FleetVariant[]
  readonly minimumBakeRequests?: number
}

export function strategyOf(config: DeploymentConfig | undefined): DeploymentStrategy {
  if (config?.RollingUpdatePolicy) return 'Rolling'
  const type = config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration?.Type
  if (type === 'CANARY') return 'Canary'
  return type === 'LINEAR' ? 'Linear' : 'AllAtOnce'
}

/**
 * Lays out an update: every phase with its shares and counts.
 *
 * Blue/green brings the whole new fleet up at first. Each phase but the last is watched for
 * WaitIntervalInSeconds, the last, with all traffic, for TerminationWaitInSeconds. (ALL_AT_ONCE has nothing to
 * wait between: a WaitIntervalInSeconds that is given all the same comes before the other wait.) Rolling
 * brings up one batch at a time, gives it its part by the number of instances, waits, and takes as much of
 * the old fleet away.
 *
 * @source SageMaker Developer Guide, "Deployment guardrails for updating models in production"
 */
export function planDeployment(update: PlannedUpdate): DeploymentPlan {
  const { config, present, minimumBakeRequests } = update
  const strategy = strategyOf(config)
  const policy = config?.RollingUpdatePolicy ?? config?.BlueGreenUpdatePolicy
  const rollbackBatch = rollbackBatchOf(update)
  const alarms = config?.AutoRollbackConfiguration?.Alarms ?? []
  return {
    strategy,
    phases: strategy === 'Rolling' ? rollingPhases(update) : blueGreenPhases(update),
    present,
    timeoutSeconds: policy?.MaximumExecutionTimeoutInSeconds ?? TIMEOUT_SECONDS_DEFAULT,
    alarmNames: [...new Set(alarms.map(({ AlarmName: name = '' }) => name))],
    ...(rollbackBatch !== undefined && { rollbackBatch }),
    ...(minimumBakeRequests !== undefined && { minimumBakeRequests }),
  }
}

function blueGreenPhases({ config, next }: PlannedUpdate): readonly DeploymentPhase[] {
  const policy = config?.BlueGreenUpdatePolicy
  const seconds = policy?.TrafficRoutingConfiguration?.WaitIntervalInSeconds ?? 0
  const interval = { member: 'WaitIntervalInSeconds', seconds } as const
  const phase = (
    capacity: DeploymentPhase['capacity'],
    shares: readonly number[],
  ): DeploymentPhase => ({
    capacity,
    variants: next.map((variant, index) => activated(variant, shares[index] ?? 1)),
    wait: interval,
  })
  const whole = phase('full', [])
  const last: DeploymentPhase = {
    ...whole,
    wait: { member: 'TerminationWaitInSeconds', seconds: policy?.TerminationWaitInSeconds ?? 0 },
  }
  switch (strategyOf(config)) {
    case 'Canary':
      return [phase('canary', canaryShares(config, next)), last]
    case 'Linear':
      return [...linearShares(config, next).map((shares) => phase('partial', shares)), last]
    default:
      return seconds > 0 ? [whole, last] : [last]
  }
}

function canaryShares(
  config: DeploymentConfig | undefined,
  next: readonly FleetVariant[],
): readonly number[] {
  const size = config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration?.CanarySize
  return next.map((variant) => partOf(variant, size))
}

/** The shares of each variant, step by step, but for the last step, in which all have the whole. */
function linearShares(
  config: DeploymentConfig | undefined,
  next: readonly FleetVariant[],
): readonly (readonly number[])[] {
  const size = config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration?.LinearStepSize
  const steps = next.map((variant) => partOf(variant, size))
  const shares: (readonly number[])[] = []
  for (let step = 1; ; step++) {
    const reached = steps.map((part) => (part * step >= WHOLE ? 1 : part * step))
    if (reached.every((share) => share === 1)) return shares
    shares.push(reached)
  }
}

/** As a part of the variant's capacity, more than 0 and at most 1. */
function partOf({ desiredInstanceCount }: FleetVariant, size: CapacitySize | undefined): number {
  const value = size?.Value ?? 0
  if (value <= 0 || desiredInstanceCount === 0) return 1
  const part = size?.Type === 'INSTANCE_COUNT' ? value / desiredInstanceCount : value / 100
  return Math.min(1, part)
}

/** So many instances as the share needs to have no more to do than in the whole fleet. */
function activated(
  { variantName, desiredInstanceCount }: FleetVariant,
  share: number,
): PhaseVariant {
  const needed = Math.ceil(share * desiredInstanceCount - ROUNDING)
  const activeCount = Math.min(desiredInstanceCount, Math.max(1, needed))
  return { variantName, instanceCount: desiredInstanceCount, activeCount, share }
}

/** Of one variant: endpoints with several are refused. */
function rollingPhases({ config, present, next }: PlannedUpdate): readonly DeploymentPhase[] {
  const policy = config?.RollingUpdatePolicy
  const wait = {
    member: 'WaitIntervalInSeconds',
    seconds: policy?.WaitIntervalInSeconds ?? 0,
  } as const
  const [variant] = next
  if (!variant) return []
  const { variantName, desiredInstanceCount: total } = variant
  const batch = instancesOf(total, policy?.MaximumBatchSize)
  const before = present[0]?.counts[variantName] ?? 0
  const phases: DeploymentPhase[] = []
  let old = before
  let reached = 0
  do {
    reached = Math.min(total, reached + batch)
    const after = reached === total ? 0 : Math.ceil(before * (1 - reached / total) - ROUNDING)
    phases.push({
      capacity: reached === total ? 'full' : 'partial',
      variants: [
        {
          variantName,
          instanceCount: reached,
          activeCount: reached,
          share: shareOf(reached, old),
        },
      ],
      wait,
      presentCounts: { [variantName]: old },
      presentCountsAfter: { [variantName]: after },
    })
    old = after
  } while (reached < total)
  return phases
}

/** By the number of instances; all for the new fleet where neither has any. */
function shareOf(next: number, old: number): number {
  return next + old === 0 ? 1 : next / (next + old)
}

/** At most the size, and at least one. */
function instancesOf(total: number, size: CapacitySize | undefined): number {
  const value = size?.Value ?? 1
  const count =
    size?.Type === 'INSTANCE_COUNT' ? value : Math.floor((total * value) / 100 + ROUNDING)
  return Math.max(1, count)
}

function rollbackBatchOf({ config, next }: PlannedUpdate): number | undefined {
  const size = config?.RollingUpdatePolicy?.RollbackMaximumBatchSize
  if (!size) return undefined
  const total = next[0]?.desiredInstanceCount ?? 0
  const batch = instancesOf(total, size)
  return batch >= total ? undefined : batch
}

/** One turn of a rollback: old capacity is back, then it gets its part, then new capacity goes. */
export interface RollbackTurn {
  /** Of the fleet that served. */
  readonly presentCounts: InstanceCounts
  /** The new fleet's share of requests and its instances, once the old capacity is back. */
  readonly share: number
  readonly nextCounts: InstanceCounts
  /** Whether there is old capacity to wait for. */
  readonly grows: boolean
}

/** How far a deployment has come: instances that the rows ask for. */
export interface ReachedCounts {
  readonly present: InstanceCounts
  readonly next: InstanceCounts
}

/**
 * The way back to what served before. Unless it goes in batches, all old capacity comes back before any
 * traffic moves, then all traffic at once.
 */
export function planRollback(
  plan: DeploymentPlan,
  reached: ReachedCounts,
): readonly RollbackTurn[] {
  const whole = plan.present[0]?.counts ?? {}
  const variantName = plan.phases[0]?.variants[0]?.variantName ?? ''
  const { rollbackBatch: batch } = plan
  const total = whole[variantName] ?? 0
  const turns: RollbackTurn[] = []
  let old = reached.present[variantName] ?? 0
  let next = reached.next[variantName] ?? 0
  while (batch !== undefined && old + batch < total) {
    old += batch
    next = Math.max(0, next - batch)
    turns.push({
      presentCounts: { [variantName]: old },
      share: next === 0 ? 0 : shareOf(next, old),
      nextCounts: { [variantName]: next },
      grows: true,
    })
  }
  const grows = Object.entries(whole).some(([name, count]) => (reached.present[name] ?? 0) < count)
  return [...turns, { presentCounts: whole, share: 0, nextCounts: reached.next, grows }]
}
