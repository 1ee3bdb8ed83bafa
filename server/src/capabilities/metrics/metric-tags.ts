import type { Tag } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import { insertTags, readTags } from '../tags/index.ts'
import { invalidParameterValue } from './metrics-errors.ts'

/**
 * Looks at the tags of a request of CloudWatch's.
 * @throws invalidParameterValue when a key comes twice or begins with `aws:`
 */
export function readMetricTags(tags: readonly Tag[] | undefined): void {
  inCloudWatchsWords(() => readTags(tags))
}

/**
 * Puts tags on a resource of CloudWatch's, beside those that it has; in the transaction that makes it.
 * @throws invalidParameterValue, or limitExceeded past 50 tags
 */
export async function putMetricTags(
  transaction: Queryable,
  scope: { readonly realm: number },
  resource: { resourceArn: string; tags: readonly Tag[] | undefined },
): Promise<void> {
  try {
    await insertTags(transaction, scope, resource)
  } catch (error) {
    throw inWords(error)
  }
}

function inCloudWatchsWords(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    throw inWords(error)
  }
}

/** Tags are refused in SageMaker's codes. */
function inWords(error: unknown): unknown {
  if (!(error instanceof AwsError)) return error
  if (error.code === 'ResourceLimitExceeded') return new AwsError('LimitExceeded', error.message)
  return error.code === 'ValidationException' ? invalidParameterValue(error.message) : error
}
