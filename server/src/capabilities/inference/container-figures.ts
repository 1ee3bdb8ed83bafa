import { LatencyHistogram, type LatencySummary, mergeLatencies } from './latency-histogram.ts'

/** How one container of several fared with a request. */
export interface ContainerOutcome {
  readonly containerName: string
  /** What it answered; 0 when it did not. */
  readonly status: number
  readonly latencyUs: number
}

/** What one container of a variant did in one second. */
export interface ContainerBucket {
  readonly invocations: number
  readonly errors4xx: number
  readonly errors5xx: number
  /** Microseconds. */
  readonly latency: LatencySummary | undefined
}

/** By the container's name. */
export type ContainerBuckets = Readonly<Record<string, ContainerBucket>>

/** Counts what becomes of the requests to each container of a variant that has several. */
export class ContainerFigures {
  private readonly counters = new Map<string, Counter>()

  count({ containerName, status, latencyUs }: ContainerOutcome): void {
    let counter = this.counters.get(containerName)
    if (!counter) {
      counter = { ...NOTHING, latency: new LatencyHistogram() }
      this.counters.set(containerName, counter)
    }
    counter.invocations++
    if (status >= 400 && status < 500) counter.errors4xx++
    else if (status === 0 || status >= 500) counter.errors5xx++
    counter.latency.add(latencyUs)
  }

  /** Takes out all that was counted. @returns undefined when nothing was */
  take(): ContainerBuckets | undefined {
    const buckets: [string, ContainerBucket][] = []
    for (const [name, counter] of this.counters) {
      if (counter.invocations === 0) continue
      buckets.push([name, { ...counter, latency: counter.latency.take() }])
      Object.assign(counter, NOTHING)
    }
    return buckets.length > 0 ? Object.fromEntries(buckets) : undefined
  }
}

interface Counter {
  invocations: number
  errors4xx: number
  errors5xx: number
  readonly latency: LatencyHistogram
}

const NOTHING = { invocations: 0, errors4xx: 0, errors5xx: 0 }

export function mergeContainers(
  one: ContainerBuckets = {},
  other: ContainerBuckets = {},
): ContainerBuckets {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries(
    Array.from(names, (name) => [name, mergeContainer(one[name], other[name])]),
  )
}

function mergeContainer(
  one: ContainerBucket = NONE,
  other: ContainerBucket = NONE,
): ContainerBucket {
  return {
    invocations: one.invocations + other.invocations,
    errors4xx: one.errors4xx + other.errors4xx,
    errors5xx: one.errors5xx + other.errors5xx,
    latency: mergeLatencies(one.latency, other.latency),
  }
}

const NONE: ContainerBucket = { ...NOTHING, latency: undefined }
