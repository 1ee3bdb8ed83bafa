import { parseArn } from '../../aws/arn.ts'
import { validationException } from '../../aws/errors.ts'
import type { Platform } from '../../platform/scope.ts'
import type { JobLocation } from './job-table.store.ts'

/** A job: by its ARN, or by its name in the platform's own account and region unless others are given. */
export type JobTarget =
  | { readonly jobArn: string }
  | { readonly jobName: string; readonly account?: string; readonly region?: string }

/**
 * @param kind as in the ARN, e.g. `training-job`
 * @throws ValidationException when the ARN is of something else
 */
export function locateJob(
  { config }: Pick<Platform, 'config'>,
  { target, kind }: { readonly target: JobTarget; readonly kind: string },
): JobLocation {
  if (!('jobArn' in target)) {
    const { jobName: name, account = config.account, region = config.region } = target
    return { account, region, name }
  }
  const parts = parseArn(target.jobArn)
  const [found, name = ''] = parts?.resource.split('/') ?? []
  if (parts?.service !== 'sagemaker' || found !== kind) {
    const noun = kind.replaceAll('-', ' ')
    throw validationException(`'${target.jobArn}' is not the ARN of a ${noun}.`)
  }
  return { account: parts.account, region: parts.region, name }
}
