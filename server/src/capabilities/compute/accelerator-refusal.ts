import { type AwsError, resourceLimitExceeded } from '../../aws/errors.ts'
import { instanceType } from './instance-type.ts'

/** What instances are counted for in AWS's quotas: `ml.p3.2xlarge for training job usage`. */
export type InstanceUsage =
  | 'training job usage'
  | 'processing job usage'
  | 'transform job usage'
  | 'endpoint usage'

/**
 * The refusal of a type whose accelerators this platform does not have: an account's quota for it is 0,
 * as AWS words it for an account that was never granted any.
 *
 * @returns undefined when the type needs none
 */
export function acceleratorRefusal(
  instance: { readonly type: string; readonly count: number },
  usage: InstanceUsage,
): AwsError | undefined {
  const gpus = instanceType(instance.type)?.gpus ?? 0
  if (gpus === 0) return undefined
  return resourceLimitExceeded(
    `The account-level service limit '${instance.type} for ${usage}' is 0 Instances, with current ` +
      `utilization of 0 Instances and a request delta of ${instance.count} Instances. ` +
      `${instance.type} has ${gpus} accelerator${gpus === 1 ? '' : 's'} and there is none here: ` +
      'choose a type without, such as ml.m5.xlarge.',
  )
}
