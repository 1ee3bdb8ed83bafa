import type { TaskTransform } from '../../platform/engines/task-transform.ts'

/** How the container is driven. */
export interface ExecutionParameters {
  readonly maxConcurrentTransforms: number
  readonly strategy: 'MultiRecord' | 'SingleRecord'
  /** In MiB; 0 has no bound. */
  readonly maxPayloadMb: number
}

/** source: CreateTransformJob's reference */
const CONCURRENT_DEFAULT = 1
const PAYLOAD_MB_DEFAULT = 6
/** What all payloads under way may have together. */
const TOTAL_MB_MAX = 100

/**
 * The request's word counts first, then the container's, then the defaults. A container that asks for more
 * at once than may be under way is given less.
 *
 * @param answer what `GET /execution-parameters` gave; undefined when it gave nothing
 * @source "Use Your Own Inference Code with Batch Transform": how containers serve requests
 */
export function executionParameters(
  asked: Pick<TaskTransform, 'maxConcurrentTransforms' | 'batchStrategy' | 'maxPayloadMb'>,
  answer: string | undefined,
): ExecutionParameters {
  const own = parse(answer)
  const maxPayloadMb =
    asked.maxPayloadMb ?? bounded(own.MaxPayloadInMB, TOTAL_MB_MAX) ?? PAYLOAD_MB_DEFAULT
  const concurrent =
    asked.maxConcurrentTransforms ??
    bounded(own.MaxConcurrentTransforms, Number.MAX_SAFE_INTEGER) ??
    CONCURRENT_DEFAULT
  const concurrentMax = Math.floor(TOTAL_MB_MAX / Math.max(1, maxPayloadMb))
  return {
    maxPayloadMb,
    maxConcurrentTransforms: Math.max(1, Math.min(concurrent, concurrentMax)),
    strategy:
      asked.batchStrategy ??
      (own.BatchStrategy === 'SINGLE_RECORD' ? 'SingleRecord' : 'MultiRecord'),
  }
}

/** As the container and the data log know it. */
export function strategyName(strategy: ExecutionParameters['strategy']): string {
  return strategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD'
}

function parse(answer: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(answer ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function bounded(value: unknown, max: number): number | undefined {
  const number = Number(value)
  return Number.isInteger(number) && number >= 1 ? Math.min(number, max) : undefined
}
