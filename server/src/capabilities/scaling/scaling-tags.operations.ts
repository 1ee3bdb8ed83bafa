import type * as AutoScaling from '@aws-sdk/client-application-auto-scaling'
import type { RequestScope } from '../../platform/scope.ts'
import {
  lockTarget,
  readTarget,
  type ScalableTarget,
  updateTarget,
} from '../scalable-targets/index.ts'
import { targetIdOf } from './scaling-arn.ts'
import { taggedTargetNotFound, tooManyTags } from './scaling-errors.ts'

const TAGS_MAX = 50

/** @throws TooManyTagsException */
export function requireTagLimit(targetArn: string, tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags(targetArn, TAGS_MAX)
}

/** @throws ResourceNotFoundException, TooManyTagsException */
export async function tagResource(
  input: AutoScaling.TagResourceCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.TagResourceCommandOutput, '$metadata'>> {
  await changeTags(scope, input.ResourceARN, (tags) => ({ ...tags, ...input.Tags }))
  return {}
}

/** @throws ResourceNotFoundException */
export async function untagResource(
  input: AutoScaling.UntagResourceCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.UntagResourceCommandOutput, '$metadata'>> {
  const gone = new Set(input.TagKeys)
  await changeTags(scope, input.ResourceARN, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
  )
  return {}
}

/** @throws ResourceNotFoundException */
export async function listTagsForResource(
  input: AutoScaling.ListTagsForResourceCommandInput,
  scope: RequestScope,
): Promise<Omit<AutoScaling.ListTagsForResourceCommandOutput, '$metadata'>> {
  const { ResourceARN: arn = '' } = input
  const targetId = targetIdOf(arn, scope)
  const target = targetId === undefined ? undefined : await readTarget(scope.database, targetId)
  return { Tags: { ...own(scope, arn, target).tags } }
}

async function changeTags(
  scope: RequestScope,
  arn = '',
  change: (tags: ScalableTarget['tags']) => ScalableTarget['tags'],
): Promise<void> {
  const targetId = targetIdOf(arn, scope)
  await scope.database.transaction(async (transaction) => {
    const found = targetId === undefined ? undefined : await lockTarget(transaction, targetId)
    const target = own(scope, arn, found)
    const tags = change(target.tags)
    requireTagLimit(arn, tags)
    await updateTarget(transaction, target.targetId, { tags })
  })
}

function own(
  { realm, region }: RequestScope,
  arn: string,
  target: ScalableTarget | undefined,
): ScalableTarget {
  if (target?.place.realm !== realm || target.place.region !== region) {
    throw taggedTargetNotFound(arn)
  }
  return target
}
