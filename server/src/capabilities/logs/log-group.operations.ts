import type {
  CreateLogGroupCommandInput,
  DeleteLogGroupCommandInput,
  DeleteRetentionPolicyCommandInput,
  DescribeLogGroupsCommandInput,
  DescribeLogGroupsResponse,
  PutRetentionPolicyCommandInput,
} from '@aws-sdk/client-cloudwatch-logs'
import { validationException } from '../../aws/errors.ts'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import {
  deleteLogGroupRecord,
  findLogGroup,
  insertLogGroup,
  type LogGroupRecord,
  logGroupShape,
  selectLogGroups,
  updateRetention,
} from './log-group.store.ts'
import { logGroupArn, nameOfIdentifier } from './log-group-name.ts'
import {
  invalidNextToken,
  invalidParameter,
  logGroupAlreadyExists,
  logGroupNotFound,
} from './logs-errors.ts'

const PAGE_ITEMS_MAX = 50

/** @source CloudWatch Logs API Reference, PutRetentionPolicy */
const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
]

/** @throws logGroupAlreadyExists */
export async function createLogGroup(
  input: CreateLogGroupCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const name = input.logGroupName ?? ''
  const isNew = await insertLogGroup(scope.database, scope, {
    name,
    arn: logGroupArn(scope, name),
    class: input.logGroupClass ?? 'STANDARD',
    kmsKeyId: input.kmsKeyId,
    isProtected: input.deletionProtectionEnabled ?? false,
    tags: input.tags ?? {},
    createdAt: scope.clock.now(),
  })
  if (!isNew) throw logGroupAlreadyExists()
  return {}
}

/** In the order of names. @throws invalidParameter */
export async function describeLogGroups(
  input: DescribeLogGroupsCommandInput,
  scope: RequestScope,
): Promise<DescribeLogGroupsResponse> {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: part } = input
  if (prefix !== undefined && part !== undefined) {
    throw invalidParameter(
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    )
  }
  const limit = input.limit ?? PAGE_ITEMS_MAX
  const found = await selectLogGroups(scope.database, scope, {
    prefix,
    part,
    names: input.logGroupIdentifiers?.map(nameOfIdentifier),
    class: input.logGroupClass,
    afterName: input.nextToken === undefined ? '' : afterNameOf(input.nextToken),
    limit: limit + 1,
  })
  const groups = found.slice(0, limit)
  const last = groups.at(-1)
  return {
    logGroups: groups.map(logGroupShape),
    ...(found.length > limit && last ? { nextToken: encodePageToken({ after: last.name }) } : {}),
  }
}

/** Deletes the group with all that is in it. @throws logGroupNotFound, validationException */
export async function deleteLogGroup(
  input: DeleteLogGroupCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const group = await requireLogGroup(scope, input.logGroupName ?? '')
  if (group.isProtected) {
    throw validationException(
      `Log group ${group.name} cannot be deleted: its deletion protection is enabled.`,
    )
  }
  await deleteLogGroupRecord(scope.database, group.groupId)
  return {}
}

/** @throws invalidParameter, logGroupNotFound */
export async function putRetentionPolicy(
  input: PutRetentionPolicyCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const days = input.retentionInDays ?? 0
  if (!RETENTION_DAYS.includes(days)) {
    throw invalidParameter(
      `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy ` +
        `constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`,
    )
  }
  await changeRetention(scope, { name: input.logGroupName ?? '', retentionDays: days })
  return {}
}

/** Events are kept for ever from here on. @throws logGroupNotFound */
export async function deleteRetentionPolicy(
  input: DeleteRetentionPolicyCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  await changeRetention(scope, { name: input.logGroupName ?? '', retentionDays: undefined })
  return {}
}

/** @throws logGroupNotFound */
export async function requireLogGroup(scope: RequestScope, name: string): Promise<LogGroupRecord> {
  const group = await findLogGroup(scope.database, scope, name)
  if (!group) throw logGroupNotFound()
  return group
}

async function changeRetention(
  scope: RequestScope,
  change: { name: string; retentionDays: number | undefined },
): Promise<void> {
  if (!(await updateRetention(scope.database, scope, change))) throw logGroupNotFound()
}

function afterNameOf(token: string): string {
  const position = decodePageToken<{ after?: unknown }>(token)
  if (typeof position?.after !== 'string') throw invalidNextToken()
  return position.after
}
