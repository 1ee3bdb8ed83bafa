import type { NotScaledReason } from '@aws-sdk/client-application-auto-scaling'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { lockTarget, type ScalableTarget, updateTarget } from '../scalable-targets/index.ts'
import { findDimension, quantityOf } from './scalable-dimension.ts'
import { observeCapacity } from './scaled-capacity.ts'
import {
  clamp,
  decideScaling,
  type ObservedCapacity,
  type Proposal,
  type ScalingDecision,
} from './scaling.states.ts'
import {
  findLastActivity,
  findOpenActivity,
  insertActivity,
  isTriggered,
  type NewActivity,
} from './scaling-activity.store.ts'
import { listPoliciesOfTarget, type ScalingPolicy } from './scaling-policy.store.ts'
import { cooldownsOf, trackingProposals } from './scaling-proposals.ts'

/** Why a target is looked at, beside what is seen of it anyway. */
export interface ScalingOccasion {
  /** What an alarm asks of step scaling policies. */
  readonly steps?: readonly Proposal[]
  /** The alarm's action, so that it is not done twice. */
  readonly triggerId?: string
  /** Requests wait for the target's first capacity. */
  readonly isHeld?: boolean
}

/** How long what was started for waiting requests stays though their metrics do not show them yet. */
const HELD_COOLDOWN_SECONDS = 300

/**
 * Decides what is to be done with a target that nothing is being done with, and writes it down.
 *
 * @returns whether there is something to carry out
 */
export async function beginActivity(
  { clock }: Pick<Platform, 'clock'>,
  transaction: Queryable,
  { targetId, occasion }: { readonly targetId: string; readonly occasion: ScalingOccasion },
): Promise<boolean> {
  const target = await lockTarget(transaction, targetId)
  if (!target || (await findOpenActivity(transaction, targetId))) return false
  const { triggerId } = occasion
  if (triggerId !== undefined && (await isTriggered(transaction, triggerId))) return false
  const seen = await observeCapacity(transaction, target)
  if (!seen) return false
  const now = clock.now()

  if (target.boundsChanged) await updateTarget(transaction, targetId, { boundsChanged: false })
  const policies = await listPoliciesOfTarget(transaction, targetId)
  const unasked =
    boundsActivity(target, { seen, now }) ??
    heldActivity(target, { seen, now, policies, isHeld: occasion.isHeld ?? false })
  if (unasked) {
    await insertActivity(transaction, target, unasked)
    return true
  }
  const { proposals, mayTrackIn } = await trackingProposals(transaction, target, { policies, now })
  const decision = decideScaling({
    target,
    capacity: seen.desired,
    proposals: [...(occasion.steps ?? []), ...proposals],
    mayTrackIn,
    now,
  })
  await lookAgain(transaction, target, decision)
  const activity = policyActivity(target, { decision, seen, now })
  if (!activity || (await isKnown(transaction, target, activity))) return false
  await insertActivity(transaction, target, {
    ...activity,
    ...(triggerId !== undefined && { triggerId }),
  })
  return activity.statusCode === 'Pending'
}

/** @source AWS's words, in the examples of describe-scaling-activities */
function boundsActivity(
  target: ScalableTarget,
  { seen, now }: { readonly seen: ObservedCapacity; readonly now: Date },
): NewActivity | undefined {
  const capacity = clamp(seen.desired, target)
  // a count that somebody set since is left alone until a policy asks for another
  if (!target.boundsChanged || capacity === seen.desired) return undefined
  const bound = capacity > seen.desired ? 'minimum' : 'maximum'
  return pending(target, { capacity, cause: `${bound} capacity was set to ${capacity}`, now })
}

function heldActivity(
  target: ScalableTarget,
  held: {
    readonly isHeld: boolean
    readonly seen: ObservedCapacity
    readonly policies: readonly ScalingPolicy[]
    readonly now: Date
  },
): NewActivity | undefined {
  const { isHeld, seen, policies, now } = held
  const kind = findDimension(target.scalableDimension)?.kind
  // a serverless variant's first environment comes by itself
  const isWanted = isHeld && kind !== 'ServerlessVariant' && seen.desired === 0
  if (!isWanted || target.suspended.DynamicScalingOutSuspended) return undefined
  const cooldowns = policies.flatMap((policy) =>
    policy.policyType === 'TargetTrackingScaling' ? [cooldownsOf(policy).In] : [],
  )
  const seconds = Math.max(...(cooldowns.length > 0 ? cooldowns : [HELD_COOLDOWN_SECONDS]))
  return pending(target, {
    capacity: Math.max(1, target.minCapacity),
    cause:
      kind === 'InferenceComponent'
        ? 'a request is held for the inference component, which has no copy'
        : 'a request is held for the variant, which has no instance',
    cooldown: { direction: 'In', seconds, previousCapacity: 0 },
    now,
  })
}

function policyActivity(
  target: ScalableTarget,
  decided: {
    readonly decision: ScalingDecision
    readonly seen: ObservedCapacity
    readonly now: Date
  },
): NewActivity | undefined {
  const { decision, seen, now } = decided
  if (decision.decision === 'NotScaled') {
    return notScaled(decision.proposal, { reason: decision.reason, now })
  }
  if (decision.decision !== 'Scale') return undefined
  const { proposal, capacity, previousCapacity } = decision
  if (!seen.isResting) {
    const reason = { Code: 'TargetServicePutResourceAsUnscalable', CurrentCapacity: seen.desired }
    return notScaled(proposal, { reason, now })
  }
  const cooldown = { ...decision.cooldown, previousCapacity }
  return pending(target, { capacity, cause: causeOf(proposal), cooldown, now })
}

function pending(
  target: ScalableTarget,
  activity: Pick<NewActivity, 'cause' | 'cooldown'> & {
    readonly capacity: number
    readonly now: Date
  },
): NewActivity {
  const { capacity, cause, cooldown, now } = activity
  return {
    activityId: newUuid(),
    description: `Setting ${quantityOf(target)} to ${capacity}.`,
    cause,
    statusCode: 'Pending',
    capacity,
    ...(cooldown && { cooldown }),
    startedAt: now,
  }
}

/** @source Application Auto Scaling User Guide, "Scaling activities", with not scaled activities */
function notScaled(
  proposal: Proposal,
  { reason, now }: { readonly reason: NotScaledReason; readonly now: Date },
): NewActivity {
  return {
    activityId: newUuid(),
    description: 'Attempting to scale due to alarm triggered',
    cause: causeOf(proposal),
    statusCode: 'Failed',
    notScaledReasons: [reason],
    startedAt: now,
  }
}

/** An alarm that goes on is not told again and again. */
async function isKnown(
  transaction: Queryable,
  { targetId }: ScalableTarget,
  { notScaledReasons, cause }: NewActivity,
): Promise<boolean> {
  const [reason] = notScaledReasons ?? []
  if (!reason) return false
  const last = await findLastActivity(transaction, targetId)
  return last?.cause === cause && last.notScaledReasons?.[0]?.Code === reason.Code
}

async function lookAgain(
  transaction: Queryable,
  target: ScalableTarget,
  decision: ScalingDecision,
): Promise<void> {
  const lookAt = decision.decision === 'Wait' ? decision.until : null
  if (lookAt?.getTime() === target.lookAt?.getTime()) return
  await updateTarget(transaction, target.targetId, { lookAt })
}

function causeOf({ alarmName, policyName }: Proposal): string {
  return `monitor alarm ${alarmName} in state ALARM triggered policy ${policyName}`
}
