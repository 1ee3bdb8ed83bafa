import { type ContainerBuckets, mergeContainers } from './container-figures.ts'
import { type LatencySummary, mergeLatencies } from './latency-histogram.ts'
import { mergeStreams, type StreamBucket } from './stream-figures.ts'
import { mergeTallies, type Tallies } from './tallies.ts'

/** What happened to a variant's requests in one second of the platform's clock. */
export interface InvocationBucket extends Tallies {
  /** When it began: seconds since 1970. */
  readonly second: number
  readonly invocations: number
  /** Sum, least and greatest of 1 ÷ instances over the requests. */
  readonly perInstance: number
  readonly perInstanceMin: number
  readonly perInstanceMax: number
  readonly errors4xx: number
  readonly errors5xx: number
  readonly modelErrors: number
  /** Microseconds. */
  readonly model: LatencySummary | undefined
  readonly overhead: LatencySummary | undefined
  readonly setup: LatencySummary | undefined
  /** Present when the variant has several containers. */
  readonly containers?: ContainerBuckets
  /** Present when answers were streamed. */
  readonly stream?: StreamBucket
}

/** Two buckets as one that began when the first did. */
export function mergeBuckets(one: InvocationBucket, other: InvocationBucket): InvocationBucket {
  const stream = mergeStreams(one.stream, other.stream)
  return {
    second: one.second,
    invocations: one.invocations + other.invocations,
    perInstance: one.perInstance + other.perInstance,
    perInstanceMin: Math.min(one.perInstanceMin, other.perInstanceMin),
    perInstanceMax: Math.max(one.perInstanceMax, other.perInstanceMax),
    errors4xx: one.errors4xx + other.errors4xx,
    errors5xx: one.errors5xx + other.errors5xx,
    modelErrors: one.modelErrors + other.modelErrors,
    ...mergeTallies(one, other),
    model: mergeLatencies(one.model, other.model),
    overhead: mergeLatencies(one.overhead, other.overhead),
    setup: mergeLatencies(one.setup, other.setup),
    ...((one.containers || other.containers) && {
      containers: mergeContainers(one.containers, other.containers),
    }),
    ...(stream && { stream }),
  }
}
