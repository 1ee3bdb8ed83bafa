import { monotonicMs } from '../base/clock.ts'
import type { Caller } from '../platform/scope.ts'
import type { HttpExchange } from './http-exchange.ts'
import { readRequest, type WireRequest } from './request.ts'

/** One request on its way through the chain. */
export interface Exchange {
  readonly request: WireRequest
  readonly http: HttpExchange
  readonly startedMs: number
  /** What the log will say; filled while the chain finds it out. */
  readonly trace: { service: string; operation?: string; caller?: Caller }
}

export function openExchange(http: HttpExchange): Exchange {
  return {
    request: readRequest(http),
    http,
    startedMs: monotonicMs(),
    trace: { service: '' },
  }
}
