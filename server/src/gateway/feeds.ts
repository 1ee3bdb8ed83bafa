import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { SteerableClock } from '../base/steerable-clock.ts'
import { createWorkGauge } from '../base/work-gauge.ts'
import type { CaptureSpool } from '../capabilities/capture/tap.ts'
import { type FaultTable, startFaultFeed } from '../capabilities/faults/index.ts'
import {
  type RoutedVariant,
  type RouteFeed,
  type RouteTable,
  startDemandFeed,
  startMetricFeed,
  startRouteFeed,
} from '../capabilities/inference/index.ts'
import type { Config } from '../config.ts'
import { startClockFeed } from '../platform/clock/index.ts'
import { type Changes, openChanges } from '../platform/database/changes.ts'
import { openDatabase } from '../platform/database/database.ts'

/** One for queries and one spare; notifications have a connection of their own. */
const DATABASE_CONNECTIONS_MAX = 2

export interface FeedOptions {
  readonly config: Config
  readonly clock: SteerableClock
  readonly log: Log
  readonly table: RouteTable
  readonly gatewayId: string
  /** Flushed whenever the clock moves. */
  readonly spool: CaptureSpool
  readonly faults: FaultTable
}

/** What passes between a gateway and Postgres, none of which a request waits for. */
export interface Feeds {
  readonly routes: RouteFeed
  /** Tells every process, if Postgres is there. */
  tell(topic: string): void
  /** A request is held for want of an environment of a serverless variant. */
  want(variant: RoutedVariant): void
  /** Stores what was counted, then ends. */
  stop(): Promise<void>
}

/**
 * Follows the routes, the clock and what is injected, and brings back what was counted.
 *
 * @returns undefined where the gateway stands alone
 */
export async function startFeeds(options: FeedOptions): Promise<Feeds | undefined> {
  const { config, clock, log, table, gatewayId, spool, faults } = options
  if (config.databaseUrl === undefined) return undefined
  const gauge = createWorkGauge()
  const database = openDatabase({
    url: config.databaseUrl,
    connectionsMax: DATABASE_CONNECTIONS_MAX,
    log,
    gauge,
  })
  let opened: Promise<Changes> | undefined
  // one for both, so that what was announced of routes before the clock moved is heard before it
  const sharedChanges = (): Promise<Changes> => {
    opened ??= openChanges({ database, clock, log }).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  const routes = await startRouteFeed({
    table,
    gatewayId,
    database,
    openChanges: sharedChanges,
    snapshotPath: join(config.dataDir, 'gateway', 'routes-2.json'),
    clock: systemClock,
    log,
  })
  const injected = await startFaultFeed({
    table: faults,
    database,
    openChanges: sharedChanges,
    log,
  })
  const metrics = startMetricFeed({ table, gatewayId, database, clock, log })
  const demand = startDemandFeed({
    table,
    gatewayId,
    database,
    openChanges: sharedChanges,
    log,
  })
  const time = await startClockFeed({
    clock,
    gatewayId,
    database,
    openChanges: sharedChanges,
    gauge,
    settle: async () => {
      await Promise.all([metrics.flush(), spool.flush(), demand.flush()])
    },
    log,
  })
  return {
    routes,
    tell: (topic) => {
      sharedChanges()
        .then((changes) => changes.tell(topic))
        .catch((error: unknown) => log.debug('nobody could be told', { topic, error }))
    },
    want: (variant) => demand.want(variant),
    stop: async () => {
      await demand[Symbol.asyncDispose]()
      await time[Symbol.asyncDispose]()
      await injected[Symbol.asyncDispose]()
      await metrics[Symbol.asyncDispose]()
      await routes[Symbol.asyncDispose]()
      await database.close()
    },
  }
}
