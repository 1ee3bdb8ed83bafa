import type {
  ListTagsForResourceCommandInput,
  ListTagsForResourceResponse,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-cloudwatch-logs'
import type { RequestScope } from '../../platform/scope.ts'
import { requireLogGroup } from './log-group.operations.ts'
import { changeLogGroupTags, findLogGroupTags, type LogGroupTags } from './log-group.store.ts'
import { nameOfIdentifier } from './log-group-name.ts'
import { tooManyTags } from './logs-errors.ts'

const TAGS_MAX = 50

/** @throws invalidParameter, logGroupNotFound */
export async function listTagsForResource(
  input: ListTagsForResourceCommandInput,
  scope: RequestScope,
): Promise<ListTagsForResourceResponse> {
  const group = await requireLogGroup(scope, nameOfIdentifier(input.resourceArn ?? ''))
  return { tags: { ...(await findLogGroupTags(scope.database, group.groupId)) } }
}

/** @throws invalidParameter, logGroupNotFound, tooManyTags */
export async function tagResource(
  input: TagResourceCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  await change(input.resourceArn, scope, { added: input.tags ?? {}, removed: [] })
  return {}
}

/** Keys that the group does not have are passed over. @throws invalidParameter, logGroupNotFound */
export async function untagResource(
  input: UntagResourceCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  await change(input.resourceArn, scope, { added: {}, removed: input.tagKeys ?? [] })
  return {}
}

async function change(
  resourceArn: string | undefined,
  scope: RequestScope,
  tags: { added: LogGroupTags; removed: readonly string[] },
): Promise<void> {
  const { groupId } = await requireLogGroup(scope, nameOfIdentifier(resourceArn ?? ''))
  const isDone = await changeLogGroupTags(scope.database, groupId, { ...tags, tagsMax: TAGS_MAX })
  if (!isDone) throw tooManyTags(TAGS_MAX)
}
