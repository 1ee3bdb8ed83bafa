import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { AsyncInvocation, LeasedInvocation } from './async-invocation.ts'

type InvocationRow = {
  invocation_id: string
  realm: number
  account: string
  region: string
  endpoint_name: string
  endpoint_arn: string
  request: AsyncInvocation['request']
  body: Buffer | null
  output_location: string | null
  failure_location: string | null
  received_at: Date
  expires_at: Date
  attempts: number
  config: AsyncInvocation['config'] | null
  replica_id: string | null
  variant_name: string | null
}

/** A process that does not renew its leases for this long is taken for dead. */
const LEASE_SECONDS = 6
const COLUMNS = `invocation_id, realm, account, region, endpoint_name, endpoint_arn, request, body,
  output_location, failure_location, received_at, expires_at, config, attempts, replica_id, variant_name`

/** The queue of one endpoint in one life of its account. */
export interface QueueKey {
  readonly realm: number
  readonly endpointArn: string
}

export async function insertInvocation(
  transaction: Queryable,
  invocation: AsyncInvocation,
): Promise<void> {
  const { place } = invocation
  await transaction.query(
    `insert into async_invocation (${COLUMNS})
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, null, null)`,
    [
      ...[invocation.invocationId, place.realm, place.account, place.region],
      ...[invocation.endpointName, invocation.endpointArn, JSON.stringify(invocation.request)],
      ...[invocation.body ?? null, invocation.outputLocation ?? null],
      ...[invocation.failureLocation ?? null, invocation.receivedAt, invocation.expiresAt],
      invocation.config ? JSON.stringify(invocation.config) : null,
    ],
  )
}

/** One pass over an endpoint's queue at a time, in all processes together. Ends with the transaction. */
export async function lockQueue(transaction: Queryable, endpointArn: string): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 7100))', [endpointArn])
}

/** What an endpoint's replicas work on, and who waits. */
export interface QueueState {
  readonly leased: ReadonlyMap<string, ReplicaLoad>
  /** How many of the queued requests have been at a replica that went away under them. */
  readonly suspects: number
}

export interface ReplicaLoad {
  readonly count: number
  /** Whether one of them has been at a replica that went away. */
  readonly hasSuspect: boolean
}

export async function readQueue(
  transaction: Queryable,
  { realm, endpointArn }: QueueKey,
): Promise<QueueState> {
  const rows = await transaction.query<{
    replica_id: string | null
    count: number
    has_suspect: boolean
  }>(
    `select replica_id, count(*)::integer as count, bool_or(attempts > 1) as has_suspect
     from async_invocation
     where endpoint_arn = $1 and realm = $2 and (lease_owner is not null or attempts > 0)
     group by replica_id`,
    [endpointArn, realm],
  )
  const leased = rows.flatMap(({ replica_id: replicaId, count, has_suspect: hasSuspect }) =>
    replicaId === null ? [] : [[replicaId, { count, hasSuspect }] as const],
  )
  return {
    leased: new Map(leased),
    suspects: rows.find((row) => row.replica_id === null)?.count ?? 0,
  }
}

/** The replicas of an endpoint that work on a queued request, in all processes together. */
export async function readBusyReplicas(
  database: Queryable,
  { realm, endpointArn }: QueueKey,
): Promise<readonly string[]> {
  const rows = await database.query<{ replica_id: string }>(
    `select distinct replica_id from async_invocation
     where endpoint_arn = $1 and realm = $2 and lease_owner is not null and replica_id is not null`,
    [endpointArn, realm],
  )
  return rows.map((row) => row.replica_id)
}

/** Gives the oldest queued requests that have not expired to replicas, in order: one for each slot. */
export async function leaseOldest(
  transaction: Queryable,
  { realm, endpointArn }: QueueKey,
  lease: {
    readonly owner: string
    /** Those that have been at a replica that went away, or the others. */
    readonly suspects: boolean
    readonly slots: readonly { readonly replicaId: string; readonly variantName: string }[]
    readonly now: Date
  },
): Promise<readonly LeasedInvocation[]> {
  const rows = await transaction.query<InvocationRow>(
    `with slot as (
       select * from unnest($3::text[], $4::text[]) with ordinality as slot (replica_id, variant_name, n)),
     oldest as (
       select invocation_id, row_number() over (order by received_at, invocation_id) as n
       from async_invocation
       where endpoint_arn = $1 and realm = $6 and lease_owner is null and expires_at > $5
         and (attempts > 0) = $7
       order by received_at, invocation_id limit cardinality($3::text[]))
     update async_invocation set lease_owner = $2, attempts = attempts + 1,
       lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}),
       replica_id = slot.replica_id, variant_name = slot.variant_name
     from oldest join slot using (n)
     where async_invocation.invocation_id = oldest.invocation_id
     returning ${COLUMNS.replaceAll(/\b(invocation_id|replica_id|variant_name)\b/g, 'async_invocation.$1')}`,
    [
      ...[endpointArn, lease.owner, lease.slots.map(({ replicaId }) => replicaId)],
      ...[lease.slots.map(({ variantName }) => variantName), lease.now, realm, lease.suspects],
    ],
  )
  return rows.map(toLeased)
}

/** Says that this process is alive and still waits for what it has leased. */
export async function renewLeases(database: Queryable, owner: string): Promise<void> {
  await database.query(
    `update async_invocation
     set lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
     where lease_owner = $1`,
    [owner],
  )
}

/** Queues again what processes that are gone had leased. @returns the endpoints that have news */
export async function releaseExpiredLeases(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ endpoint_arn: string }>(
    `update async_invocation set lease_owner = null, lease_until = null, replica_id = null,
       variant_name = null
     where lease_until < clock_timestamp() returning endpoint_arn`,
  )
  return [...new Set(rows.map((row) => row.endpoint_arn))]
}

/** Queues an invocation again. @param forgive the attempt is not counted */
export async function releaseInvocation(
  database: Queryable,
  { invocationId, owner, forgive }: { invocationId: string; owner: string; forgive: boolean },
): Promise<void> {
  await database.query(
    `update async_invocation set lease_owner = null, lease_until = null, replica_id = null,
       variant_name = null, attempts = attempts - $3::integer
     where invocation_id = $1 and lease_owner = $2`,
    [invocationId, owner, forgive ? 1 : 0],
  )
}

/** Ends invocations. @returns those that were not somebody else's by then */
export async function deleteInvocations(
  transaction: Queryable,
  invocationIds: readonly string[],
  owner: string,
): Promise<ReadonlySet<string>> {
  const rows = await transaction.query<{ invocation_id: string }>(
    `delete from async_invocation where invocation_id = any($1::text[]) and lease_owner = $2
     returning invocation_id`,
    [invocationIds, owner],
  )
  return new Set(rows.map((row) => row.invocation_id))
}

/** Ends the queued requests whose time has passed, for the caller to tell of. */
export async function takeExpired(
  transaction: Queryable,
  now: Date,
): Promise<readonly AsyncInvocation[]> {
  const rows = await transaction.query<InvocationRow>(
    `delete from async_invocation where invocation_id in (
       select invocation_id from async_invocation
       where lease_owner is null and expires_at <= $1
       order by expires_at limit 100 for update skip locked)
     returning ${COLUMNS}`,
    [now],
  )
  return rows.map(toInvocation)
}

/** Locks the oldest requests that wait at an endpoint, in the account's present life. */
export async function lockQueued(
  transaction: Queryable,
  key: { readonly account: string; readonly region: string; readonly endpointName: string },
): Promise<readonly AsyncInvocation[]> {
  const rows = await transaction.query<InvocationRow>(
    `select ${COLUMNS} from async_invocation
     where account = $1 and region = $2 and endpoint_name = $3 and lease_owner is null
       and realm in (select realm from realm where ended_at is null)
     order by received_at limit 100 for update skip locked`,
    [key.account, key.region, key.endpointName],
  )
  return rows.map(toInvocation)
}

/** Ends requests that the transaction has locked. */
export async function deleteLocked(
  transaction: Queryable,
  invocationIds: readonly string[],
): Promise<void> {
  await transaction.query('delete from async_invocation where invocation_id = any($1)', [
    invocationIds,
  ])
}

export interface Backlog {
  readonly place: Place
  readonly endpointName: string
  readonly endpointArn: string
  /** Requests that wait or are worked on. */
  readonly size: number
  readonly oldestReceivedAt: Date
}

/** The backlog of every endpoint that has one, of present lives only. */
export async function readBacklogs(database: Queryable): Promise<readonly Backlog[]> {
  const rows = await database.query<{
    realm: number
    account: string
    region: string
    endpoint_name: string
    endpoint_arn: string
    size: number
    oldest: Date
  }>(
    `select realm, account, region, endpoint_name, endpoint_arn, count(*)::integer as size,
       min(received_at) as oldest
     from async_invocation join realm using (realm, account) where realm.ended_at is null
     group by realm, account, region, endpoint_name, endpoint_arn`,
  )
  return rows.map((row) => ({
    place: { realm: row.realm, account: row.account, region: row.region },
    endpointName: row.endpoint_name,
    endpointArn: row.endpoint_arn,
    size: row.size,
    oldestReceivedAt: row.oldest,
  }))
}

function toInvocation(row: InvocationRow): AsyncInvocation {
  return {
    invocationId: row.invocation_id,
    place: { realm: row.realm, account: row.account, region: row.region },
    endpointName: row.endpoint_name,
    endpointArn: row.endpoint_arn,
    request: row.request,
    body: row.body ?? undefined,
    outputLocation: row.output_location ?? undefined,
    failureLocation: row.failure_location ?? undefined,
    ...(row.config && { config: row.config }),
    receivedAt: row.received_at,
    expiresAt: row.expires_at,
    attempts: row.attempts,
  }
}

function toLeased(row: InvocationRow): LeasedInvocation {
  const { replica_id: replicaId, variant_name: variantName } = row
  return { ...toInvocation(row), replicaId: replicaId ?? '', variantName: variantName ?? '' }
}
