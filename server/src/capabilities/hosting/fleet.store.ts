import type { Queryable } from '../../platform/database/database.ts'
import type { TaskAddress } from '../../platform/engines/engine.ts'
import type { Place } from '../../platform/scope.ts'
import type { VariantFailure } from './fleet.states.ts'
import type {
  Fleet,
  FleetSettings,
  FleetStage,
  FleetTraffic,
  FleetVariant,
  Replica,
} from './fleet.ts'

type FleetRow = {
  generation: number
  stage: FleetStage
  endpoint_config_name: string
  variants: FleetVariant[]
  settings: FleetSettings
  failures: Record<string, string>
  traffic: FleetTraffic | null
  published_version: number | null
  launched_at: Date
}

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

/** An endpoint's fleets, oldest first. */
export async function readFleets(
  database: Queryable,
  endpointId: string,
): Promise<readonly Fleet[]> {
  const rows = await database.query<FleetRow>(
    `select generation, stage, endpoint_config_name, variants, settings, failures, traffic,
       published_version, launched_at
     from fleet where endpoint_id = $1 order by generation`,
    [endpointId],
  )
  return rows.map((row) => ({
    generation: row.generation,
    stage: row.stage,
    endpointConfigName: row.endpoint_config_name,
    variants: row.variants,
    settings: row.settings,
    failures: row.failures,
    ...(row.traffic && { traffic: row.traffic }),
    ...(row.published_version !== null && { publishedVersion: row.published_version }),
    launchedAt: row.launched_at,
  }))
}

/** A new fleet is launched. */
export async function insertFleet(
  transaction: Queryable,
  endpointId: string,
  fleet: Pick<Fleet, 'generation' | 'endpointConfigName' | 'variants' | 'settings' | 'launchedAt'>,
): Promise<void> {
  await transaction.query(
    `insert into fleet
       (endpoint_id, generation, stage, endpoint_config_name, variants, settings, launched_at)
     values ($1, $2, 'Launching', $3, $4, $5, $6)`,
    [
      ...[endpointId, fleet.generation, fleet.endpointConfigName],
      ...[JSON.stringify(fleet.variants), JSON.stringify(fleet.settings), fleet.launchedAt],
    ],
  )
}

/** Moves fleets to a stage, or one of them, and asks for a new publication. What they had of traffic is over. */
export async function setFleetStage(
  transaction: Queryable,
  endpointId: string,
  change: {
    readonly from: readonly FleetStage[]
    readonly to: FleetStage
    readonly generation?: number
  },
): Promise<void> {
  await transaction.query(
    `update fleet set stage = $3, traffic = null, published_version = null
     where endpoint_id = $1 and stage = any($2::text[]) and ($4::integer is null or generation = $4)`,
    [endpointId, change.from, change.to, change.generation ?? null],
  )
}

/** Gives a fleet other weights and counts, and asks for a new publication. Its failures are tried again. */
export async function setFleetVariants(
  transaction: Queryable,
  endpointId: string,
  { generation, variants }: Pick<Fleet, 'generation' | 'variants'>,
): Promise<void> {
  await transaction.query(
    `update fleet set variants = $3, failures = '{}', published_version = null
     where endpoint_id = $1 and generation = $2`,
    [endpointId, generation, JSON.stringify(variants)],
  )
}

/** Gives a variant another number of instances at once, both now and when the present update is over. */
export async function setInstanceCount(
  transaction: Queryable,
  endpointId: string,
  change: Pick<Fleet, 'generation'> & {
    readonly variantName: string
    readonly instanceCount: number
  },
): Promise<void> {
  await transaction.query(
    `update fleet set variants = (
       select jsonb_agg(case when variant ->> 'variantName' = $3
         then variant || jsonb_build_object(
           'instanceCount', $4::integer, 'desiredInstanceCount', $4::integer)
         else variant end order by position)
       from jsonb_array_elements(variants) with ordinality as one (variant, position))
     where endpoint_id = $1 and generation = $2`,
    [endpointId, change.generation, change.variantName, change.instanceCount],
  )
}

/** Gives a fleet its part of the traffic; null: the part of its stage. */
export async function setFleetTraffic(
  transaction: Queryable,
  endpointId: string,
  { generation, traffic }: { readonly generation: number; readonly traffic: FleetTraffic | null },
): Promise<void> {
  await transaction.query(
    `update fleet set traffic = $3, published_version = null
     where endpoint_id = $1 and generation = $2`,
    [endpointId, generation, traffic && JSON.stringify(traffic)],
  )
}

/** The first failure of a variant stays. */
export async function noteFailure(
  transaction: Queryable,
  endpointId: string,
  failure: VariantFailure,
): Promise<void> {
  await transaction.query(
    `update fleet set failures = jsonb_build_object($3::text, $4::text) || failures
     where endpoint_id = $1 and generation = $2`,
    [endpointId, failure.generation, failure.variantName, failure.failureReason],
  )
}

export async function setFleetPublished(
  transaction: Queryable,
  endpointId: string,
  publication: { readonly generation: number; readonly version: number },
): Promise<void> {
  await transaction.query(
    'update fleet set published_version = $3 where endpoint_id = $1 and generation = $2',
    [endpointId, publication.generation, publication.version],
  )
}

/** Deletes the fleets that have no replicas left and will have none. */
export async function deleteRetiredFleets(
  transaction: Queryable,
  endpointId: string,
): Promise<void> {
  await transaction.query(
    `delete from fleet where endpoint_id = $1 and stage = 'Retiring' and not exists (
       select 1 from replica
       where replica.endpoint_id = fleet.endpoint_id and replica.generation = fleet.generation)`,
    [endpointId],
  )
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
