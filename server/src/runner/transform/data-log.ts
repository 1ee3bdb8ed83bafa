import type { Clock } from '../../base/clock.ts'
import type { LogBatch } from '../line-tail.ts'
import { createLogSender } from '../log-sender.ts'
import type { PlatformClient } from '../platform-client.ts'

/** Says how each object fared, in a stream of its own beside the container's. */
export interface DataLog {
  say(line: string): void
  /** Resolves when all is stored. */
  flush(): Promise<void>
}

const PREFIX = '[sagemaker logs]: '
const LINES_MAX = 1000
const MESSAGE_CHARACTERS_MAX = 8192

export function createDataLog(
  client: PlatformClient,
  options: { readonly log: { readonly group: string; readonly stream: string }; clock: Clock },
): DataLog {
  const sender = createLogSender(client, options.log)
  let pending: LogBatch['lines'][number][] = []
  /** Of the first pending line: counts lines, since this log has no file. */
  let offset = 0
  let sending: Promise<void> = Promise.resolve()
  const sendAll = async (): Promise<void> => {
    while (pending.length > 0) {
      const lines = pending.slice(0, LINES_MAX)
      pending = pending.slice(LINES_MAX)
      const batch = { offset, lines }
      offset += lines.length
      await sender.send(batch)
    }
  }
  const flush = (): Promise<void> => {
    sending = sending.then(sendAll)
    return sending
  }
  return {
    say: (line) => {
      const message = (PREFIX + line).slice(0, MESSAGE_CHARACTERS_MAX)
      pending.push({ timestamp: options.clock.now().getTime(), message })
      // what cannot be sent is told when the log is flushed at the end
      flush().catch(() => undefined)
    },
    flush,
  }
}
