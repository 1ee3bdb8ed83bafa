import type { Queryable } from '../../platform/database/database.ts'
import type { TaskAddress } from '../../platform/engines/engine.ts'
import type { Place } from '../../platform/scope.ts'
import type { Replica } from './fleet.ts'

type ReplicaRow = {
  replica_id: string
  generation: number
  variant_name: string
  start_at: Date
  failures: number
  ready: boolean
  address: TaskAddress | null
  container_count: number
  component_id: string | null
  specification: number | null
  instance_number: number | null
  further_addresses: TaskAddress[] | null
  ready_at: Date | null
  retired_version: number | null
  drain_until: Date | null
  created_at: Date
}

export async function readReplicas(
  database: Queryable,
  endpointId: string,
): Promise<readonly Replica[]> {
  const rows = await database.query<ReplicaRow>(
    `select replica_id, generation, variant_name, start_at, failures, ready, address, container_count,
       component_id, specification, instance_number, further_addresses, ready_at, retired_version,
       drain_until, created_at
     from replica where endpoint_id = $1 order by created_at, replica_id`,
    [endpointId],
  )
  return rows.map(toReplica)
}

/** Which of these tasks have a row: the others are nobody's. */
export async function findReplicaIds(
  database: Queryable,
  replicaIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ replica_id: string }>(
    'select replica_id from replica where replica_id = any($1::text[])',
    [replicaIds],
  )
  return new Set(rows.map((row) => row.replica_id))
}

/** Which variant a replica serves, and where; undefined when there is no such replica. */
export async function findReplicaIdentity(
  database: Queryable,
  replicaId: string,
): Promise<{ place: Place; endpointName: string; variantName: string } | undefined> {
  const rows = await database.query<{
    realm: number
    account: string
    region: string
    endpoint_name: string
    variant_name: string
  }>(
    `select realm, account, region, endpoint_name, variant_name
     from replica join endpoint using (endpoint_id) where replica_id = $1`,
    [replicaId],
  )
  const row = rows[0]
  if (!row) return undefined
  const { realm, account, region } = row
  return {
    place: { realm, account, region },
    endpointName: row.endpoint_name,
    variantName: row.variant_name,
  }
}

export async function insertReplica(
  transaction: Queryable,
  endpointId: string,
  replica: Replica,
): Promise<void> {
  const { copy } = replica
  await transaction.query(
    `insert into replica
       (replica_id, endpoint_id, generation, variant_name, start_at, failures, created_at,
        container_count, component_id, specification, instance_number)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[replica.replicaId, endpointId, replica.generation, replica.variantName],
      ...[replica.startAt, replica.failures, replica.createdAt, replica.containerCount ?? 1],
      ...[copy?.componentId ?? null, copy?.specification ?? null, copy?.instanceNumber ?? null],
    ],
  )
}

/** Keeps what was seen of a replica; `readyAt` is the first time that it was ready. */
export async function noteReplica(
  transaction: Queryable,
  replicaId: string,
  seen: {
    readonly ready: boolean
    readonly address: TaskAddress | undefined
    readonly furtherAddresses: readonly TaskAddress[] | undefined
    readonly at: Date
  },
): Promise<void> {
  await transaction.query(
    `update replica set ready = $2, address = $3, further_addresses = $5,
       ready_at = coalesce(ready_at, case when $2 then $4::timestamptz end)
     where replica_id = $1`,
    [
      ...[replicaId, seen.ready, seen.address ? JSON.stringify(seen.address) : null, seen.at],
      seen.furtherAddresses ? JSON.stringify(seen.furtherAddresses) : null,
    ],
  )
}

export async function retireReplicas(
  transaction: Queryable,
  replicaIds: readonly string[],
  retirement: { readonly version: number; readonly drainUntil: Date },
): Promise<void> {
  if (replicaIds.length === 0) return
  await transaction.query(
    `update replica set ready = false, retired_version = $2, drain_until = $3
     where replica_id = any($1::text[])`,
    [replicaIds, retirement.version, retirement.drainUntil],
  )
}

export async function deleteReplica(transaction: Queryable, replicaId: string): Promise<void> {
  await transaction.query('delete from replica where replica_id = $1', [replicaId])
}

function toReplica(row: ReplicaRow): Replica {
  const { retired_version: version, drain_until: drainUntil } = row
  return {
    replicaId: row.replica_id,
    generation: row.generation,
    variantName: row.variant_name,
    startAt: row.start_at,
    failures: row.failures,
    ready: row.ready,
    ...(row.address && { address: row.address }),
    ...(row.container_count > 1 && { containerCount: row.container_count }),
    ...copyOf(row),
    ...(row.further_addresses && { furtherAddresses: row.further_addresses }),
    ...(row.ready_at && { readyAt: row.ready_at }),
    ...(version !== null && drainUntil && { retirement: { version, drainUntil } }),
    createdAt: row.created_at,
  }
}

function copyOf(row: ReplicaRow): Pick<Replica, 'copy'> {
  const { component_id: componentId, specification, instance_number: instanceNumber } = row
  if (componentId === null || specification === null || instanceNumber === null) return {}
  return { copy: { componentId, specification, instanceNumber } }
}
