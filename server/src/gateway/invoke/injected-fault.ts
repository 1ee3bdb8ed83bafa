import type { FaultTable, RequestFault } from '../../capabilities/faults/index.ts'
import type { RoutedVariant } from '../../capabilities/inference/index.ts'
import type { ResponseHead } from '../http1/message-head.ts'

/** The next request's fault, if one was injected for its variant. */
export function injectedFault(
  faults: FaultTable,
  { endpoint, fleet, variantName }: RoutedVariant,
): RequestFault | undefined {
  const { realm, endpointArn } = endpoint
  const { endpointConfigName } = fleet
  return faults.next({ realm, endpointArn, endpointConfigName, variantName })
}

/** The part of an invocation that a fault acts on. */
export interface FaultyInvocation {
  responded(head: ResponseHead): void
  data(piece: Buffer): void
  ended(): void
  /** Takes a replica whose answer the error will be. @returns false when there is none */
  holdReplica(): boolean
  /** What was injected is over: the request goes its way. */
  goOn(): void
}

/**
 * Lets the fault happen, in real time. An error goes the way of a container's own: it is worded, counted and
 * passed on as that is.
 *
 * @returns how to call it off when the caller leaves
 */
export function befall(
  { latencyMs, errorStatus }: RequestFault,
  invocation: FaultyInvocation,
): () => void {
  const timer = setTimeout(() => {
    if (errorStatus === undefined || !invocation.holdReplica()) invocation.goOn()
    else {
      invocation.responded(errorHead(errorStatus))
      invocation.data(TEXT)
      invocation.ended()
    }
  }, latencyMs)
  return () => clearTimeout(timer)
}

const TEXT = Buffer.from('An injected error: see ./sagebrush inject list')

function errorHead(status: number): ResponseHead {
  return {
    status,
    reason: '',
    text: '',
    names: [],
    values: [],
    lineStarts: [],
    minorVersion: 1,
    framing: { kind: 'none' },
    keepAlive: true,
    connectionOptions: [],
  }
}
