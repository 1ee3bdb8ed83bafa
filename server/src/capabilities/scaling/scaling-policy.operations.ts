import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'
import { newUuid } from '../../base/ids.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { RequestScope } from '../../platform/scope.ts'
import {
  alarmArn,
  deleteManagedAlarms,
  putManagedAlarm,
  readAlarmsByAction,
} from '../alarms/index.ts'
import { findTarget, lockTarget, type ScalableTarget } from '../scalable-targets/index.ts'
import { requireResourceWithDimension, requireTargetName } from './scalable-dimension.ts'
import { managedActionArn, scalingPolicyArn } from './scaling-arn.ts'
import { limitExceeded, policyNotFound, targetNotFound } from './scaling-errors.ts'
import { pageOf, pageSize, readToken } from './scaling-page.ts'
import {
  deletePolicy,
  listPolicies,
  listPoliciesOfTarget,
  type PolicyPosition,
  type ScalingPolicy,
  type TrackingAlarms,
  upsertPolicy,
} from './scaling-policy.store.ts'
import { isSameMetric, type PolicyRequest, validatePolicy } from './scaling-policy.validation.ts'
import { scalingTopic } from './scaling-topic.ts'
import { trackedMetric } from './tracked-metric.ts'
import { trackingAlarms } from './tracking-alarm.ts'

/** @source Application Auto Scaling quotas */
const POLICIES_MAX = 50

/**
 * Makes a policy or changes one. Of target tracking its alarms are made with it, and are ordinary alarms.
 *
 * @throws ObjectNotFoundException when the target is not registered, ValidationException, LimitExceededException
 */
export async function putScalingPolicy(
  input: AutoScaling.PutScalingPolicyCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.PutScalingPolicyCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  const policyName = input.PolicyName ?? ''
  return scope.database.transaction(async (transaction) => {
    const found = await findTarget(transaction, scope, name)
    const target = found && (await lockTarget(transaction, found.targetId))
    if (!target) throw targetNotFound(name)
    const policies = await listPoliciesOfTarget(transaction, target.targetId)
    const known = policies.find((one) => one.policyName === policyName)
    const request = validatePolicy(input, known)
    if (!known && policies.length >= POLICIES_MAX) {
      throw limitExceeded(`A scalable target has at most ${POLICIES_MAX} scaling policies.`)
    }
    requireOtherMetric(request, policies, policyName)
    const policy: ScalingPolicy = {
      policyId: known?.policyId ?? newUuid(),
      targetId: target.targetId,
      target: name,
      realm: scope.realm,
      policyName,
      createdAt: known?.createdAt ?? scope.clock.now(),
      ...rulesOf(request, { target, known }),
    }
    await upsertPolicy(transaction, policy)
    const alarms = await keepAlarms(transaction, scope, { policy, target, known })
    await scope.changes.announce(transaction, scalingTopic(target.targetId))
    return {
      PolicyARN: scalingPolicyArn(scope, policy),
      Alarms: alarms.map(({ alarmName, alarmArn }) => ({
        AlarmName: alarmName,
        AlarmARN: alarmArn,
      })),
    }
  })
}

/** Two policies that track the same metric would pull against each other. */
function requireOtherMetric(
  request: PolicyRequest,
  policies: readonly ScalingPolicy[],
  policyName: string,
): void {
  if (request.policyType !== 'TargetTrackingScaling') return
  const isTracked = policies.some(
    (one) =>
      one.policyType === 'TargetTrackingScaling' &&
      one.policyName !== policyName &&
      isSameMetric(one.configuration, request.configuration),
  )
  if (!isTracked) return
  throw validationException(
    'Only one TargetTrackingScaling policy for a given metric specification is allowed.',
  )
}

function rulesOf(
  request: PolicyRequest,
  { target, known }: { target: ScalableTarget; known: ScalingPolicy | undefined },
) {
  if (request.policyType === 'StepScaling') return { ...request, alarms: {} }
  const before = known?.policyType === 'TargetTrackingScaling' ? known.alarms : undefined
  const alarmName = (kind: 'High' | 'Low'): string =>
    `TargetTracking-${target.resourceId}-Alarm${kind}-${newUuid()}`
  const alarms: TrackingAlarms = {
    high: before?.high ?? alarmName('High'),
    ...(!request.configuration.DisableScaleIn && { low: before?.low ?? alarmName('Low') }),
  }
  return { ...request, alarms }
}

async function keepAlarms(
  transaction: Queryable,
  scope: RequestScope,
  kept: {
    readonly policy: ScalingPolicy
    readonly target: ScalableTarget
    readonly known: ScalingPolicy | undefined
  },
): Promise<readonly { readonly alarmName: string; readonly alarmArn: string }[]> {
  const { policy, target, known } = kept
  if (policy.policyType !== 'TargetTrackingScaling') return []
  const metric = trackedMetric(policy.configuration, target)
  if (!metric) return []
  const actionArn = managedActionArn(scalingPolicyArn(scope, policy), policy.policyId)
  const { alarms: names, configuration } = policy
  const gone = Object.values(known?.alarms ?? {}).filter(
    (name) => !Object.values(names).includes(name),
  )
  await deleteManagedAlarms(transaction, scope, { platform: scope, names: gone })
  const made = []
  for (const alarm of trackingAlarms(configuration, metric, { names, actionArn })) {
    made.push(await putManagedAlarm(transaction, scope, { platform: scope, alarm }))
  }
  return made
}

/** @throws ObjectNotFoundException */
export async function deleteScalingPolicy(
  input: AutoScaling.DeleteScalingPolicyCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DeleteScalingPolicyCommandOutput, '$metadata'>> {
  const name = requireTargetName(input)
  const policyName = input.PolicyName ?? ''
  await scope.database.transaction(async (transaction) => {
    const target = await findTarget(transaction, scope, name)
    const policies = target ? await listPoliciesOfTarget(transaction, target.targetId) : []
    const policy = policies.find((one) => one.policyName === policyName)
    if (!policy) throw policyNotFound(name, policyName)
    await deletePolicy(transaction, policy.policyId)
    const names = Object.values(policy.alarms)
    await deleteManagedAlarms(transaction, scope, { platform: scope, names })
  })
  return {}
}

export async function describeScalingPolicies(
  input: AutoScaling.DescribeScalingPoliciesCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.DescribeScalingPoliciesCommandOutput, '$metadata'>> {
  const limit = pageSize(input.MaxResults)
  const { ResourceId: resourceId, ScalableDimension: scalableDimension } = input
  requireResourceWithDimension({ resource: resourceId, scalableDimension })
  if (input.ServiceNamespace !== 'sagemaker') return { ScalingPolicies: [] }
  const rows = await listPolicies(scope.database, scope, {
    policyNames: input.PolicyNames,
    resourceId,
    scalableDimension,
    after: readToken<PolicyPosition>(input.NextToken),
    limit,
  })
  const page = pageOf(rows, limit, ({ target, policyName }) => ({ ...target, policyName }))
  const policies = page.rows.map((policy) => describe(policy, scope))
  return { ScalingPolicies: await Promise.all(policies), ...page.next }
}

async function describe(
  policy: ScalingPolicy,
  scope: RequestScope,
): Promise<AutoScaling.ScalingPolicy> {
  const arn = scalingPolicyArn(scope, policy)
  return {
    PolicyARN: arn,
    PolicyName: policy.policyName,
    ServiceNamespace: 'sagemaker',
    ResourceId: policy.target.resourceId,
    ScalableDimension: policy.target.scalableDimension as AutoScaling.ScalableDimension,
    PolicyType: policy.policyType,
    ...(policy.policyType === 'StepScaling'
      ? { StepScalingPolicyConfiguration: policy.configuration }
      : { TargetTrackingScalingPolicyConfiguration: policy.configuration }),
    Alarms: (await alarmNamesOf(policy, { arn, scope })).map((name) => ({
      AlarmName: name,
      AlarmARN: alarmArn(scope, name),
    })),
    CreationTime: policy.createdAt,
  }
}

/** Those that are kept for the policy; of step scaling those by which users call it. */
async function alarmNamesOf(
  policy: ScalingPolicy,
  { arn, scope }: { readonly arn: string; readonly scope: RequestScope },
): Promise<readonly string[]> {
  if (policy.policyType === 'TargetTrackingScaling') return Object.values(policy.alarms)
  const alarms = await readAlarmsByAction(scope.database, scope, arn)
  return alarms.map(({ alarmName }) => alarmName)
}
