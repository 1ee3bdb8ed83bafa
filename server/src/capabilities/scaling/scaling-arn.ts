import { formatArn, parseArn } from '../../aws/arn.ts'
import type { TargetName } from '../scalable-targets/index.ts'

interface Home {
  readonly account: string
  readonly region: string
}

export function scalableTargetArn({ account, region }: Home, targetId: string): string {
  const resource = `scalable-target/${targetId}`
  return formatArn({ service: 'application-autoscaling', region, account, resource })
}

/** @returns the target's id, when the ARN names a scalable target of this account and Region */
export function targetIdOf(arn: string, { account, region }: Home): string | undefined {
  const parts = parseArn(arn)
  if (parts?.account !== account || parts.region !== region) return undefined
  return /^scalable-target\/(.+)$/.exec(parts.resource)?.[1]
}

/** Also an alarm's action; the service is `autoscaling`, as AWS has it. */
export function scalingPolicyArn(
  { account, region }: Home,
  policy: { readonly policyId: string; readonly policyName: string; readonly target: TargetName },
): string {
  const { policyId, policyName, target } = policy
  const resource = `scalingPolicy:${policyId}:resource/sagemaker/${target.resourceId}:policyName/${policyName}`
  return formatArn({ service: 'autoscaling', region, account, resource })
}

/** What alarms that are kept for a policy do: AWS says with it who keeps them. */
export function managedActionArn(policyArn: string, policyId: string): string {
  return `${policyArn}:createdBy/${policyId}`
}

/** The policy that an alarm's action names; AWS's own alarms add who created it to the policy's ARN. */
export function policyIdOf(actionArn: string): string | undefined {
  const parts = parseArn(actionArn)
  if (parts?.service !== 'autoscaling') return undefined
  return /^scalingPolicy:([0-9a-f-]+):resource\/sagemaker\//.exec(parts.resource)?.[1]
}

export function scheduledActionArn(
  { account, region }: Home,
  action: { readonly actionId: string; readonly actionName: string; readonly target: TargetName },
): string {
  const { actionId, actionName, target } = action
  const resource =
    `scheduledAction:${actionId}:resource/sagemaker/${target.resourceId}` +
    `:scheduledActionName/${actionName}`
  return formatArn({ service: 'autoscaling', region, account, resource })
}

/**
 * The role that AWS makes for scaling SageMaker, whatever role a request names.
 *
 * @source Application Auto Scaling User Guide, service-linked roles
 */
export function serviceLinkedRoleArn({ account, region }: Home): string {
  const resource =
    'role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/' +
    'AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint'
  return formatArn({ service: 'iam', region, account, resource }).replace(`:${region}:`, '::')
}
