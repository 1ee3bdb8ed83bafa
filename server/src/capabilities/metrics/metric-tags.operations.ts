import type {
  ListTagsForResourceCommandInput,
  ListTagsForResourceOutput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-cloudwatch'
import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { deleteTags, type TaggableKinds, tagsOf } from '../tags/index.ts'
import { putMetricTags, readMetricTags } from './metric-tags.ts'

/**
 * Tags of what CloudWatch has.
 *
 * @param kinds by what stands before the name in the ARN's last part: `alarm` of `alarm:name`, `dashboard`
 */
export function createMetricTagOperations(kinds: TaggableKinds) {
  const requireResource = async (arn: string, scope: RequestScope): Promise<void> => {
    const parts = parseArn(arn)
    const kind = /^[^:/]+/.exec(parts?.resource ?? '')?.[0] ?? ''
    const isHere = parts?.service === 'cloudwatch' && parts.account === scope.account
    const lookup = isHere && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (!lookup || !(await lookup(arn, scope))) throw unknownResource(arn, kind)
  }

  /** @throws unknownResource, invalidParameterValue, limitExceeded */
  async function tagResource(
    input: TagResourceCommandInput,
    scope: RequestScope,
  ): Promise<Record<string, never>> {
    const { ResourceARN: resourceArn = '', Tags: tags } = input
    readMetricTags(tags)
    await requireResource(resourceArn, scope)
    await scope.database.transaction((transaction) =>
      putMetricTags(transaction, scope, { resourceArn, tags }),
    )
    return {}
  }

  /** Keys that the resource does not have are passed over. @throws unknownResource */
  async function untagResource(
    input: UntagResourceCommandInput,
    scope: RequestScope,
  ): Promise<Record<string, never>> {
    const { ResourceARN: arn = '', TagKeys: keys = [] } = input
    await requireResource(arn, scope)
    await deleteTags(scope.database, scope, { resourceArn: arn, keys })
    return {}
  }

  /** @throws unknownResource */
  async function listTagsForResource(
    input: ListTagsForResourceCommandInput,
    scope: RequestScope,
  ): Promise<ListTagsForResourceOutput> {
    const { ResourceARN: arn = '' } = input
    await requireResource(arn, scope)
    const tags = await tagsOf(scope.database, scope, arn)
    return { Tags: tags.map(({ Key, Value }) => ({ Key, Value })) }
  }

  return {
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTagsForResource,
  }
}

function unknownResource(arn: string, kind: string): AwsError {
  return new AwsError('ResourceNotFoundException', `There is no resource of the ARN ${arn}.`, {
    members: { ResourceType: kind, ResourceId: arn },
  })
}
