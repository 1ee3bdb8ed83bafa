import type { IncomingMessage, ServerResponse } from 'node:http'
import { monotonicMs } from '../base/clock.ts'
import type { Caller } from '../platform/scope.ts'
import { readRequest, type WireRequest } from './request.ts'

/** One request and its response on a connection. */
export interface Exchange {
  readonly request: WireRequest
  readonly response: ServerResponse
  /** Aborts when the client has gone before it was answered. */
  readonly signal: AbortSignal
  /** Has a client that waits with its body send it; does nothing for all others. */
  readonly invite: () => void
  readonly startedMs: number
  /** What the log will say; filled while the chain finds it out. */
  readonly trace: { service: string; operation?: string; caller?: Caller }
}

export function openExchange(
  incoming: IncomingMessage,
  { response, awaitsContinue }: { response: ServerResponse; awaitsContinue: boolean },
): Exchange {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  let invited = !awaitsContinue
  return {
    request: readRequest(incoming),
    response,
    signal: gone.signal,
    invite: () => {
      if (!invited) response.writeContinue()
      invited = true
    },
    startedMs: monotonicMs(),
    trace: { service: '' },
  }
}
