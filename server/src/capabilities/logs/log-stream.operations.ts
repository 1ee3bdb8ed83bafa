import type {
  CreateLogStreamCommandInput,
  DeleteLogStreamCommandInput,
  DescribeLogStreamsCommandInput,
  DescribeLogStreamsResponse,
} from '@aws-sdk/client-cloudwatch-logs'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requireLogGroup } from './log-group.operations.ts'
import { groupNameOf, logStreamArn } from './log-group-name.ts'
import {
  deleteLogStreamRecord,
  insertLogStream,
  type LogStreamRecord,
  logStreamShape,
  selectStreamsByLastEvent,
  selectStreamsByName,
} from './log-stream.store.ts'
import {
  invalidNextToken,
  invalidParameter,
  logStreamAlreadyExists,
  logStreamNotFound,
} from './logs-errors.ts'

const PAGE_ITEMS_MAX = 50

interface StreamPosition {
  readonly name: string
  readonly lastEventMs: number
}

/** @throws logGroupNotFound, logStreamAlreadyExists */
export async function createLogStream(
  input: CreateLogStreamCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const name = input.logStreamName ?? ''
  const group = await requireLogGroup(scope, input.logGroupName ?? '')
  const arn = logStreamArn(group.arn, name)
  const stream = { name, arn, createdAt: scope.clock.now() }
  if (!(await insertLogStream(scope.database, group.groupId, stream))) {
    throw logStreamAlreadyExists()
  }
  return {}
}

/** @throws invalidParameter, logGroupNotFound */
export async function describeLogStreams(
  input: DescribeLogStreamsCommandInput,
  scope: RequestScope,
): Promise<DescribeLogStreamsResponse> {
  const groupName = groupNameOf(input)
  const byLastEvent = input.orderBy === 'LastEventTime'
  if (byLastEvent && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.')
  }
  const after = input.nextToken === undefined ? undefined : positionOf(input.nextToken)
  const group = await requireLogGroup(scope, groupName)
  const limit = input.limit ?? PAGE_ITEMS_MAX
  const page = { descending: input.descending ?? false, limit: limit + 1 }
  const found = byLastEvent
    ? await selectStreamsByLastEvent(scope.database, group.groupId, { ...page, after })
    : await selectStreamsByName(scope.database, group.groupId, {
        ...page,
        prefix: input.logStreamNamePrefix ?? '',
        afterName: after?.name,
      })
  const streams = found.slice(0, limit)
  const last = streams.at(-1)
  return {
    logStreams: streams.map(logStreamShape),
    ...(found.length > limit && last ? { nextToken: tokenAfter(last) } : {}),
  }
}

/** Deletes the stream with its events. @throws logGroupNotFound, logStreamNotFound */
export async function deleteLogStream(
  input: DeleteLogStreamCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const group = await requireLogGroup(scope, input.logGroupName ?? '')
  const name = input.logStreamName ?? ''
  if (!(await deleteLogStreamRecord(scope.database, group.groupId, name))) {
    throw logStreamNotFound()
  }
  return {}
}

function tokenAfter(stream: LogStreamRecord): string {
  return encodePageToken({ name: stream.name, lastEventMs: stream.lastEventMs ?? 0 })
}

function positionOf(token: string): StreamPosition {
  const position = decodePageToken<Partial<Record<keyof StreamPosition, unknown>>>(token)
  const { name, lastEventMs } = position ?? {}
  if (typeof name !== 'string' || typeof lastEventMs !== 'number') throw invalidNextToken()
  return { name, lastEventMs }
}
