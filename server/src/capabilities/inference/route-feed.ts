import { after, type Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Changes } from '../../platform/database/changes.ts'
import type { Database } from '../../platform/database/database.ts'
import { isMissingTable } from './missing-table.ts'
import {
  acknowledgeRoutes,
  forgetGateway,
  GATEWAY_HEARTBEAT_MS,
  readRoutes,
} from './route.store.ts'
import { ROUTE_TOPIC_PREFIX } from './route.ts'
import { readRouteSnapshot, writeRouteSnapshot } from './route-snapshot.ts'
import type { RouteTable } from './route-table.ts'

export interface RouteFeedOptions {
  readonly table: RouteTable
  readonly gatewayId: string
  readonly database: Database
  /** Fails while Postgres is away; is then called again. */
  readonly openChanges: () => Promise<Changes>
  readonly snapshotPath: string
  /** Real time: heartbeats and retries are between processes. */
  readonly clock: Clock
  readonly log: Log
}

/** Keeps a gateway's table as control publishes it. */
export interface RouteFeed extends AsyncDisposable {
  /** True once the table was read from Postgres, or from the snapshot. */
  readonly loaded: boolean
  /** True while the table follows what is published; false: Postgres is away. */
  readonly current: boolean
}

const RETRY_MS = 500

/**
 * Fills `table` from the snapshot, then follows the published routes for ever: on each change, and every
 * heartbeat in case one was missed. When Postgres is away the table stays as it is. Control hears which
 * version requests are routed by, and which replicas that are gone from it are still busy, so that it
 * ends those only when nobody waits for them.
 *
 * @returns when the table was read, or Postgres turned out to be away
 */
export async function startRouteFeed(options: RouteFeedOptions): Promise<RouteFeed> {
  const feed = new Feed(options)
  await feed.start()
  return feed
}

class Feed implements RouteFeed {
  loaded = false
  current = false
  private readonly options: RouteFeedOptions
  private readonly stopped = new AbortController()
  private changes: Changes | undefined
  private subscription: Disposable | undefined
  private running: Promise<void> = Promise.resolve()
  private wake: () => void = () => undefined
  private isDirty = true
  private complained = false

  constructor(options: RouteFeedOptions) {
    this.options = options
    options.table.watch({ replicaLeft: () => this.nudge() })
  }

  async start(): Promise<void> {
    await this.loadSnapshot()
    await this.attempt()
    this.running = this.follow()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { database, gatewayId, log } = this.options
    this.stopped.abort()
    this.nudge()
    await this.running
    this.subscription?.[Symbol.dispose]()
    const { changes } = this
    this.changes = undefined
    if (!changes) return
    await forgetGateway({ database, changes }, gatewayId).catch((error: unknown) =>
      log.debug('the gateway could not take leave', { error }),
    )
    await changes.close()
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped
    const { clock } = this.options
    while (!signal.aborted) {
      const delayMs = this.current ? GATEWAY_HEARTBEAT_MS : RETRY_MS
      if (!this.isDirty || !this.current) await this.pause(clock, delayMs)
      if (!signal.aborted) await this.attempt()
    }
  }

  /** Until something changes, at most `delayMs`. */
  private async pause(clock: Clock, delayMs: number): Promise<void> {
    const over = new AbortController()
    this.wake = () => over.abort()
    const signal = AbortSignal.any([over.signal, this.stopped.signal])
    await after(clock, delayMs, signal).catch(() => undefined)
  }

  private nudge(): void {
    this.isDirty = true
    if (this.current || this.stopped.signal.aborted) this.wake()
  }

  private async attempt(): Promise<void> {
    try {
      this.changes ??= await this.connect()
      this.isDirty = false
      await this.read()
      await this.acknowledge(this.changes)
      this.current = true
      this.complained = false
    } catch (error) {
      this.current = false
      if (isMissingTable(error)) return
      if (!this.complained) {
        this.options.log.warn('Postgres is away: routes stay as they are', { error })
      }
      this.complained = true
    }
  }

  private async connect(): Promise<Changes> {
    const changes = await this.options.openChanges()
    this.subscription = changes.subscribe(ROUTE_TOPIC_PREFIX, () => this.nudge())
    return changes
  }

  private async read(): Promise<void> {
    const { database, table } = this.options
    if (this.current && table.version > 0) {
      const news = await readRoutes(database, { sinceVersion: table.version })
      if (news.version === table.version) return
      if (news.version > table.version) table.update(news.version, news)
      else await this.readAll()
    } else await this.readAll()
    await this.saveSnapshot()
  }

  /** After an absence: the database may even be another one, whose versions begin anew. */
  private async readAll(): Promise<void> {
    const { database, table } = this.options
    const all = await readRoutes(database)
    table.replace(all.version, all.routes)
    this.loaded = true
  }

  private async acknowledge(changes: Changes): Promise<void> {
    const { database, gatewayId, table } = this.options
    const busyReplicaIds = table.busyUnrouted()
    await acknowledgeRoutes(
      { database, changes },
      { gatewayId, version: table.version, busyReplicaIds },
    )
  }

  private async loadSnapshot(): Promise<void> {
    const { snapshotPath, table, log } = this.options
    try {
      const snapshot = await readRouteSnapshot(snapshotPath)
      if (!snapshot) return
      table.replace(snapshot.version, snapshot.routes)
      this.loaded = true
    } catch (error) {
      log.warn('the snapshot of routes cannot be read; Postgres has them', { error })
    }
  }

  private async saveSnapshot(): Promise<void> {
    const { snapshotPath, table, log } = this.options
    const { version, routes } = table
    await writeRouteSnapshot(snapshotPath, { version, routes }).catch((error: unknown) =>
      log.warn('the snapshot of routes could not be written', { error }),
    )
  }
}
