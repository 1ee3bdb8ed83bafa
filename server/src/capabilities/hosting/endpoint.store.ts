import type { DeploymentConfig } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Listing } from '../../platform/database/listing.store.ts'
import type { Place } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import { type EndpointStatus, isInProgress, statusesBefore } from './endpoint.states.ts'

export interface Endpoint {
  /** Tells an endpoint from a later one of the same name. */
  readonly endpointId: string
  readonly place: Place
  readonly endpointName: string
  readonly endpointArn: string
  readonly status: EndpointStatus
  readonly failureReason?: string
  /** That it was created with; once a fleet serves, that fleet knows the present one. */
  readonly endpointConfigName: string
  readonly deploymentConfig?: DeploymentConfig
  /** How many stories the endpoint has begun. */
  readonly revision: number
  readonly createdAt: Date
  readonly modifiedAt: Date
}

type EndpointRow = {
  endpoint_id: string
  realm: number
  account: string
  region: string
  endpoint_name: string
  endpoint_arn: string
  status: EndpointStatus
  failure_reason: string | null
  endpoint_config_name: string
  deployment_config: DeploymentConfig | null
  revision: number
  created_at: Date
  modified_at: Date
}

const COLUMNS = `endpoint_id, endpoint.realm, endpoint.account, region, endpoint_name, endpoint_arn, status,
  failure_reason, endpoint_config_name, deployment_config, revision, created_at, modified_at`

/** Endpoints of lives that are over are nobody's business any more. */
const PRESENT = 'endpoint join realm on realm.realm = endpoint.realm and realm.ended_at is null'

export const ENDPOINT_LISTING: Listing = {
  table: 'endpoint',
  columns: ['endpoint_name', 'endpoint_arn', 'status', 'created_at', 'modified_at'],
  sortColumns: { Name: 'endpoint_name', CreationTime: 'created_at', Status: 'status' },
  nameColumn: 'endpoint_name',
  pageSizeDefault: 10,
}

/** @returns false when the name is taken */
export async function insertEndpoint(
  transaction: Queryable,
  endpoint: Endpoint,
  story: WorkflowStart,
): Promise<boolean> {
  const { place } = endpoint
  const rows = await transaction.query(
    `insert into endpoint (endpoint_id, realm, account, region, endpoint_name, endpoint_arn, status,
       endpoint_config_name, deployment_config, revision, story, created_at, modified_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict do nothing returning 1`,
    [
      ...[endpoint.endpointId, place.realm, place.account, place.region],
      ...[endpoint.endpointName, endpoint.endpointArn, endpoint.status],
      ...[endpoint.endpointConfigName, jsonOrNull(endpoint.deploymentConfig), endpoint.revision],
      ...[JSON.stringify(story), endpoint.createdAt, endpoint.modifiedAt],
    ],
  )
  return rows.length > 0
}

export async function findEndpoint(
  database: Queryable,
  place: Place,
  endpointName: string,
): Promise<Endpoint | undefined> {
  const rows = await database.query<EndpointRow>(
    `select ${COLUMNS} from ${PRESENT}
     where endpoint.realm = $1 and region = $2 and endpoint_name = $3`,
    [place.realm, place.region, endpointName],
  )
  return rows[0] && toEndpoint(rows[0])
}

/** @returns undefined when it was deleted, or its account's life has ended */
export async function readEndpoint(
  database: Queryable,
  endpointId: string,
): Promise<Endpoint | undefined> {
  const rows = await database.query<EndpointRow>(
    `select ${COLUMNS} from ${PRESENT} where endpoint_id = $1`,
    [endpointId],
  )
  return rows[0] && toEndpoint(rows[0])
}

/** The same, and whoever else changes the endpoint, its fleets or its replicas waits for the transaction. */
export async function lockEndpoint(
  transaction: Queryable,
  endpointId: string,
): Promise<Endpoint | undefined> {
  const rows = await transaction.query<EndpointRow>(
    `select ${COLUMNS} from ${PRESENT} where endpoint_id = $1 for update of endpoint`,
    [endpointId],
  )
  return rows[0] && toEndpoint(rows[0])
}

/** What a change of status may bring with it: a story begins with it; a status that rests ends the story. */
export interface StatusChange {
  readonly to: EndpointStatus
  readonly at: Date
  readonly story?: WorkflowStart
  /** Null takes away the one that is there. */
  readonly failureReason?: string | null
  readonly deploymentConfig?: DeploymentConfig
}

/** @returns false when the endpoint is in no status that leads to this one; nothing is changed then */
export async function setEndpointStatus(
  transaction: Queryable,
  endpointId: string,
  change: StatusChange,
): Promise<boolean> {
  const rows = await transaction.query(
    `update endpoint set status = $3, modified_at = $4,
       story = case when $6 then coalesce($5, story) end,
       revision = revision + case when $5::jsonb is null then 0 else 1 end,
       failure_reason = case when $7 then $8 else failure_reason end,
       deployment_config = coalesce($9, deployment_config)
     where endpoint_id = $1 and status = any($2::text[]) returning 1`,
    [
      ...[endpointId, statusesBefore(change.to), change.to, change.at, jsonOrNull(change.story)],
      ...[
        isInProgress(change.to),
        change.failureReason !== undefined,
        change.failureReason ?? null,
      ],
      jsonOrNull(change.deploymentConfig),
    ],
  )
  return rows.length > 0
}

export async function deleteEndpointRow(transaction: Queryable, endpointId: string): Promise<void> {
  await transaction.query('delete from endpoint where endpoint_id = $1', [endpointId])
}

/** Every endpoint there is, for the sweep. */
export async function listEndpointIds(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ endpoint_id: string }>(`select endpoint_id from ${PRESENT}`)
  return rows.map((row) => row.endpoint_id)
}

/** The endpoint that an ARN names, or that a replica is of. */
export async function findEndpointId(
  database: Queryable,
  by: { readonly endpointArn: string } | { readonly replicaId: string },
): Promise<string | undefined> {
  const rows =
    'endpointArn' in by
      ? await database.query<{ endpoint_id: string }>(
          `select endpoint_id from ${PRESENT} where endpoint_arn = $1`,
          [by.endpointArn],
        )
      : await database.query<{ endpoint_id: string }>(
          'select endpoint_id from replica where replica_id = $1',
          [by.replicaId],
        )
  return rows[0]?.endpoint_id
}

/** The stories that endpoints are in the middle of. */
export async function listEndpointStories(database: Queryable): Promise<readonly WorkflowStart[]> {
  const rows = await database.query<{ story: WorkflowStart }>(
    `select story from ${PRESENT} where story is not null`,
  )
  return rows.map((row) => row.story)
}

/** Whether an ARN names an endpoint of the scope's account, region and life. */
export async function endpointExists(
  arn: string,
  scope: Place & { readonly database: Queryable },
): Promise<boolean> {
  const rows = await scope.database.query(
    'select 1 from endpoint where realm = $1 and region = $2 and endpoint_arn = $3',
    [scope.realm, scope.region, arn],
  )
  return rows.length > 0
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

function toEndpoint(row: EndpointRow): Endpoint {
  return {
    endpointId: row.endpoint_id,
    place: { realm: row.realm, account: row.account, region: row.region },
    endpointName: row.endpoint_name,
    endpointArn: row.endpoint_arn,
    status: row.status,
    ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
    endpointConfigName: row.endpoint_config_name,
    ...(row.deployment_config && { deploymentConfig: row.deployment_config }),
    revision: row.revision,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  }
}
