import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { findTarget, lockTarget } from '../scalable-targets/index.ts'
import { requireResourceWithDimension, requireTargetName } from './scalable-dimension.ts'
import { scheduledActionArn } from './scaling-arn.ts'
import { actionNotFound, limitExceeded, targetNotFound } from './scaling-errors.ts'
import { pageOf, pageSize, readToken } from './scaling-page.ts'
import { scalingTopic } from './scaling-topic.ts'
import { nextRun, parseSchedule } from './schedule.ts'
import {
  type ActionPosition,
  deleteAction,
  listActions,
  listActionsOfTarget,
  type ScheduledAction,
  upsertAction,
} from './scheduled-action.store.ts'
import { isTimeZone } from './time-zone.ts'

/** @source Application Auto Scaling quotas */
const ACTIONS_MAX = 200

/**
 * Makes a scheduled action or changes one: what is not said again stays.
 *
 * @throws ObjectNotFoundException when the target is not registered, ValidationException, LimitExceededException
 */
export async function putScheduledAction(
  input: AutoScaling.PutScheduledActionCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.PutScheduledActionCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  const actionName = input.ScheduledActionName ?? ''
  await scope.database.transaction(async (transaction) => {
    const found = await findTarget(transaction, scope, name)
    const target = found && (await lockTarget(transaction, found.targetId))
    if (!target) throw targetNotFound(name)
    const actions = await listActionsOfTarget(transaction, target.targetId)
    const known = actions.find((one) => one.actionName === actionName)
    if (!known && actions.length >= ACTIONS_MAX) {
      throw limitExceeded(`A scalable target has at most ${ACTIONS_MAX} scheduled actions.`)
    }
    const now = scope.clock.now()
    const action = actionOf(input, { known, now })
    await upsertAction(transaction, {
      ...action,
      targetId: target.targetId,
      target: name,
      realm: scope.realm,
      actionName,
    })
    await scope.changes.announce(transaction, scalingTopic(target.targetId))
  })
  return {}
}

function actionOf(
  input: AutoScaling.PutScheduledActionCommandInput,
  { known, now }: { readonly known: ScheduledAction | undefined; readonly now: Date },
): Omit<ScheduledAction, 'targetId' | 'target' | 'realm' | 'actionName'> {
  const schedule = input.Schedule ?? known?.schedule
  if (schedule === undefined) throw validationException('Schedule is required.')
  const timezone = input.Timezone ?? known?.timezone
  if (timezone !== undefined && !isTimeZone(timezone)) {
    throw validationException(
      `Timezone '${timezone}' is not known: give a name of the IANA time zone database, e.g. Europe/Berlin.`,
    )
  }
  const parsed = parseSchedule(schedule, timezone ?? 'UTC')
  if (!parsed) {
    throw validationException(
      `Schedule '${schedule}' is not valid: give at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields).`,
    )
  }
  const startAt = input.StartTime ?? known?.startAt
  const endAt = input.EndTime ?? known?.endAt
  if (startAt && endAt && startAt > endAt) {
    throw validationException('StartTime must not be later than EndTime.')
  }
  const bounds = input.ScalableTargetAction ?? known?.bounds ?? {}
  const { MinCapacity: min, MaxCapacity: max } = bounds
  if (min === undefined && max === undefined) {
    throw validationException(
      'At least one of minimum capacity and maximum capacity should be provided',
    )
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw validationException('Maximum capacity cannot be less than minimum capacity')
  }
  if ((min ?? 0) < 0 || (max ?? 0) < 0) {
    throw validationException('MinCapacity and MaxCapacity must not be negative.')
  }
  const createdAt = known?.createdAt ?? now
  const span = { createdAt, ...(startAt && { startAt }), ...(endAt && { endAt }) }
  const nextAt = nextRun(parsed, now, span)
  if (!nextAt) {
    throw validationException(
      `Schedule '${schedule}' never comes: it is in the past, beyond EndTime, or a time that clocks skip.`,
    )
  }
  return {
    actionId: known?.actionId ?? newUuid(),
    schedule,
    ...(timezone !== undefined && { timezone }),
    ...span,
    bounds,
    nextAt,
  }
}

/** @throws ObjectNotFoundException */
export async function deleteScheduledAction(
  input: AutoScaling.DeleteScheduledActionCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DeleteScheduledActionCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  const actionName = input.ScheduledActionName ?? ''
  await scope.database.transaction(async (transaction) => {
    const target = await findTarget(transaction, scope, name)
    const actions = target ? await listActionsOfTarget(transaction, target.targetId) : []
    const action = actions.find((one) => one.actionName === actionName)
    if (!action) throw actionNotFound(name, actionName)
    await deleteAction(transaction, action.actionId)
  })
  return {}
}

export async function describeScheduledActions(
  input: AutoScaling.DescribeScheduledActionsCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DescribeScheduledActionsCommandOutput, '$metadata'>> {
  const limit = pageSize(input.MaxResults)
  const { ResourceId: resourceId, ScalableDimension: scalableDimension } = input
  requireResourceWithDimension({ resource: resourceId, scalableDimension })
  if (input.ServiceNamespace !== 'sagemaker') return { ScheduledActions: [] }
  const rows = await listActions(scope.database, scope, {
    actionNames: input.ScheduledActionNames,
    resourceId,
    scalableDimension,
    after: readToken<ActionPosition>(input.NextToken),
    limit,
  })
  const page = pageOf(rows, limit, ({ target, actionName }) => ({ ...target, actionName }))
  return {
    ScheduledActions: page.rows.map((action) => ({
      ScheduledActionName: action.actionName,
      ScheduledActionARN: scheduledActionArn(scope, action),
      ServiceNamespace: 'sagemaker' as const,
      ResourceId: action.target.resourceId,
      ScalableDimension: action.target.scalableDimension as AutoScaling.ScalableDimension,
      Schedule: action.schedule,
      ...(action.timezone !== undefined && { Timezone: action.timezone }),
      ...(action.startAt && { StartTime: action.startAt }),
      ...(action.endAt && { EndTime: action.endAt }),
      ScalableTargetAction: action.bounds,
      CreationTime: action.createdAt,
    })),
    ...page.next,
  }
}
