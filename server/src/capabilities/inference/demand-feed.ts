import { after, monotonicMs, systemClock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Changes } from '../../platform/database/changes.ts'
import type { Database } from '../../platform/database/database.ts'
import type { InvocationMeter } from './invocation-meter.ts'
import { isMissingTable } from './missing-table.ts'
import type { RouteTable } from './route-table.ts'
import type { RoutedVariant } from './routed-endpoint.ts'
import { type NotedDemand, noteDemand } from './serverless-demand.store.ts'

export interface DemandFeedOptions {
  readonly table: RouteTable
  readonly gatewayId: string
  readonly database: Database
  readonly openChanges: () => Promise<Changes>
  readonly log: Log
}

/** Tells control what serverless variants are wanted for. */
export interface DemandFeed extends AsyncDisposable {
  /** A request is held for want of an environment: control hears of it soon. */
  want(variant: RoutedVariant): void
  /** Says at once how things stand. Rejects never: what was not heard is said again. */
  flush(): Promise<void>
}

/** Real time, as the waits of clients are. */
const NOTE_MS = 1_000
/** Requests that come together are told together. */
const GATHER_MS = 10

/**
 * Says once a second how many requests each serverless variant has at once, in one statement for all, while
 * it has any, and that it has none any more; sooner when a request is held for the first time. What was said
 * and not heard is said again for as long as the request is held, whatever becomes of control meanwhile.
 */
export function startDemandFeed(options: DemandFeedOptions): DemandFeed {
  const feed = new Feed(options)
  feed.start()
  return feed
}

class Feed implements DemandFeed {
  private readonly options: DemandFeedOptions
  private readonly stopped = new AbortController()
  private running: Promise<void> = Promise.resolve()
  private readonly held = new Set<string>()
  /** Variants of which was said that they have requests. */
  private readonly busy = new Set<InvocationMeter>()
  /** Passes wait for each other. */
  private last: Promise<void> = Promise.resolve()
  private notedMs = Number.NEGATIVE_INFINITY
  private wake: () => void = () => undefined
  private complained = false

  constructor(options: DemandFeedOptions) {
    this.options = options
  }

  start(): void {
    this.running = this.follow()
  }

  want({ endpoint }: RoutedVariant): void {
    this.held.add(endpoint.endpointArn)
    if (monotonicMs() - this.notedMs >= NOTE_MS) this.wake()
  }

  flush(): Promise<void> {
    this.last = this.last.then(() => this.attempt())
    return this.last
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort()
    await this.running
    await this.last
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped
    while (!signal.aborted) {
      await this.pause()
      if (!signal.aborted) await this.flush()
    }
  }

  private async pause(): Promise<void> {
    const woken = new AbortController()
    this.wake = () => woken.abort()
    const signal = AbortSignal.any([woken.signal, this.stopped.signal])
    // an abort is how a pause ends early
    await after(systemClock, NOTE_MS, signal).catch(() => undefined)
    if (woken.signal.aborted) {
      await after(systemClock, GATHER_MS, this.stopped.signal).catch(() => undefined)
    }
  }

  private async attempt(): Promise<void> {
    const { database, gatewayId, openChanges, log } = this.options
    const demands = this.takeDemands()
    const held = [...this.held]
    if (demands.length === 0) return
    this.notedMs = monotonicMs()
    this.held.clear()
    try {
      await noteDemand(database, gatewayId, demands)
      const changes = held.length > 0 ? await openChanges() : undefined
      for (const endpointArn of held) await changes?.tell(endpointArn)
      this.complained = false
    } catch (error) {
      for (const endpointArn of held) this.held.add(endpointArn)
      if (isMissingTable(error) || this.complained) return
      log.warn('control cannot be told what serverless endpoints are wanted for', { error })
      this.complained = true
    }
  }

  private takeDemands(): readonly NotedDemand[] {
    const { table } = this.options
    return Array.from(table.meters.all()).flatMap(({ variant, meter }) => {
      const { underWay: present } = meter
      const requests = meter.takePeak()
      if (requests === 0 && !this.busy.has(meter)) return []
      if (table.variantOf(variant)?.serverless === undefined) return []
      if (requests > 0) this.busy.add(meter)
      else this.busy.delete(meter)
      return [{ variant, present, requests }]
    })
  }
}
