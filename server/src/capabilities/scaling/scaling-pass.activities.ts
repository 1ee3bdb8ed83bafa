import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { readTarget, type ScalableTarget, updateTarget } from '../scalable-targets/index.ts'
import { beginActivity, type ScalingOccasion } from './begin-activity.activities.ts'
import { quantityOf } from './scalable-dimension.ts'
import { changeCapacity, observeCapacity } from './scaled-capacity.ts'
import { type ActivityOutcome, followActivity } from './scaling.states.ts'
import {
  findOpenActivity,
  type ScalingActivity,
  setActivityStatus,
} from './scaling-activity.store.ts'
import { runSchedule } from './scheduled-action.activities.ts'

/**
 * Brings a target on by what is seen of it: bounds that a schedule sets, an activity that is under way, a
 * capacity out of bounds, what policies want. Each is decided and written in one transaction, and what is
 * written is carried out after it, so that a process that dies in between leaves it to the next one.
 */
export async function scaleTarget(
  platform: Platform,
  targetId: string,
  occasion: ScalingOccasion = {},
): Promise<void> {
  const { database } = platform
  await database.transaction((transaction) => runSchedule(platform, transaction, targetId))
  // what was under way ends first; then there is room for another activity
  if (!(await followOpen(platform, targetId))) return
  const isBegun = await database.transaction((transaction) =>
    beginActivity(platform, transaction, { targetId, occasion }),
  )
  if (isBegun) await followOpen(platform, targetId)
}

/** @returns whether nothing is under way any more */
async function followOpen(platform: Platform, targetId: string): Promise<boolean> {
  const { database, clock } = platform
  const target = await readTarget(database, targetId)
  if (!target) return false
  const activity = await findOpenActivity(database, targetId)
  if (!activity) return true
  const followed = await follow(database, target, activity)
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
    case 'Failed':
      await setActivityStatus(database, activity.activityId, {
        statusCode: 'Failed',
        statusMessage: `Failed to set ${wantedOf(target, activity)}. Reason: ${followed.reason}`,
        endedAt: clock.now(),
      })
      return true
  }
}

async function follow(
  database: Queryable,
  target: ScalableTarget,
  { statusCode, capacity = 0 }: ScalingActivity,
): Promise<ActivityOutcome> {
  const seen = await observeCapacity(database, target)
  if (!seen) return { outcome: 'Failed', reason: `${target.resourceId} does not exist any more.` }
  return followActivity(
    { statusCode: statusCode === 'Pending' ? 'Pending' : 'InProgress', capacity },
    seen,
  )
}

async function ask(
  platform: Platform,
  target: ScalableTarget,
  activity: ScalingActivity,
): Promise<void> {
  // one that is busy is asked again when it is announced, one that is gone is told by the next look
  if (!(await changeCapacity(platform, target, activity.capacity ?? 0))) return
  await setActivityStatus(platform.database, activity.activityId, {
    statusCode: 'InProgress',
    statusMessage: `Successfully set ${wantedOf(target, activity)}. Waiting for change to be fulfilled by sagemaker.`,
  })
}

async function succeed(
  transaction: Queryable,
  target: ScalableTarget,
  { activity, now }: { readonly activity: ScalingActivity; readonly now: Date },
): Promise<void> {
  const { cooldown } = activity
  const isOurs = await setActivityStatus(transaction, activity.activityId, {
    statusCode: 'Successful',
    statusMessage: `Successfully set ${wantedOf(target, activity)}. Change successfully fulfilled by sagemaker.`,
    endedAt: now,
  })
  if (!isOurs || !cooldown) return
  const { direction, previousCapacity, seconds } = cooldown
  const until = new Date(now.getTime() + seconds * 1_000)
  await updateTarget(transaction, target.targetId, {
    cooldown: { direction, previousCapacity, until },
  })
}

function wantedOf(target: ScalableTarget, { capacity = 0 }: ScalingActivity): string {
  return `${quantityOf(target)} to ${capacity}`
}
