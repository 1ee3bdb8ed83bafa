import type { Queryable } from '../../platform/database/database.ts'
import type { VariantFailure } from './fleet.states.ts'
import type { Fleet, FleetSettings, FleetStage, FleetTraffic, FleetVariant } from './fleet.ts'

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
