import type {
  NotScaledReason,
  StepAdjustment,
  StepScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import type { Cooldown, ScalableTarget } from '../scalable-targets/index.ts'

/** What a policy asks for, by what its alarms and its metric say now. */
export type Proposal = {
  readonly policyName: string
  /** The alarm that is in ALARM. */
  readonly alarmName: string
  readonly cooldownSeconds: Readonly<Record<Cooldown['direction'], number>>
} & (
  | {
      readonly kind: 'Tracking'
      readonly direction: Cooldown['direction']
      /** The metric ÷ the value that it shall have. */
      readonly ratio: number
    }
  | {
      readonly kind: 'Step'
      readonly steps: StepScalingPolicyConfiguration
      /** By how much the metric is beyond the alarm's threshold; negative below. */
      readonly breach: number
      /** On which side of the threshold the alarm is; tells where a breach of 0 belongs. */
      readonly side: 'Above' | 'Below'
    }
)

/** What is known when it is decided whether to scale. */
export interface ScalingSituation {
  readonly target: Pick<ScalableTarget, 'minCapacity' | 'maxCapacity' | 'suspended' | 'cooldown'>
  /** The desired capacity. */
  readonly capacity: number
  readonly proposals: readonly Proposal[]
  /** Whether every target tracking policy that may scale in wants to. */
  readonly mayTrackIn: boolean
  readonly now: Date
}

export type ScalingDecision =
  | { readonly decision: 'Nothing' }
  /** A cooldown is to be waited for. */
  | { readonly decision: 'Wait'; readonly until: Date }
  | {
      readonly decision: 'NotScaled'
      readonly proposal: Proposal
      readonly reason: NotScaledReason
    }
  | {
      readonly decision: 'Scale'
      readonly proposal: Proposal
      readonly capacity: number
      /** What its end begins. */
      readonly cooldown: { readonly direction: Cooldown['direction']; readonly seconds: number }
      /** The capacity that the cooldown reckons from. */
      readonly previousCapacity: number
    }

/**
 * Which capacity to set. Out wins over in, and of several the largest capacity does. A scale-out's cooldown
 * counts what it added as part of what the next one asks for; a scale-in's holds further scale-ins up and
 * ends with a scale-out.
 *
 * @source Application Auto Scaling User Guide, target tracking and step scaling, "Cooldown period"
 */
export function decideScaling(situation: ScalingSituation): ScalingDecision {
  const { capacity, proposals, now, mayTrackIn } = situation
  const { suspended, cooldown } = situation.target
  const running = cooldown && now < cooldown.until ? cooldown : undefined
  const base = running?.direction === 'Out' ? running.previousCapacity : capacity
  const wanted = proposals.map((proposal) => {
    const reckonsFrom = directionOf(proposal, capacity) === 'Out' ? base : capacity
    return { proposal, capacity: proposedCapacity(proposal, reckonsFrom) }
  })

  const outs = wanted.filter(({ proposal }) => directionOf(proposal, capacity) === 'Out')
  const out = largest(outs)
  if (out) {
    if (suspended.DynamicScalingOutSuspended) return { decision: 'Nothing' }
    if (running?.direction === 'Out' && out.capacity <= capacity) {
      return { decision: 'Wait', until: running.until }
    }
    return settle(situation, { ...out, direction: 'Out', previousCapacity: base })
  }
  const ins = wanted.filter(({ proposal }) => proposal.kind === 'Step' || mayTrackIn)
  const into = largest(ins)
  if (!into || suspended.DynamicScalingInSuspended) return { decision: 'Nothing' }
  if (running?.direction === 'In') return { decision: 'Wait', until: running.until }
  return settle(situation, { ...into, direction: 'In', previousCapacity: capacity })
}

interface Wanted {
  readonly proposal: Proposal
  readonly capacity: number
}

function settle(
  { target: { minCapacity, maxCapacity }, capacity }: ScalingSituation,
  wanted: Wanted & { direction: Cooldown['direction']; previousCapacity: number },
): ScalingDecision {
  const { proposal, direction, previousCapacity } = wanted
  const bounded = clamp(wanted.capacity, { minCapacity, maxCapacity })
  const leads = direction === 'Out' ? bounded > capacity : bounded < capacity
  if (leads) {
    const cooldown = { direction, seconds: proposal.cooldownSeconds[direction] }
    return { decision: 'Scale', proposal, capacity: bounded, cooldown, previousCapacity }
  }
  const wantsMore = direction === 'Out' ? wanted.capacity > capacity : wanted.capacity < capacity
  if (!wantsMore) {
    const reason = { Code: 'AlreadyAtDesiredCapacity', CurrentCapacity: capacity }
    return { decision: 'NotScaled', proposal, reason }
  }
  const reason: NotScaledReason =
    direction === 'Out'
      ? { Code: 'AlreadyAtMaxCapacity', MaxCapacity: maxCapacity }
      : { Code: 'AlreadyAtMinCapacity', MinCapacity: minCapacity }
  return { decision: 'NotScaled', proposal, reason }
}

function largest(wanted: readonly Wanted[]): Wanted | undefined {
  return wanted.toSorted((one, other) => other.capacity - one.capacity)[0]
}

/** Which way a proposal leads, whatever bounds and cooldowns make of it. */
function directionOf(proposal: Proposal, capacity: number): Cooldown['direction'] {
  if (proposal.kind === 'Tracking') return proposal.direction
  return proposedCapacity(proposal, capacity) > capacity ? 'Out' : 'In'
}

/** The capacity that a proposal asks for when there is `capacity`. */
export function proposedCapacity(proposal: Proposal, capacity: number): number {
  if (proposal.kind === 'Step') return stepCapacity(proposal, capacity)
  return trackedCapacity(capacity, proposal.ratio)
}

/**
 * In proportion to the metric and rounded up, so that neither too little is added nor too much removed. Where
 * there is nothing the metric is that of the whole load, as for one.
 */
export function trackedCapacity(capacity: number, ratio: number): number {
  const exact = Math.max(1, capacity) * ratio
  return Math.ceil(exact - ROUNDING * exact)
}

/** 70 ÷ 0.7 is not 100 to a computer. */
const ROUNDING = 1e-9

/** @source Application Auto Scaling User Guide, step scaling policies: adjustment types and their rounding */
export function stepCapacity(
  proposal: Pick<Extract<Proposal, { kind: 'Step' }>, 'steps' | 'breach' | 'side'>,
  capacity: number,
): number {
  const { steps } = proposal
  const adjustment = steps.StepAdjustments?.find((step) => isHit(step, proposal))?.ScalingAdjustment
  if (adjustment === undefined) return capacity
  if (steps.AdjustmentType === 'ExactCapacity') return adjustment
  if (steps.AdjustmentType === 'ChangeInCapacity') return Math.max(0, capacity + adjustment)
  const exact = (capacity * adjustment) / 100
  const sign = Math.sign(adjustment)
  const rounded = exact === 0 ? 0 : sign * Math.max(1, Math.trunc(Math.abs(exact)))
  const least = adjustment === 0 ? 0 : (steps.MinAdjustmentMagnitude ?? 0)
  return Math.max(0, capacity + sign * Math.max(Math.abs(rounded), least))
}

/** Above the threshold a lower bound belongs to its step, below it an upper bound does. */
function isHit(
  step: StepAdjustment,
  { breach, side }: { breach: number; side: 'Above' | 'Below' },
): boolean {
  const lower = step.MetricIntervalLowerBound ?? Number.NEGATIVE_INFINITY
  const upper = step.MetricIntervalUpperBound ?? Number.POSITIVE_INFINITY
  const isAbove = breach > 0 || (breach === 0 && side === 'Above')
  return isAbove ? breach >= lower && breach < upper : breach > lower && breach <= upper
}

export function clamp(
  capacity: number,
  { minCapacity, maxCapacity }: Pick<ScalableTarget, 'minCapacity' | 'maxCapacity'>,
): number {
  return Math.min(maxCapacity, Math.max(minCapacity, capacity))
}

/** How an activity stands, from what is seen of the variant. */
export type ActivityOutcome =
  | { readonly outcome: 'Ask' }
  | { readonly outcome: 'Wait' }
  | { readonly outcome: 'Fulfilled' }
  | { readonly outcome: 'Failed'; readonly reason: string }

/** What is seen of something that is scaled. */
export interface ObservedCapacity {
  readonly desired: number
  /** Nothing is under way, so that it may be changed. */
  readonly isResting: boolean
  readonly failureReason?: string
}

/**
 * `Pending` activities have not been asked for, or nobody knows it: the one who asked may have died before
 * it wrote that down. What is desired tells.
 */
export function followActivity(
  activity: { readonly statusCode: 'Pending' | 'InProgress'; readonly capacity: number },
  seen: ObservedCapacity,
): ActivityOutcome {
  const { capacity, statusCode } = activity
  if (!seen.isResting) return { outcome: 'Wait' }
  // that one of the instances has failed meanwhile is not this activity's affair
  if (seen.desired === capacity) return { outcome: 'Fulfilled' }
  if (statusCode === 'Pending') return { outcome: 'Ask' }
  const reason =
    seen.failureReason ?? `The desired capacity was set to ${seen.desired} by somebody else.`
  return { outcome: 'Failed', reason }
}
