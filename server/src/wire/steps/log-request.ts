import { monotonicMs } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Exchange } from '../exchange.ts'
import { ClientGone } from '../http-exchange.ts'
import type { WireAnswer } from '../protocols/protocol.ts'

/** How an exchange ended. */
export interface Outcome {
  readonly answer: WireAnswer
  readonly code?: string
  readonly error?: unknown
  /** Ours or the machine's fault, not the caller's. */
  readonly unexpected?: boolean
  /** The answer could not be sent to its end, and not because the client had gone. */
  readonly brokenOff?: boolean
}

/** One line per request; a cause only where it is ours. Nothing of the request's content is in it. */
export function logRequest(
  { request, trace, http, startedMs }: Exchange,
  { outcome, log }: { outcome: Outcome; log: Log },
): void {
  const { answer, code, error, unexpected, brokenOff } = outcome
  const fields = {
    requestId: request.id,
    service: trace.service,
    operation: trace.operation,
    account: trace.caller?.account,
    status: answer.status,
    code,
    ms: Math.round(monotonicMs() - startedMs),
  }
  if (brokenOff) log.error('an answer broke off', { ...fields, error })
  else if (http.signal.aborted || error instanceof ClientGone) {
    log.debug('the client went away', { ...fields, status: undefined })
  } else if (unexpected) log.error('request failed', { ...fields, error })
  else if (code !== undefined) log.info('request refused', fields)
  else log.debug('request', fields)
}
