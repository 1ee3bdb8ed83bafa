import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'
import { newHexId } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { deleteManagedAlarms } from '../alarms/index.ts'
import {
  countTargets,
  deleteTarget,
  findTarget,
  insertTarget,
  listTargets,
  lockTarget,
  type ScalableTarget,
  type TargetName,
  updateTarget,
} from '../scalable-targets/index.ts'
import { requireResourceWithDimension, requireTargetName } from './scalable-dimension.ts'
import { requireScalable } from './scalable-resource.ts'
import { scalableTargetArn, serviceLinkedRoleArn } from './scaling-arn.ts'
import { concurrentUpdate, limitExceeded, targetNotFound } from './scaling-errors.ts'
import { pageOf, pageSize, readToken } from './scaling-page.ts'
import { requireTagLimit } from './scaling-tags.operations.ts'
import { scalingTopic } from './scaling-topic.ts'

const AWAKE = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
}
/** As long as those in AWS's examples. */
const TARGET_ID_HEX = 36
/** @source Application Auto Scaling quotas: of each resource type */
const TARGETS_MAX = 500

type Registration = AutoScaling.RegisterScalableTargetCommandInput

/**
 * Registers a resource, or changes the bounds and suspensions of one that is registered. A capacity out of new
 * bounds is brought within them at once.
 *
 * @throws ValidationException, LimitExceededException, TooManyTagsException
 */
export async function registerScalableTarget(
  input: Registration,
  scope: RequestScope,
): Promise<Omit<AutoScaling.RegisterScalableTargetCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  requireTagLimit(scalableTargetArn(scope, ''), input.Tags ?? {})
  const targetId = await scope.database.transaction(async (transaction) => {
    const found = await findTarget(transaction, scope, name)
    const known = found && (await lockTarget(transaction, found.targetId))
    const targetId = known
      ? await change(transaction, scope, { known, input })
      : await create(transaction, scope, { name, input })
    await scope.changes.announce(transaction, scalingTopic(targetId))
    return targetId
  })
  return { ScalableTargetARN: scalableTargetArn(scope, targetId) }
}

async function create(
  transaction: Queryable,
  scope: RequestScope,
  { name, input }: { readonly name: TargetName; readonly input: Registration },
): Promise<string> {
  const { MinCapacity: minCapacity, MaxCapacity: maxCapacity } = input
  if (minCapacity === undefined || maxCapacity === undefined) {
    throw validationException(
      'MinCapacity and MaxCapacity are required when a new scalable target is registered.',
    )
  }
  requireBounds({ minCapacity, maxCapacity })
  const variant = await requireScalable(scope, { ...name, minCapacity, maxCapacity })
  if ((await countTargets(transaction, scope, name.scalableDimension)) >= TARGETS_MAX) {
    throw limitExceeded(
      `There are ${TARGETS_MAX} scalable targets of ${name.scalableDimension}, which is the most that there can be.`,
    )
  }
  const target: ScalableTarget = {
    targetId: newHexId(TARGET_ID_HEX),
    place: { realm: scope.realm, account: scope.account, region: scope.region },
    ...name,
    ...(variant && { variant }),
    minCapacity,
    maxCapacity,
    suspended: { ...AWAKE, ...input.SuspendedState },
    tags: input.Tags ?? {},
    boundsChanged: true,
    createdAt: scope.clock.now(),
  }
  if (!(await insertTarget(transaction, target))) {
    throw concurrentUpdate(
      `Another request registers ${name.resourceId} at this moment: try again.`,
    )
  }
  return target.targetId
}

async function change(
  transaction: Queryable,
  scope: RequestScope,
  { known, input }: { readonly known: ScalableTarget; readonly input: Registration },
): Promise<string> {
  if (Object.keys(input.Tags ?? {}).length > 0) {
    throw validationException('Tags are for new scalable targets: use TagResource for this one.')
  }
  const minCapacity = input.MinCapacity ?? known.minCapacity
  const maxCapacity = input.MaxCapacity ?? known.maxCapacity
  requireBounds({ minCapacity, maxCapacity })
  const { resourceId, scalableDimension } = known
  await requireScalable(scope, { resourceId, scalableDimension, minCapacity, maxCapacity })
  const isBounded = input.MinCapacity !== undefined || input.MaxCapacity !== undefined
  await updateTarget(transaction, known.targetId, {
    minCapacity,
    maxCapacity,
    suspended: { ...known.suspended, ...input.SuspendedState },
    ...(isBounded && { boundsChanged: true }),
  })
  return known.targetId
}

function requireBounds(bounds: Pick<ScalableTarget, 'minCapacity' | 'maxCapacity'>): void {
  const { minCapacity, maxCapacity } = bounds
  if (minCapacity < 0) {
    throw validationException(`MinCapacity must not be negative; it is ${minCapacity}.`)
  }
  if (minCapacity > maxCapacity) {
    throw validationException('Maximum capacity cannot be less than minimum capacity')
  }
}

/** With its policies, their alarms and its scheduled actions. @throws ObjectNotFoundException */
export async function deregisterScalableTarget(
  input: AutoScaling.DeregisterScalableTargetCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DeregisterScalableTargetCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  await scope.database.transaction(async (transaction) => {
    const target = await findTarget(transaction, scope, name)
    if (!target) throw targetNotFound(name)
    const names = await deleteTarget(transaction, target.targetId)
    await deleteManagedAlarms(transaction, scope, { platform: scope, names })
  })
  return {}
}

export async function describeScalableTargets(
  input: AutoScaling.DescribeScalableTargetsCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DescribeScalableTargetsCommandOutput, '$metadata'>> {
  const limit = pageSize(input.MaxResults)
  const { ResourceIds: resourceIds, ScalableDimension: scalableDimension } = input
  requireResourceWithDimension({ resource: resourceIds, scalableDimension })
  if (input.ServiceNamespace !== 'sagemaker') return { ScalableTargets: [] }
  const after = readToken<TargetName>(input.NextToken)
  const filter = { resourceIds, scalableDimension, after, limit }
  const rows = await listTargets(scope.database, scope, filter)
  const page = pageOf(rows, limit, ({ resourceId, scalableDimension }) => ({
    resourceId,
    scalableDimension,
  }))
  return {
    ScalableTargets: page.rows.map((target) => ({
      ServiceNamespace: 'sagemaker' as const,
      ResourceId: target.resourceId,
      ScalableDimension: target.scalableDimension as AutoScaling.ScalableDimension,
      MinCapacity: target.minCapacity,
      MaxCapacity: target.maxCapacity,
      RoleARN: serviceLinkedRoleArn(scope),
      CreationTime: target.createdAt,
      SuspendedState: target.suspended,
      ScalableTargetARN: scalableTargetArn(scope, target.targetId),
    })),
    ...page.next,
  }
}
