import type { Changes } from '../../platform/database/changes.ts'
import type { Database, Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { type EndpointRoute, routeTopic } from './route.ts'

/**
 * The table through which control tells gateways where requests go, and gateways tell control how far
 * they have come.
 *
 * A gateway, in short:
 *   1. at its start and after a reconnect `readRoutes(database)`, which replaces all that it knew; then
 *      `acknowledgeRoutes` with the version that came with it;
 *   2. on every change under `ROUTE_TOPIC_PREFIX` and every few seconds: `readRoutes(database,
 *      { sinceVersion })`, apply `routes` and `withdrawn`, acknowledge again;
 *   3. `acknowledgeRoutes` at least every `GATEWAY_HEARTBEAT_MS` though nothing changed, and at once when
 *      the last request to a replica that no route names any more has ended;
 *   4. at its end `forgetGateway`.
 */

/** A gateway that is not heard of for this long holds nobody up. */
export const GATEWAY_SILENCE_MS_MAX = 10_000
/** How often a gateway says at least that it is there. */
export const GATEWAY_HEARTBEAT_MS = 2_000
/** The change topic under which acknowledgements are announced. */
export const GATEWAY_TOPIC = 'gateway-routes'

/** Which endpoint a route is of. */
export type RouteKey = Pick<EndpointRoute, 'account' | 'region' | 'endpointName'>

/** A state of the table, or what became of it since an earlier one. */
export interface RouteTable {
  /** Everything published up to this version is in here, or was asked to be left out. */
  readonly version: number
  readonly routes: readonly EndpointRoute[]
  /** Endpoints whose routes are gone; empty unless `sinceVersion` was asked for. */
  readonly withdrawn: readonly RouteKey[]
}

export interface GatewayProgress {
  readonly gatewayId: string
  /** New requests are routed by this version of the table, or a later one. */
  readonly version: number
  /** Replicas that are in no route any more and still work on a request of this gateway. */
  readonly busyReplicaIds: readonly string[]
}

/**
 * Makes `route` the endpoint's. Part of the caller's transaction, best its last part: publications wait for
 * each other from here to its commit.
 *
 * @returns the version of the publication
 */
export async function publishRoute(
  { transaction, changes, place }: RouteChange,
  route: Omit<EndpointRoute, 'version'>,
): Promise<number> {
  const version = await nextVersion(transaction)
  await transaction.query(
    `insert into endpoint_route (life, account, region, endpoint_name, version, route)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (life, region, endpoint_name)
     do update set version = excluded.version, route = excluded.route, withdrawn_at = null`,
    [
      ...[place.realm, route.account, route.region, route.endpointName, version],
      JSON.stringify({ ...route, version }),
    ],
  )
  await changes.announce(transaction, routeTopic(route))
  return version
}

/** Takes an endpoint's route away. @returns the version from which it is gone; undefined when it had none */
export async function withdrawRoute(
  { transaction, changes, place }: RouteChange,
  endpointName: string,
): Promise<number | undefined> {
  const found = await transaction.query(
    `select 1 from endpoint_route
     where life = $1 and region = $2 and endpoint_name = $3 and route is not null`,
    [place.realm, place.region, endpointName],
  )
  if (found.length === 0) return undefined
  const version = await nextVersion(transaction)
  await transaction.query(
    `update endpoint_route set route = null, version = $4, withdrawn_at = clock_timestamp()
     where life = $1 and region = $2 and endpoint_name = $3`,
    [place.realm, place.region, endpointName, version],
  )
  await changes.announce(transaction, routeTopic({ ...place, endpointName }))
  return version
}

/** Takes all routes of an account's life away, for the transaction that ends it. */
export async function withdrawRoutesOfRealm(
  { transaction, changes }: Omit<RouteChange, 'place'>,
  realm: number,
): Promise<void> {
  const version = await nextVersion(transaction)
  const rows = await transaction.query<RouteKeyRow>(
    `update endpoint_route set route = null, version = $2, withdrawn_at = clock_timestamp()
     where life = $1 and route is not null
     returning account, region, endpoint_name`,
    [realm, version],
  )
  for (const row of rows) await changes.announce(transaction, routeTopic(toRouteKey(row)))
}

/** Deletes what no gateway needs any more: routes withdrawn long ago, gateways that are long gone. */
export async function forgetOldRoutes(database: Queryable): Promise<void> {
  await database.query(
    `delete from endpoint_route where withdrawn_at < clock_timestamp() - interval '1 hour'`,
  )
  await database.query(
    `delete from gateway_route_version where seen_at < clock_timestamp() - interval '1 hour'`,
  )
}

export interface RouteChange {
  readonly transaction: Queryable
  readonly changes: Changes
  readonly place: Place
}

/** All routes, or with `sinceVersion` only what became different after that version. One statement. */
export async function readRoutes(
  database: Queryable,
  options: { readonly sinceVersion?: number } = {},
): Promise<RouteTable> {
  const rows = await database.query<
    RouteKeyRow & { table_version: number; version: number | null; route: EndpointRoute | null }
  >(
    `select latest.version as table_version, changed.*
     from endpoint_route_version latest
     left join lateral (
       select r.account, r.region, r.endpoint_name, r.version, r.route
       from endpoint_route r left join realm on realm.realm = r.life
       where r.version > $1 and ($1 > 0 or r.route is not null)
         and (r.route is null or (realm.realm is not null and realm.ended_at is null))
         and (r.route is not null or not exists (
           select 1 from endpoint_route other join realm present on present.realm = other.life
           where other.account = r.account and other.region = r.region
             and other.endpoint_name = r.endpoint_name and other.route is not null
             and present.ended_at is null))
     ) changed on true
     order by changed.version`,
    [options.sinceVersion ?? 0],
  )
  const found = rows.filter((row) => row.version !== null)
  const gone = options.sinceVersion === undefined ? [] : found.filter((row) => row.route === null)
  return {
    version: rows[0]?.table_version ?? 0,
    routes: found.flatMap((row) => (row.route ? [row.route] : [])),
    withdrawn: gone.map(toRouteKey),
  }
}

/** @returns undefined when the endpoint does not exist, or has not begun to serve */
export async function readRoute(
  database: Queryable,
  key: RouteKey,
): Promise<EndpointRoute | undefined> {
  const rows = await database.query<{ route: EndpointRoute }>(
    `select r.route from endpoint_route r join realm on realm.realm = r.life
     where r.account = $1 and r.region = $2 and r.endpoint_name = $3
       and r.route is not null and realm.ended_at is null`,
    [key.account, key.region, key.endpointName],
  )
  return rows[0]?.route
}

/** Says how far a gateway has come and that it is alive. */
export async function acknowledgeRoutes(
  { database, changes }: { readonly database: Database; readonly changes: Changes },
  progress: GatewayProgress,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const moved = await transaction.query<{ moved: boolean }>(
      `with before as (select version, busy_replica_ids from gateway_route_version where gateway_id = $1),
       written as (
         insert into gateway_route_version (gateway_id, version, busy_replica_ids, seen_at)
         values ($1, $2, $3, clock_timestamp())
         on conflict (gateway_id) do update set version = excluded.version,
           busy_replica_ids = excluded.busy_replica_ids, seen_at = excluded.seen_at)
       select not exists (
         select 1 from before where version = $2 and busy_replica_ids = $3::jsonb) as moved`,
      [progress.gatewayId, progress.version, JSON.stringify(progress.busyReplicaIds)],
    )
    if (moved[0]?.moved) await changes.announce(transaction, GATEWAY_TOPIC)
  })
}

/** A gateway that ends holds nobody up. */
export async function forgetGateway(
  { database, changes }: { readonly database: Database; readonly changes: Changes },
  gatewayId: string,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('delete from gateway_route_version where gateway_id = $1', [gatewayId])
    await changes.announce(transaction, GATEWAY_TOPIC)
  })
}

/** Every gateway that is alive. */
export async function readGateways(database: Queryable): Promise<readonly GatewayProgress[]> {
  const rows = await database.query<{
    gateway_id: string
    version: number
    busy_replica_ids: string[]
  }>(
    `select gateway_id, version, busy_replica_ids from gateway_route_version
     where seen_at > clock_timestamp() - make_interval(secs => $1)`,
    [GATEWAY_SILENCE_MS_MAX / 1_000],
  )
  return rows.map((row) => ({
    gatewayId: row.gateway_id,
    version: row.version,
    busyReplicaIds: row.busy_replica_ids,
  }))
}

/** No gateway sends a replica new requests after `version`, and none still waits for an answer of it. */
export function isDrained(
  gateways: readonly GatewayProgress[],
  drain: { readonly replicaId: string; readonly version: number },
): boolean {
  return gateways.every(
    (gateway) =>
      gateway.version >= drain.version && !gateway.busyReplicaIds.includes(drain.replicaId),
  )
}

/**
 * Waits until every living gateway routes by `version` or a later one.
 *
 * @returns false when one did not by `deadline`, or before `signal` aborts
 */
export async function awaitAcknowledged(
  { database, changes }: { readonly database: Queryable; readonly changes: Changes },
  {
    version,
    ...patience
  }: { readonly version: number; readonly deadline?: Date; readonly signal?: AbortSignal },
): Promise<boolean> {
  const applied = await changes.waitFor(
    GATEWAY_TOPIC,
    async () => {
      const gateways = await readGateways(database)
      return gateways.every((gateway) => gateway.version >= version) ? true : undefined
    },
    { ...patience, sweepMs: GATEWAY_HEARTBEAT_MS },
  )
  return applied ?? false
}

type RouteKeyRow = { account: string; region: string; endpoint_name: string }

function toRouteKey(row: RouteKeyRow): RouteKey {
  return { account: row.account, region: row.region, endpointName: row.endpoint_name }
}

async function nextVersion(transaction: Queryable): Promise<number> {
  const rows = await transaction.query<{ version: number }>(
    'update endpoint_route_version set version = version + 1 returning version',
  )
  return rows[0]?.version ?? 0
}
