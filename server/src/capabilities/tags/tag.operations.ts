import type {
  AddTagsCommandInput,
  AddTagsOutput,
  DeleteTagsCommandInput,
  DeleteTagsOutput,
  ListTagsCommandInput,
  ListTagsOutput,
} from '@aws-sdk/client-sagemaker'
import { parseArn } from '../../aws/arn.ts'
import { validationException } from '../../aws/errors.ts'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { deleteTagsByKey, selectTags } from './tag.store.ts'
import { insertTags, TAGS_MAX, tagsOf } from './tag.ts'

/** Says whether an ARN of its kind names a resource of the scope's account, region and realm. */
export type ResourceLookup = (arn: string, scope: RequestScope) => Promise<boolean>

/** By what stands before the slash in the ARN's last part: `training-job`, `endpoint-config`. */
export type TaggableKinds = Readonly<Record<string, ResourceLookup>>

/** @param kinds the kinds of resources that there are; an ARN of another names nothing */
export function createTagOperations(kinds: TaggableKinds) {
  const requireResource = async (arn: string, scope: RequestScope): Promise<void> => {
    const parts = parseArn(arn)
    const kind = /^[^/]+/.exec(parts?.resource ?? '')?.[0] ?? ''
    const isHere = parts?.account === scope.account && parts.region === scope.region
    const lookup = isHere && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (!lookup || !(await lookup(arn, scope))) {
      throw validationException(`Could not find resource "${arn}".`)
    }
  }

  /** @throws validationException, resourceLimitExceeded */
  async function addTags(input: AddTagsCommandInput, scope: RequestScope): Promise<AddTagsOutput> {
    const arn = input.ResourceArn ?? ''
    await requireResource(arn, scope)
    const tags = await scope.database.transaction(async (transaction) => {
      await insertTags(transaction, scope, { resourceArn: arn, tags: input.Tags })
      return tagsOf(transaction, scope, arn)
    })
    return { Tags: [...tags] }
  }

  /** @throws validationException */
  async function listTags(
    input: ListTagsCommandInput,
    scope: RequestScope,
  ): Promise<ListTagsOutput> {
    const arn = input.ResourceArn ?? ''
    const afterKey = input.NextToken === undefined ? '' : afterKeyOf(input.NextToken)
    await requireResource(arn, scope)
    const limit = Math.min(input.MaxResults ?? TAGS_MAX, TAGS_MAX)
    const found = await selectTags(
      scope.database,
      { realm: scope.realm, arn },
      { afterKey, limit: limit + 1 },
    )
    const tags = found.slice(0, limit)
    const last = tags.at(-1)
    if (found.length <= limit || !last) return { Tags: tags }
    return { Tags: tags, NextToken: encodePageToken({ afterKey: last.Key }) }
  }

  /** Keys that the resource does not have are passed over. @throws validationException */
  async function deleteTags(
    input: DeleteTagsCommandInput,
    scope: RequestScope,
  ): Promise<DeleteTagsOutput> {
    const arn = input.ResourceArn ?? ''
    await requireResource(arn, scope)
    await deleteTagsByKey(scope.database, { realm: scope.realm, arn }, input.TagKeys ?? [])
    return {}
  }

  return { AddTags: addTags, ListTags: listTags, DeleteTags: deleteTags }
}

function afterKeyOf(token: string): string {
  const position = decodePageToken<{ afterKey?: unknown }>(token)
  if (typeof position?.afterKey === 'string') return position.afterKey
  throw validationException(`Invalid pagination token: ${token}`)
}
