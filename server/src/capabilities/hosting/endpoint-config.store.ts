import type { CreateEndpointConfigCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Listing } from '../../platform/database/listing.store.ts'
import type { Place } from '../../platform/scope.ts'

/** What CreateEndpointConfig asked for, but for the tags, which are the tags capability's. */
export type EndpointConfigRequest = Omit<CreateEndpointConfigCommandInput, 'Tags'>

export interface EndpointConfig {
  readonly endpointConfigName: string
  readonly endpointConfigArn: string
  readonly request: EndpointConfigRequest
  readonly createdAt: Date
}

type EndpointConfigRow = {
  endpoint_config_name: string
  endpoint_config_arn: string
  request: EndpointConfigRequest
  created_at: Date
}

export const ENDPOINT_CONFIG_LISTING: Listing = {
  table: 'endpoint_config',
  columns: ['endpoint_config_name', 'endpoint_config_arn', 'created_at'],
  sortColumns: { Name: 'endpoint_config_name', CreationTime: 'created_at' },
  nameColumn: 'endpoint_config_name',
  pageSizeDefault: 10,
}

export function variantsOf(config: EndpointConfig): readonly ProductionVariant[] {
  return config.request.ProductionVariants ?? []
}

/** @returns false when the name is taken */
export async function insertEndpointConfig(
  transaction: Queryable,
  place: Place,
  config: EndpointConfig,
): Promise<boolean> {
  const rows = await transaction.query(
    `insert into endpoint_config
       (realm, account, region, endpoint_config_name, endpoint_config_arn, request, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict do nothing returning 1`,
    [
      ...[place.realm, place.account, place.region],
      ...[config.endpointConfigName, config.endpointConfigArn],
      ...[JSON.stringify(config.request), config.createdAt],
    ],
  )
  return rows.length > 0
}

export async function findEndpointConfig(
  database: Queryable,
  place: Place,
  endpointConfigName: string,
): Promise<EndpointConfig | undefined> {
  const rows = await database.query<EndpointConfigRow>(
    `select endpoint_config_name, endpoint_config_arn, request, created_at from endpoint_config
     where realm = $1 and region = $2 and endpoint_config_name = $3`,
    [place.realm, place.region, endpointConfigName],
  )
  const row = rows[0]
  if (!row) return undefined
  return {
    endpointConfigName: row.endpoint_config_name,
    endpointConfigArn: row.endpoint_config_arn,
    request: row.request,
    createdAt: row.created_at,
  }
}

/** @returns false when there is no such configuration */
export async function deleteEndpointConfigRow(
  transaction: Queryable,
  place: Place,
  endpointConfigName: string,
): Promise<boolean> {
  const rows = await transaction.query(
    `delete from endpoint_config
     where realm = $1 and region = $2 and endpoint_config_name = $3 returning 1`,
    [place.realm, place.region, endpointConfigName],
  )
  return rows.length > 0
}

/** Whether an ARN names an endpoint configuration of the scope's account, region and life. */
export async function endpointConfigExists(
  arn: string,
  scope: Place & { readonly database: Queryable },
): Promise<boolean> {
  const rows = await scope.database.query(
    'select 1 from endpoint_config where realm = $1 and region = $2 and endpoint_config_arn = $3',
    [scope.realm, scope.region, arn],
  )
  return rows.length > 0
}
