import type {
  InferenceComponentDeploymentConfig,
  InferenceComponentStatus,
} from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Listing } from '../../platform/database/listing.store.ts'
import type { Place } from '../../platform/scope.ts'
import type { WorkflowStart } from '../../platform/workflow/workflow.ts'
import { isInProgress, statusesBefore } from './inference-component.states.ts'
import type { ComponentPlan, InferenceComponent } from './inference-component.ts'

type InferenceComponentRow = {
  component_id: string
  realm: number
  account: string
  region: string
  inference_component_name: string
  inference_component_arn: string
  endpoint_id: string
  endpoint_name: string
  endpoint_arn: string
  variant_name: string
  status: InferenceComponentStatus
  failure_reason: string | null
  desired_copy_count: number
  deployment_config: InferenceComponentDeploymentConfig | null
  plan: ComponentPlan | null
  revision: number
  created_at: Date
  modified_at: Date
}

const COLUMNS = `component_id, component.realm, component.account, region, inference_component_name,
  inference_component_arn, endpoint_id, endpoint_name, endpoint_arn, variant_name, status, failure_reason,
  desired_copy_count, deployment_config, plan, revision, created_at, modified_at`

/** Components of lives that are over are nobody's business any more. */
const PRESENT = `inference_component component
  join realm on realm.realm = component.realm and realm.ended_at is null`

export const INFERENCE_COMPONENT_LISTING: Listing = {
  table: 'inference_component',
  columns: [
    'inference_component_name',
    'inference_component_arn',
    'endpoint_name',
    'endpoint_arn',
    'variant_name',
    'status',
    'created_at',
    'modified_at',
  ],
  sortColumns: {
    Name: 'inference_component_name',
    CreationTime: 'created_at',
    Status: 'status',
  },
  nameColumn: 'inference_component_name',
  pageSizeDefault: 10,
}

/** @returns false when the name is taken */
export async function insertInferenceComponent(
  transaction: Queryable,
  component: InferenceComponent,
  story: WorkflowStart,
): Promise<boolean> {
  const { place } = component
  const rows = await transaction.query(
    `insert into inference_component (component_id, realm, account, region, inference_component_name,
       inference_component_arn, endpoint_id, endpoint_name, endpoint_arn, variant_name, status,
       desired_copy_count, plan, revision, story, created_at, modified_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
     on conflict do nothing returning 1`,
    [
      ...[component.componentId, place.realm, place.account, place.region],
      ...[component.inferenceComponentName, component.inferenceComponentArn],
      ...[component.endpointId, component.endpointName, component.endpointArn],
      ...[component.variantName, component.status, component.desiredCopyCount],
      ...[
        jsonOrNull(component.plan),
        component.revision,
        JSON.stringify(story),
        component.createdAt,
      ],
    ],
  )
  return rows.length > 0
}

export async function findInferenceComponent(
  database: Queryable,
  place: Place,
  inferenceComponentName: string,
): Promise<InferenceComponent | undefined> {
  const rows = await database.query<InferenceComponentRow>(
    `select ${COLUMNS} from ${PRESENT}
     where component.realm = $1 and region = $2 and inference_component_name = $3`,
    [place.realm, place.region, inferenceComponentName],
  )
  return rows[0] && toInferenceComponent(rows[0])
}

/** @returns undefined when it was deleted, or its account's life has ended */
export async function readInferenceComponent(
  database: Queryable,
  componentId: string,
): Promise<InferenceComponent | undefined> {
  const rows = await database.query<InferenceComponentRow>(
    `select ${COLUMNS} from ${PRESENT} where component_id = $1`,
    [componentId],
  )
  return rows[0] && toInferenceComponent(rows[0])
}

/** What a change of status may bring with it: a story begins with it; a status that rests ends the story. */
export interface StatusChange {
  readonly to: InferenceComponentStatus
  readonly at: Date
  readonly story?: WorkflowStart
  /** Null takes away the one that is there. */
  readonly failureReason?: string | null
  readonly desiredCopyCount?: number
  readonly deploymentConfig?: InferenceComponentDeploymentConfig
  readonly plan?: ComponentPlan
}

/** @returns false when the component is in no status that leads to this one; nothing is changed then */
export async function setInferenceComponentStatus(
  transaction: Queryable,
  componentId: string,
  change: StatusChange,
): Promise<boolean> {
  const rows = await transaction.query(
    `update inference_component set status = $3, modified_at = $4,
       story = case when $6 then coalesce($5, story) end,
       revision = revision + case when $5::jsonb is null then 0 else 1 end,
       failure_reason = case when $7 then $8 else failure_reason end,
       desired_copy_count = coalesce($9, desired_copy_count),
       deployment_config = coalesce($10, deployment_config),
       plan = coalesce($11, plan)
     where component_id = $1 and status = any($2::text[]) returning 1`,
    [
      ...[componentId, statusesBefore(change.to), change.to, change.at],
      ...[jsonOrNull(change.story), isInProgress(change.to)],
      ...[change.failureReason !== undefined, change.failureReason ?? null],
      ...[change.desiredCopyCount ?? null, jsonOrNull(change.deploymentConfig)],
      jsonOrNull(change.plan),
    ],
  )
  return rows.length > 0
}

export async function deleteInferenceComponentRow(
  transaction: Queryable,
  componentId: string,
): Promise<void> {
  await transaction.query('delete from inference_component where component_id = $1', [componentId])
}

/** The stories that components are in the middle of. */
export async function listInferenceComponentStories(
  database: Queryable,
): Promise<readonly WorkflowStart[]> {
  const rows = await database.query<{ story: WorkflowStart }>(
    `select story from ${PRESENT} where story is not null`,
  )
  return rows.map((row) => row.story)
}

/** Whether an ARN names a component of the scope's account, region and life. */
export async function inferenceComponentExists(
  arn: string,
  scope: Place & { readonly database: Queryable },
): Promise<boolean> {
  const rows = await scope.database.query(
    `select 1 from inference_component
     where realm = $1 and region = $2 and inference_component_arn = $3`,
    [scope.realm, scope.region, arn],
  )
  return rows.length > 0
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

function toInferenceComponent(row: InferenceComponentRow): InferenceComponent {
  return {
    componentId: row.component_id,
    place: { realm: row.realm, account: row.account, region: row.region },
    inferenceComponentName: row.inference_component_name,
    inferenceComponentArn: row.inference_component_arn,
    endpointId: row.endpoint_id,
    endpointName: row.endpoint_name,
    endpointArn: row.endpoint_arn,
    variantName: row.variant_name,
    status: row.status,
    ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
    desiredCopyCount: row.desired_copy_count,
    ...(row.deployment_config && { deploymentConfig: row.deployment_config }),
    ...(row.plan && { plan: row.plan }),
    revision: row.revision,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  }
}
