import type { LogBatch } from './line-tail.ts'
import type { PlatformClient, PlatformResponse } from './platform-client.ts'
import { TaskFailure } from './task-failure.ts'

/** Stores batches of lines in CloudWatch Logs, in order, one at a time. */
export interface LogSender {
  /** Resolves when the platform has the batch; tries again for as long as it cannot be reached. */
  send(batch: LogBatch): Promise<void>
}

const TARGET = 'Logs_20140328'

/**
 * A batch whose answer was lost is sent again, the same to the byte, under the same offset of its first line. The
 * offset travels as the sequence token, which CloudWatch ignores: the platform stores a stream's offset once.
 */
export function createLogSender(
  client: PlatformClient,
  log: { readonly group: string; readonly stream: string },
): LogSender {
  let hasStream = false
  const call = (operation: string, input: object) =>
    client.send({
      service: 'logs',
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${TARGET}.${operation}`,
      },
      body: JSON.stringify(input),
    })
  const createStream = async () => {
    const names = { logGroupName: log.group, logStreamName: log.stream }
    const stream = await call('CreateLogStream', names)
    if (isFault(stream, 'ResourceNotFoundException')) {
      const group = await call('CreateLogGroup', { logGroupName: log.group })
      if (!isFault(group, 'ResourceAlreadyExistsException')) demand(group, 'CreateLogGroup')
      demand(await call('CreateLogStream', names), 'CreateLogStream')
    } else if (!isFault(stream, 'ResourceAlreadyExistsException')) {
      demand(stream, 'CreateLogStream')
    }
    hasStream = true
  }
  return {
    send: async ({ offset, lines }) => {
      for (let attempt = 0; ; attempt++) {
        if (!hasStream) await createStream()
        const response = await call('PutLogEvents', {
          logGroupName: log.group,
          logStreamName: log.stream,
          logEvents: lines,
          sequenceToken: `sagebrush-${String(offset).padStart(20, '0')}`,
        })
        // The group may have been deleted while the task ran: it is made anew, as AWS does.
        if (attempt > 0 || !isFault(response, 'ResourceNotFoundException')) {
          return demand(response, 'PutLogEvents')
        }
        hasStream = false
      }
    },
  }
}

function isFault(response: PlatformResponse, code: string): boolean {
  return response.status >= 400 && response.text.includes(code)
}

function demand(response: PlatformResponse, operation: string): void {
  if (response.status < 300) return
  throw new TaskFailure(
    'OutputFailed',
    `Cannot store the log: ${operation} answered ${response.status} ${response.text.slice(0, 300)}`,
  )
}
