/**
 * CloudWatch Logs: groups, streams and events. Events are kept as they come, one packed row per batch, so
 * that a job that writes thousands of lines a second costs little; reading unpacks only what is asked for.
 */
import type * as logs from '@aws-sdk/client-cloudwatch-logs'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { filterLogEvents } from './event-search.operations.ts'
import { getLogEvents, putLogEvents } from './log-event.operations.ts'
import {
  createLogGroup,
  deleteLogGroup,
  deleteRetentionPolicy,
  describeLogGroups,
  putRetentionPolicy,
} from './log-group.operations.ts'
import { listTagsForResource, tagResource, untagResource } from './log-group-tags.operations.ts'
import { createLogStream, deleteLogStream, describeLogStreams } from './log-stream.operations.ts'

export { appendLogEvents } from './append.ts'
export type { LogEvent } from './log-chunk.ts'
export { sweepExpiredLogs } from './log-retention.ts'

export const logsOperations = {
  CreateLogGroup: createLogGroup,
  DescribeLogGroups: describeLogGroups,
  DeleteLogGroup: deleteLogGroup,
  PutRetentionPolicy: putRetentionPolicy,
  DeleteRetentionPolicy: deleteRetentionPolicy,
  ListTagsForResource: listTagsForResource,
  TagResource: tagResource,
  UntagResource: untagResource,
  CreateLogStream: createLogStream,
  DescribeLogStreams: describeLogStreams,
  DeleteLogStream: deleteLogStream,
  PutLogEvents: putLogEvents,
  GetLogEvents: getLogEvents,
  FilterLogEvents: filterLogEvents,
} satisfies HandlersOf<typeof logs, RequestScope>
