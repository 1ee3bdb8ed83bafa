import type { Tag } from '@aws-sdk/client-sagemaker'
import { resourceLimitExceeded, validationException } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import {
  deleteAllTags,
  deleteTagsByKey,
  lockTags,
  selectTags,
  type TaggedResource,
  upsertTags,
} from './tag.store.ts'

/** @source Amazon SageMaker API Reference, AddTags */
export const TAGS_MAX = 50

const RESERVED_PREFIX = /^aws:/i

/**
 * What tags of a request say, by key. To be called with the other checks of a request that carries tags.
 * @throws validationException when a key comes twice or begins with `aws:`
 */
export function readTags(tags: readonly Tag[] | undefined): ReadonlyMap<string, string> {
  const read = new Map<string, string>()
  for (const { Key: key = '', Value: value = '' } of tags ?? []) {
    if (RESERVED_PREFIX.test(key)) {
      throw validationException(
        `Tag keys starting with 'aws:' are reserved for system use: remove the tag ${key}`,
      )
    }
    if (read.has(key)) throw validationException(`Duplicate tag key found: ${key}`)
    read.set(key, value)
  }
  return read
}

/** What of a scope tags are keyed by. */
type InRealm = Pick<TaggedResource, 'realm'>

/**
 * Puts tags on a resource, beside those that it has; in the transaction that makes it.
 * @throws validationException, or resourceLimitExceeded past 50 tags
 */
export async function insertTags(
  transaction: Queryable,
  { realm }: InRealm,
  { resourceArn, tags }: { resourceArn: string; tags: readonly Tag[] | undefined },
): Promise<void> {
  const given = readTags(tags)
  if (given.size === 0) return
  const resource = { realm, arn: resourceArn }
  await lockTags(transaction, resource)
  await upsertTags(transaction, resource, given)
  const present = await selectTags(transaction, resource, { afterKey: '', limit: TAGS_MAX + 1 })
  if (present.length > TAGS_MAX) {
    throw resourceLimitExceeded(
      `The account-level service limit 'Number of tags per resource' is ${TAGS_MAX}: ` +
        `${resourceArn} would have more. Remove tags that are no longer needed.`,
    )
  }
}

/** All tags of a resource, in the order of keys. */
export function tagsOf(
  database: Queryable,
  { realm }: InRealm,
  resourceArn: string,
): Promise<readonly Tag[]> {
  return selectTags(database, { realm, arn: resourceArn }, { afterKey: '', limit: TAGS_MAX })
}

/** Gives a resource the tags of another, as a tuning job does to its training jobs. */
export async function copyTags(
  transaction: Queryable,
  scope: InRealm,
  { fromArn, toArn }: { fromArn: string; toArn: string },
): Promise<void> {
  const tags = await tagsOf(transaction, scope, fromArn)
  await insertTags(transaction, scope, { resourceArn: toArn, tags })
}

/** Removes all tags of a resource, in the transaction that deletes it. */
export function removeTags(
  transaction: Queryable,
  { realm }: InRealm,
  resourceArn: string,
): Promise<void> {
  return deleteAllTags(transaction, { realm, arn: resourceArn })
}

/** Removes some tags of a resource; keys that it does not have are passed over. */
export function deleteTags(
  database: Queryable,
  { realm }: InRealm,
  { resourceArn, keys }: { resourceArn: string; keys: readonly string[] },
): Promise<void> {
  return deleteTagsByKey(database, { realm, arn: resourceArn }, keys)
}
