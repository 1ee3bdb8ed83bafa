import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'
import { newHexId } from '../../base/ids.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { deleteManagedAlarms } from '../alarms/index.ts'
import { findScalableVariant } from '../hosting/index.ts'
import {
  deleteTargetRow,
  findTarget,
  insertTarget,
  listTargets,
  lockTarget,
  type ScalableTarget,
  type TargetName,
  updateTarget,
} from '../scalable-targets/index.ts'
import { findDimension, readResource, requireTargetName } from './scalable-dimension.ts'
import { scalableTargetArn, serviceLinkedRoleArn } from './scaling-arn.ts'
import { targetNotFound } from './scaling-errors.ts'
import { pageOf, pageSize, readToken } from './scaling-page.ts'
import { requireTagLimit } from './scaling-tags.operations.ts'
import { scalingTopic } from './scaling-topic.ts'

const AWAKE = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
}
const TARGET_ID_HEX = 12

/** Registers a variant, or changes the bounds and suspensions of one that is registered. */
export async function registerScalableTarget(
  input: AutoScaling.RegisterScalableTargetCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.RegisterScalableTargetCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  requireTagLimit(scalableTargetArn(scope, ''), input.Tags ?? {})
  const targetId = await scope.database.transaction(async (transaction) => {
    const found = await findTarget(transaction, scope, name)
    const known = found && (await lockTarget(transaction, found.targetId))
    const target = known ? await changed(scope, known, input) : await newTarget(scope, name, input)
    if (!known && !(await insertTarget(transaction, target))) {
      throw validationException(`${name.resourceId} is being registered by another request.`)
    }
    if (known) await updateTarget(transaction, known.targetId, target)
    await scope.changes.announce(transaction, scalingTopic(target.targetId))
    return target.targetId
  })
  return { ScalableTargetARN: scalableTargetArn(scope, targetId) }
}

async function newTarget(
  scope: RequestScope,
  name: TargetName,
  input: AutoScaling.RegisterScalableTargetCommandInput,
): Promise<ScalableTarget> {
  const { MinCapacity: minCapacity, MaxCapacity: maxCapacity } = input
  if (minCapacity === undefined || maxCapacity === undefined) {
    throw validationException(
      'MinCapacity and MaxCapacity are required when a new scalable target is registered.',
    )
  }
  const dimension = findDimension(name.scalableDimension)
  const resource = dimension && readResource(name.resourceId, dimension)
  if (!resource || !('variantName' in resource)) {
    throw validationException(
      `${name.resourceId} cannot be scaled here: inference components are not built yet.`,
    )
  }
  await requireVariant(scope, { name, resource, minCapacity })
  return withBounds({
    targetId: newHexId(TARGET_ID_HEX),
    place: { realm: scope.realm, account: scope.account, region: scope.region },
    ...name,
    variant: resource,
    minCapacity,
    maxCapacity,
    suspended: { ...AWAKE, ...input.SuspendedState },
    tags: input.Tags ?? {},
    boundsChanged: true,
    createdAt: scope.clock.now(),
  })
}

async function changed(
  scope: RequestScope,
  target: ScalableTarget,
  input: AutoScaling.RegisterScalableTargetCommandInput,
): Promise<ScalableTarget> {
  if (Object.keys(input.Tags ?? {}).length > 0) {
    throw validationException(
      'Tags cannot be changed by registering a target again: use TagResource.',
    )
  }
  const minCapacity = input.MinCapacity ?? target.minCapacity
  const maxCapacity = input.MaxCapacity ?? target.maxCapacity
  if (target.variant) {
    await requireVariant(scope, { name: target, resource: target.variant, minCapacity })
  }
  return withBounds({
    ...target,
    minCapacity,
    maxCapacity,
    suspended: { ...target.suspended, ...input.SuspendedState },
    boundsChanged: true,
  })
}

function withBounds(target: ScalableTarget): ScalableTarget {
  if (target.minCapacity <= target.maxCapacity) return target
  throw validationException(
    `Maximum capacity cannot be less than minimum capacity: they are ${target.maxCapacity} and ${target.minCapacity}.`,
  )
}

async function requireVariant(
  scope: RequestScope,
  wanted: {
    readonly name: TargetName
    readonly resource: NonNullable<ScalableTarget['variant']>
    readonly minCapacity: number
  },
): Promise<void> {
  const { name, resource, minCapacity } = wanted
  const variant = await findScalableVariant(scope.database, scope, resource)
  if (!variant) {
    throw validationException(`The endpoint variant ${name.resourceId} does not exist.`)
  }
  const isServerless = findDimension(name.scalableDimension)?.kind === 'ServerlessVariant'
  if (isServerless !== variant.isServerless) {
    throw validationException(
      `The scalable dimension ${name.scalableDimension} is not one of ${name.resourceId}: the variant is ` +
        `${variant.isServerless ? '' : 'not '}serverless.`,
    )
  }
  if (minCapacity === 0 && !variant.isAsync && !isServerless) {
    throw validationException(
      `MinCapacity is 0: ${name.resourceId} answers requests at once and needs an instance; only variants of ` +
        'asynchronous endpoints may have none.',
    )
  }
}

/** @throws ObjectNotFoundException */
export async function deregisterScalableTarget(
  input: AutoScaling.DeregisterScalableTargetCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DeregisterScalableTargetCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  await scope.database.transaction(async (transaction) => {
    const target = await findTarget(transaction, scope, name)
    if (!target) throw targetNotFound(name)
    const names = await deleteTargetRow(transaction, target.targetId)
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
  const isOurs = input.ServiceNamespace === 'sagemaker'
  const rows = isOurs
    ? await listTargets(scope.database, scope, {
        resourceIds,
        scalableDimension,
        after: readToken<TargetName>(input.NextToken),
        limit,
      })
    : []
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
