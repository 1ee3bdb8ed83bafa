import { after, type Clock, monotonicMs, systemClock } from '../../base/clock.ts'
import { newUuid } from '../../base/ids.ts'
import type { Log } from '../../base/log.ts'
import type { Database, Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { type MetricSample, recordMetricBatch } from '../metrics/index.ts'
import {
  claimConcurrency,
  forgetConcurrency,
  noteConcurrency,
  readConcurrency,
  type VariantConcurrency,
} from './concurrency.store.ts'
import { addUp, concurrencyBetween } from './concurrency.ts'
import type { MeteredVariant } from './invocation-meters.ts'
import { samplesOf } from './invocation-samples.ts'
import { isMissingTable } from './missing-table.ts'
import type { RouteTable } from './route-table.ts'

export interface MetricFeedOptions {
  readonly table: RouteTable
  readonly gatewayId: string
  readonly database: Database
  /** The platform's: buckets are its seconds. How often they are stored is real time. */
  readonly clock: Clock
  readonly log: Log
}

/** Stores what a gateway counts. */
export interface MetricFeed extends AsyncDisposable {
  /** Stores all seconds that are over. Rejects never: what could not be stored is tried again. */
  flush(): Promise<void>
}

interface Batch {
  readonly batchId: string
  readonly place: Place
  readonly samples: readonly MetricSample[]
}

const FLUSH_MS = 1_000
/** Without any request it is enough to look when a variant has to say that it has none. */
const IDLE_SECONDS = 10

/**
 * Takes the meters' buckets to Postgres once a second, in one transaction for all endpoints. What a crash of
 * the gateway loses is the open second and what could not be stored while Postgres was away; a clean stop
 * loses nothing. A batch whose commit was not heard of is sent again under its id, and counts once.
 */
export function startMetricFeed(options: MetricFeedOptions): MetricFeed {
  const feed = new Feed(options)
  feed.start()
  return feed
}

class Feed implements MetricFeed {
  private readonly options: MetricFeedOptions
  private readonly stopped = new AbortController()
  private running: Promise<void> = Promise.resolve()
  /** Passes wait for each other. */
  private last: Promise<void> = Promise.resolve()
  private unconfirmed: readonly Batch[] = []
  private lookedMs = monotonicMs()
  private idleSince = 0
  private complained = false

  constructor(options: MetricFeedOptions) {
    this.options = options
  }

  start(): void {
    this.running = this.follow()
  }

  flush(): Promise<void> {
    return this.next({ isLast: false })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { database, gatewayId, log } = this.options
    this.stopped.abort()
    await this.running
    await this.next({ isLast: true })
    // what a commit in doubt held back
    await this.next({ isLast: true })
    await forgetConcurrency(database, gatewayId).catch((error: unknown) =>
      log.debug('the gateway’s concurrency could not be forgotten', { error }),
    )
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped
    while (!signal.aborted) {
      // an abort is how the pause ends early
      await after(systemClock, FLUSH_MS, signal).catch(() => undefined)
      if (!signal.aborted) await this.flush()
    }
  }

  private next(how: { readonly isLast: boolean }): Promise<void> {
    this.last = this.last.then(() => this.attempt(how))
    return this.last
  }

  private async attempt(how: { readonly isLast: boolean }): Promise<void> {
    try {
      await this.pass(how)
      this.complained = false
    } catch (error) {
      if (isMissingTable(error) || this.complained) return
      this.options.log.warn('metrics cannot be stored; they are kept until they can', { error })
      this.complained = true
    }
  }

  private async pass({ isLast }: { readonly isLast: boolean }): Promise<void> {
    const { database, clock, table, gatewayId } = this.options
    const now = clock.now()
    if (this.unconfirmed.length === 0) this.unconfirmed = this.takeBatches(now, isLast)
    const requests = this.takeConcurrency()
    table.meters.forgetIdle((variant) => table.variantOf(variant) !== undefined)
    const second = Math.floor(now.getTime() / 1_000)
    if (this.unconfirmed.length === 0 && this.isIdle(requests, second)) return
    await database.transaction(async (transaction) => {
      for (const { place, ...batch } of this.unconfirmed) {
        await recordMetricBatch(transaction, place, batch)
      }
      await noteConcurrency(transaction, { gatewayId, requests })
      await this.recordConcurrency(transaction, second)
    })
    this.unconfirmed = []
  }

  private takeBatches(now: Date, isLast: boolean): readonly Batch[] {
    const taken = Array.from(this.options.table.meters.all(), ({ variant, meter }) => {
      const buckets = isLast ? meter.takeAll() : meter.take(now.getTime())
      return { variant, samples: buckets.flatMap((bucket) => samplesOf(variant, bucket)) }
    })
    return batchesOf(taken)
  }

  private takeConcurrency(): readonly VariantConcurrency[] {
    const { table } = this.options
    const nowMs = monotonicMs()
    const sinceMs = this.lookedMs
    this.lookedMs = nowMs
    return Array.from(table.meters.all(), ({ variant, meter }) => ({
      variant,
      mean: meter.takeConcurrency(sinceMs, nowMs),
      instances: table.variantOf(variant)?.replicas.length ?? 0,
    })).filter(({ mean }) => mean > 0)
  }

  /** True while there is nothing to tell but that there is nothing. */
  private isIdle(requests: readonly VariantConcurrency[], second: number): boolean {
    const present = Math.floor(second / IDLE_SECONDS)
    const isKnown = present === this.idleSince
    this.idleSince = requests.length > 0 ? 0 : present
    return requests.length === 0 && isKnown
  }

  /** The first gateway that comes to a new second of the clock does it for all. */
  private async recordConcurrency(transaction: Queryable, second: number): Promise<void> {
    const before = await claimConcurrency(transaction, second)
    if (before === undefined) return
    const { table } = this.options
    const routed = Array.from(table.meters.all(), ({ variant }) => variant).flatMap((variant) => {
      const known = table.variantOf(variant)
      if (!known || known.fleet.asyncInference || known.hostsComponents) return []
      const { serverless, replicas } = known
      const figures = serverless && {
        maxConcurrency: serverless.maxConcurrency,
        provisioned: serverless.provisionedConcurrency,
      }
      const instances = replicas.length
      return [{ variant, mean: 0, instances, ...(figures && { serverless: figures }) }]
    })
    const sums = addUp({ routed, told: await readConcurrency(transaction) })
    for (const { place, ...batch } of batchesOf(concurrencyBetween(sums, { before, second }))) {
      await recordMetricBatch(transaction, place, batch)
    }
  }
}

/** One batch per account, life and region. */
function batchesOf(
  all: readonly { readonly variant: MeteredVariant; readonly samples: readonly MetricSample[] }[],
): readonly Batch[] {
  const batches = new Map<string, { place: Place; batchId: string; samples: MetricSample[] }>()
  for (const { variant, samples } of all) {
    const { realm, account, region } = variant
    const key = `${realm} ${region}`
    const batch = batches.get(key) ?? {
      place: { realm, account, region },
      batchId: newUuid(),
      samples: [],
    }
    batch.samples.push(...samples)
    batches.set(key, batch)
  }
  return [...batches.values()].filter(({ samples }) => samples.length > 0)
}
