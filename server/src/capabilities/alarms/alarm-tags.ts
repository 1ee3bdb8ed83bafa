import type { Tag } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../aws/errors.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { readTags, TAGS_MAX } from '../tags/index.ts'
import { findAlarms } from './alarm.store.ts'
import { alarmNameOf } from './alarm.ts'
import { validationError } from './alarm-errors.ts'

/** @throws AwsError ValidationError */
export function checkAlarmTags(tags: readonly Tag[] | undefined): void {
  try {
    readTags(tags)
  } catch (error) {
    throw error instanceof AwsError ? validationError(error.message) : error
  }
  if ((tags?.length ?? 0) > TAGS_MAX) {
    throw validationError(
      `An alarm can have at most ${TAGS_MAX} tags, and ${tags?.length} are given`,
    )
  }
}

/** Whether an ARN names an alarm of the scope's account, region and realm: tags hang on existing things only. */
export async function alarmExists(arn: string, scope: RequestScope): Promise<boolean> {
  const name = alarmNameOf(arn, scope)
  if (name === undefined) return false
  return (await findAlarms(scope.database, scope, [name])).length > 0
}
