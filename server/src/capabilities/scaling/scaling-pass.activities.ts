import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { changeVariantCapacity, findScalableVariant } from '../hosting/index.ts'
import {
  lockTarget,
  readTarget,
  type ScalableTarget,
  updateTarget,
} from '../scalable-targets/index.ts'
import { findDimension } from './scalable-dimension.ts'
import {
  clamp,
  decideScaling,
  followActivity,
  type ObservedCapacity,
  type Proposal,
} from './scaling.states.ts'
import {
  findLastActivity,
  findOpenActivity,
  insertActivity,
  type NewActivity,
  type ScalingActivity,
  setActivityStatus,
} from './scaling-activity.store.ts'
import { listPoliciesOfTarget } from './scaling-policy.store.ts'
import { trackingProposals } from './scaling-proposals.ts'
import { nextRun, parseSchedule } from './schedule.ts'
import { listActionsOfTarget, setActionNext } from './scheduled-action.store.ts'

/**
 * Brings a target on by what is seen of it: bounds that a schedule sets, an activity that is under way, a
 * capacity out of bounds, what policies want. Each step is decided and written in one transaction, and what is
 * written is carried out by the next step, so that a process that dies in between leaves it to the next one.
 *
 * @param steps what alarms asked of step scaling policies just now
 */
export async function scaleTarget(
  platform: Platform,
  targetId: string,
  steps: readonly Proposal[] = [],
): Promise<void> {
  await platform.database.transaction((transaction) => runSchedule(platform, transaction, targetId))
  // what was under way ends first; then there is room for another activity
  if (!(await followOpen(platform, targetId))) return
  const isBegun = await platform.database.transaction((transaction) =>
    beginActivity(platform, transaction, { targetId, steps }),
  )
  if (isBegun) await followOpen(platform, targetId)
}

async function runSchedule(
  { clock }: Platform,
  transaction: Queryable,
  targetId: string,
): Promise<void> {
  const target = await lockTarget(transaction, targetId)
  if (!target) return
  const now = clock.now()
  for (const action of await listActionsOfTarget(transaction, targetId)) {
    if (!action.nextAt || action.nextAt > now) continue
    const schedule = parseSchedule(action.schedule, action.timezone ?? 'UTC')
    const next = schedule && schedule.kind !== 'At' ? nextRun(schedule, now, action) : undefined
    await setActionNext(transaction, action.actionId, next)
    if (target.suspended.ScheduledScalingSuspended) continue
    const present = (await lockTarget(transaction, targetId)) ?? target
    const minCapacity =
      action.bounds.MinCapacity ??
      Math.min(present.minCapacity, action.bounds.MaxCapacity ?? present.minCapacity)
    const maxCapacity = action.bounds.MaxCapacity ?? Math.max(present.maxCapacity, minCapacity)
    await updateTarget(transaction, targetId, { minCapacity, maxCapacity, boundsChanged: true })
    await insertActivity(transaction, target, {
      activityId: newUuid(),
      description: `Setting min capacity to ${minCapacity} and max capacity to ${maxCapacity}`,
      cause: `scheduled action name ${action.actionName} was triggered`,
      statusCode: 'Successful',
      statusMessage: `Successfully set min capacity to ${minCapacity} and max capacity to ${maxCapacity}`,
      startedAt: now,
      endedAt: now,
    })
  }
}

/** @returns whether nothing is under way any more */
async function followOpen(platform: Platform, targetId: string): Promise<boolean> {
  const { database, clock } = platform
  const target = await readTarget(database, targetId)
  const activity = target && (await findOpenActivity(database, targetId))
  if (!target) return false
  if (!activity) return true
  const seen = await observe(database, target)
  const capacity = activity.capacity ?? 0
  const statusCode = activity.statusCode === 'Pending' ? 'Pending' : 'InProgress'
  const followed = seen
    ? followActivity({ statusCode, capacity }, seen)
    : ({ outcome: 'Failed', reason: `${target.resourceId} does not exist any more.` } as const)
  switch (followed.outcome) {
    case 'Wait':
      return false
    case 'Ask':
      await ask(platform, target, activity)
      return false
    case 'Fulfilled':
      await database.transaction((transaction) =>
        succeed(transaction, target, { activity, now: clock.now() }),
      )
      return true
    case 'Failed': {
      const statusMessage = `Failed to set ${quantityOf(target)} to ${capacity}. ${followed.reason}`
      const ended = { statusCode: 'Failed', statusMessage, endedAt: clock.now() } as const
      await setActivityStatus(database, activity.activityId, ended)
      return true
    }
  }
}

async function ask(
  platform: Platform,
  target: ScalableTarget,
  activity: ScalingActivity,
): Promise<void> {
  const { variant, place } = target
  if (!variant) return
  const instanceCount = activity.capacity ?? 0
  const outcome = await changeVariantCapacity(platform, place, { ...variant, instanceCount })
  // one that is busy is asked again when it is announced
  if (outcome !== 'Changed') return
  const statusMessage = `Setting ${quantityOf(target)} to ${instanceCount}.`
  await setActivityStatus(platform.database, activity.activityId, {
    statusCode: 'InProgress',
    statusMessage,
  })
}

async function succeed(
  transaction: Queryable,
  target: ScalableTarget,
  { activity, now }: { readonly activity: ScalingActivity; readonly now: Date },
): Promise<void> {
  const { capacity = 0, cooldown } = activity
  const isOurs = await setActivityStatus(transaction, activity.activityId, {
    statusCode: 'Successful',
    statusMessage: `Successfully set ${quantityOf(target)} to ${capacity}. Change successfully fulfilled by sagemaker.`,
    endedAt: now,
  })
  if (!isOurs || !cooldown) return
  const { direction, previousCapacity, seconds } = cooldown
  const until = new Date(now.getTime() + seconds * 1_000)
  await updateTarget(transaction, target.targetId, {
    cooldown: { direction, previousCapacity, until },
    lookAt: until,
  })
}

async function observe(
  database: Queryable,
  target: ScalableTarget,
): Promise<ObservedCapacity | undefined> {
  const { variant, place } = target
  const seen = variant && (await findScalableVariant(database, place, variant))
  if (!seen) return undefined
  const { desiredInstanceCount: desired, isResting } = seen
  const { failureReason } = seen
  return { desired, isResting, ...(failureReason !== undefined && { failureReason }) }
}

/** @returns whether an activity was begun, for the caller to carry out */
async function beginActivity(
  { clock }: Platform,
  transaction: Queryable,
  { targetId, steps }: { readonly targetId: string; readonly steps: readonly Proposal[] },
): Promise<boolean> {
  const target = await lockTarget(transaction, targetId)
  if (!target || (await findOpenActivity(transaction, targetId))) return false
  const seen = await observe(transaction, target)
  if (!seen) return false
  const now = clock.now()
  const begin = (activity: NewActivity): Promise<void> =>
    insertActivity(transaction, target, activity)

  const bounded = clamp(seen.desired, target)
  if (bounded !== seen.desired) {
    const bound =
      bounded > seen.desired
        ? `minimum capacity was set to ${target.minCapacity}`
        : `maximum capacity was set to ${target.maxCapacity}`
    await begin(pending(target, { capacity: bounded, cause: bound, now }))
    await updateTarget(transaction, targetId, { boundsChanged: false })
    return true
  }
  if (target.boundsChanged) await updateTarget(transaction, targetId, { boundsChanged: false })

  const policies = await listPoliciesOfTarget(transaction, targetId)
  const tracked = await trackingProposals(transaction, target, { policies, now })
  const { mayTrackIn } = tracked
  const proposals = [...steps, ...tracked.proposals]
  const decided = decideScaling({ target, capacity: seen.desired, proposals, mayTrackIn, now })
  switch (decided.decision) {
    case 'Nothing':
      if (target.lookAt) await updateTarget(transaction, targetId, { lookAt: null })
      return false
    case 'Wait':
      await updateTarget(transaction, targetId, { lookAt: decided.until })
      return false
    case 'NotScaled': {
      if (target.lookAt) await updateTarget(transaction, targetId, { lookAt: null })
      const { proposal, reason } = decided
      const last = await findLastActivity(transaction, targetId)
      // an alarm that goes on would otherwise fill the record
      if (last?.notScaledReasons?.[0]?.Code === reason.Code) return false
      await begin({
        activityId: newUuid(),
        description: `Attempting to scale due to alarm ${proposal.alarmName}`,
        cause: causeOf(proposal),
        statusCode: 'Unfulfilled',
        notScaledReasons: [reason],
        startedAt: now,
        endedAt: now,
      })
      return false
    }
    case 'Scale': {
      const { proposal, capacity, cooldown, previousCapacity } = decided
      const begun = { ...cooldown, previousCapacity }
      await begin(pending(target, { capacity, cause: causeOf(proposal), now, cooldown: begun }))
      return true
    }
  }
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

function causeOf({ alarmName, policyName }: Proposal): string {
  return `monitor alarm ${alarmName} in state ALARM triggered policy ${policyName}`
}

function quantityOf({ scalableDimension }: ScalableTarget): string {
  return findDimension(scalableDimension)?.quantity ?? 'capacity'
}
