import type { ScalableTargetAction } from '@aws-sdk/client-application-auto-scaling'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Platform } from '../../platform/scope.ts'
import { lockTarget, updateTarget } from '../scalable-targets/index.ts'
import { insertActivity } from './scaling-activity.store.ts'
import { nextRun, parseSchedule } from './schedule.ts'
import {
  listActionsOfTarget,
  type ScheduledAction,
  setActionNext,
} from './scheduled-action.store.ts'

/**
 * Gives a target the bounds of the actions whose time has come, in the order of their times. Those that were
 * missed while nobody looked come once; those that come while schedules are suspended do nothing.
 */
export async function runSchedule(
  { clock }: Pick<Platform, 'clock'>,
  transaction: Queryable,
  targetId: string,
): Promise<void> {
  if (!(await lockTarget(transaction, targetId))) return
  const now = clock.now()
  const due = (await listActionsOfTarget(transaction, targetId))
    .filter(({ nextAt }) => nextAt !== undefined && nextAt <= now)
    .sort((one, other) => (one.nextAt?.getTime() ?? 0) - (other.nextAt?.getTime() ?? 0))
  for (const action of due) {
    const schedule = parseSchedule(action.schedule, action.timezone ?? 'UTC')
    const next = schedule && nextRun(schedule, now, action)
    await setActionNext(transaction, action.actionId, next)
    await setBounds(transaction, targetId, { action, now })
  }
}

async function setBounds(
  transaction: Queryable,
  targetId: string,
  { action, now }: { readonly action: ScheduledAction; readonly now: Date },
): Promise<void> {
  const target = await lockTarget(transaction, targetId)
  if (!target || target.suspended.ScheduledScalingSuspended) return
  const { MinCapacity: minCapacity, MaxCapacity: maxCapacity } = action.bounds
  const wanted = boundsText(action.bounds)
  const isPossible = (minCapacity ?? target.minCapacity) <= (maxCapacity ?? target.maxCapacity)
  if (isPossible) {
    await updateTarget(transaction, targetId, {
      ...(minCapacity !== undefined && { minCapacity }),
      ...(maxCapacity !== undefined && { maxCapacity }),
      boundsChanged: true,
    })
  }
  await insertActivity(transaction, target, {
    activityId: newUuid(),
    description: `Setting ${wanted}`,
    cause: `scheduled action name ${action.actionName} was triggered`,
    statusCode: isPossible ? 'Successful' : 'Failed',
    statusMessage: isPossible
      ? `Successfully set ${wanted}`
      : `Failed to set ${wanted}. Reason: Maximum capacity cannot be less than minimum capacity: they are ` +
        `${target.maxCapacity} and ${target.minCapacity} where the action does not say another.`,
    startedAt: now,
    endedAt: now,
  })
}

/** @source the activities in AWS CLI's examples of describe-scaling-activities */
function boundsText({ MinCapacity: min, MaxCapacity: max }: ScalableTargetAction): string {
  const parts = [
    ...(min !== undefined ? [`min capacity to ${min}`] : []),
    ...(max !== undefined ? [`max capacity to ${max}`] : []),
  ]
  return parts.join(' and ')
}
