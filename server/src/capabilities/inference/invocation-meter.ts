import { ContainerFigures, type ContainerOutcome } from './container-figures.ts'
import { type InvocationBucket, mergeBuckets } from './invocation-bucket.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { StreamFigures, type StreamOutcome } from './stream-figures.ts'
import { isAnyTallied, noTallies, type Tally } from './tallies.ts'

/** How one request to a variant ended. */
export interface InvocationOutcome {
  /** The platform's time, milliseconds. */
  readonly atMs: number
  /** What the caller, or behind a ModelError the container, was answered; 0 when there was no answer. */
  readonly status: number
  /** True when the container answered other than 2xx, or not at all. */
  readonly isModelError: boolean
  /** Replicas of the variant at that time. */
  readonly instances: number
  /** From the request's first byte to the answer's last, without the two that follow. Microseconds. */
  readonly overheadUs: number
  /** How long the container took; undefined when it was never asked. */
  readonly modelUs: number | undefined
  /** How long the request was held until there was a replica; undefined when it was not. */
  readonly setupUs: number | undefined
  /** Of a variant with several containers. */
  readonly containers?: readonly ContainerOutcome[] | undefined
  /** Of an answer that was streamed, once its first chunk was there. */
  readonly stream?: StreamOutcome | undefined
}

/** While buckets cannot be handed on, so many are kept; then they become coarser. */
const BUCKETS_MAX = 120
const COARSER_SECONDS = [60, 3_600]

/**
 * Counts what becomes of the requests to one variant of one fleet, by the second of the platform's clock.
 * To count is a few additions: nothing is allocated and nobody is asked.
 */
export class InvocationMeter {
  private second = 0
  private invocations = 0
  private perInstance = 0
  private perInstanceMin = Number.POSITIVE_INFINITY
  private perInstanceMax = 0
  private errors4xx = 0
  private errors5xx = 0
  private modelErrors = 0
  private tallies = noTallies()
  private readonly model = new LatencyHistogram()
  private readonly overhead = new LatencyHistogram()
  private readonly setup = new LatencyHistogram()
  private containers: ContainerFigures | undefined
  private streams: StreamFigures | undefined
  private closed: InvocationBucket[] = []
  /** Requests that are under way, or held. */
  private inFlight = 0
  private inFlightMax = 0
  private inFlightSinceMs = 0
  private inFlightMs = 0

  count(outcome: InvocationOutcome): void {
    this.turnTo(outcome.atMs)
    const { status, modelUs, setupUs } = outcome
    const share = 1 / Math.max(outcome.instances, 1)
    this.invocations++
    this.perInstance += share
    if (share < this.perInstanceMin) this.perInstanceMin = share
    if (share > this.perInstanceMax) this.perInstanceMax = share
    if (outcome.isModelError) this.modelErrors++
    if (status >= 400 && status < 500) this.errors4xx++
    else if (status >= 500 || outcome.isModelError) this.errors5xx++
    this.overhead.add(outcome.overheadUs)
    if (modelUs !== undefined) this.model.add(modelUs)
    if (setupUs !== undefined) this.setup.add(setupUs)
    if (outcome.containers) this.countContainers(outcome.containers)
    if (outcome.stream) {
      this.streams ??= new StreamFigures()
      this.streams.count(outcome.stream)
    }
  }

  private countContainers(outcomes: readonly ContainerOutcome[]): void {
    this.containers ??= new ContainerFigures()
    for (const outcome of outcomes) this.containers.count(outcome)
  }

  /** Something beside requests happened. */
  tally(what: Tally, atMs: number): void {
    this.turnTo(atMs)
    this.tallies[what]++
  }

  /** A request is the variant's from now on. @param nowMs monotonic */
  enter(nowMs: number): void {
    this.addUp(nowMs)
    this.inFlight++
    if (this.inFlight > this.inFlightMax) this.inFlightMax = this.inFlight
  }

  leave(nowMs: number): void {
    this.addUp(nowMs)
    this.inFlight--
  }

  /** Requests under way now, held ones among them. */
  get underWay(): number {
    return this.inFlight
  }

  /** The most requests under way at once since it was asked before. */
  takePeak(): number {
    const peak = this.inFlightMax
    this.inFlightMax = this.inFlight
    return peak
  }

  /** The mean number of requests under way between `sinceMs` and `nowMs`. Begins anew. */
  takeConcurrency(sinceMs: number, nowMs: number): number {
    this.addUp(nowMs)
    const mean = nowMs > sinceMs ? this.inFlightMs / (nowMs - sinceMs) : this.inFlight
    this.inFlightMs = 0
    return mean
  }

  /** True when there is nothing to be handed on, or to come. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.closed.length === 0 && !this.isOpen
  }

  /** Hands out what is over: all seconds but the one that `nowMs` is in. */
  take(nowMs: number): readonly InvocationBucket[] {
    if (this.second !== secondOf(nowMs)) this.close()
    const taken = this.closed
    this.closed = []
    return taken
  }

  /** Hands out everything. */
  takeAll(): readonly InvocationBucket[] {
    this.close()
    return this.take(this.second * 1_000)
  }

  private addUp(nowMs: number): void {
    this.inFlightMs += this.inFlight * (nowMs - this.inFlightSinceMs)
    this.inFlightSinceMs = nowMs
  }

  private turnTo(atMs: number): void {
    const second = secondOf(atMs)
    if (second === this.second) return
    this.close()
    this.second = second
  }

  private get isOpen(): boolean {
    return this.invocations > 0 || isAnyTallied(this.tallies)
  }

  private close(): void {
    if (!this.isOpen) return
    const { invocations, perInstance, perInstanceMin, perInstanceMax } = this
    const { errors4xx, errors5xx, modelErrors, tallies } = this
    const containers = this.containers?.take()
    const stream = this.streams?.take()
    this.closed.push({
      second: this.second,
      ...{ invocations, perInstance, perInstanceMin, perInstanceMax },
      ...{ errors4xx, errors5xx, modelErrors, ...tallies },
      model: this.model.take(),
      overhead: this.overhead.take(),
      setup: this.setup.take(),
      ...(containers && { containers }),
      ...(stream && { stream }),
    })
    this.invocations = 0
    this.perInstance = 0
    this.perInstanceMin = Number.POSITIVE_INFINITY
    this.perInstanceMax = 0
    this.errors4xx = 0
    this.errors5xx = 0
    this.modelErrors = 0
    this.tallies = noTallies()
    this.bound()
  }

  /** Seconds become minutes, minutes hours, and of hours the oldest goes. */
  private bound(): void {
    for (const seconds of COARSER_SECONDS) {
      if (this.closed.length > BUCKETS_MAX) this.closed = coarsened(this.closed, seconds)
    }
    this.closed.splice(0, this.closed.length - BUCKETS_MAX)
  }
}

function coarsened(buckets: readonly InvocationBucket[], seconds: number): InvocationBucket[] {
  const byStart = new Map<number, InvocationBucket>()
  for (const bucket of buckets) {
    const second = bucket.second - (bucket.second % seconds)
    const known = byStart.get(second)
    byStart.set(second, { ...(known ? mergeBuckets(known, bucket) : bucket), second })
  }
  return [...byStart.values()]
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1_000)
}
