import type { Queryable } from '../../platform/database/database.ts'
import type { Environments } from './environments.states.ts'

/** Names a variant of one fleet of one endpoint. */
export interface EnvironmentsKey {
  readonly endpointId: string
  readonly generation: number
  readonly variantName: string
}

export async function readEnvironments(
  database: Queryable,
  { endpointId, generation, variantName }: EnvironmentsKey,
): Promise<Environments | undefined> {
  const rows = await database.query<{ count: number; since: Date }>(
    `select count, since from serverless_environments
     where endpoint_id = $1 and generation = $2 and variant_name = $3`,
    [endpointId, generation, variantName],
  )
  return rows[0]
}

export async function keepEnvironments(
  transaction: Queryable,
  { endpointId, generation, variantName }: EnvironmentsKey,
  { count, since }: Environments,
): Promise<void> {
  await transaction.query(
    `insert into serverless_environments (endpoint_id, generation, variant_name, count, since)
     values ($1, $2, $3, $4, $5)
     on conflict (endpoint_id, generation, variant_name) do update set
       count = excluded.count, since = excluded.since`,
    [endpointId, generation, variantName, count, since],
  )
}
