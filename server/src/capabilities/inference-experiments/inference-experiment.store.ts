import type { InferenceExperimentStatus } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Listing } from '../../platform/database/listing.store.ts'
import type { Place } from '../../platform/scope.ts'
import type {
  ExperimentPlan,
  ExperimentRequest,
  ExperimentStop,
  InferenceExperiment,
} from './inference-experiment.ts'

export type ExperimentRow = {
  realm: number
  account: string
  region: string
  experiment_name: string
  experiment_arn: string
  request: ExperimentRequest
  status: InferenceExperimentStatus
  status_reason: string | null
  start_at: Date
  end_at: Date
  plan: ExperimentPlan | null
  stop: ExperimentStop | null
  original_config_name: string | null
  created_at: Date
  modified_at: Date
  completed_at: Date | null
}

const COLUMNS = [
  ...['realm', 'account', 'region', 'experiment_name', 'experiment_arn', 'request', 'status'],
  ...['status_reason', 'start_at', 'end_at', 'plan', 'stop', 'original_config_name'],
  ...['created_at', 'modified_at', 'completed_at'],
]

export const EXPERIMENT_LISTING: Listing = {
  table: 'inference_experiment',
  columns: COLUMNS,
  sortColumns: { Name: 'experiment_name', CreationTime: 'created_at', Status: 'status' },
  nameColumn: 'experiment_name',
  pageSizeDefault: 10,
}

/** @returns false when the name is taken */
export async function insertExperiment(
  transaction: Queryable,
  experiment: InferenceExperiment,
): Promise<boolean> {
  const { place, request, createdAt } = experiment
  const rows = await transaction.query(
    `insert into inference_experiment (realm, account, region, experiment_name, experiment_arn,
       endpoint_name, request, status, start_at, end_at, created_at, modified_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
     on conflict do nothing returning 1`,
    [
      ...[place.realm, place.account, place.region],
      ...[experiment.experimentName, experiment.experimentArn, request.EndpointName],
      ...[JSON.stringify(request), experiment.status],
      ...[experiment.startAt, experiment.endAt, createdAt],
    ],
  )
  return rows.length > 0
}

export async function findExperiment(
  database: Queryable,
  place: Place,
  experimentName: string,
): Promise<InferenceExperiment | undefined> {
  const rows = await database.query<ExperimentRow>(
    `select ${COLUMNS.join(', ')} from inference_experiment
     where realm = $1 and region = $2 and experiment_name = $3`,
    [place.realm, place.region, experimentName],
  )
  return rows[0] && toExperiment(rows[0])
}

/** The same, and nobody else changes it until the transaction ends. */
export async function lockExperiment(
  transaction: Queryable,
  place: Place,
  experimentName: string,
): Promise<InferenceExperiment | undefined> {
  await transaction.query(
    `select 1 from inference_experiment
     where realm = $1 and region = $2 and experiment_name = $3 for update`,
    [place.realm, place.region, experimentName],
  )
  return findExperiment(transaction, place, experimentName)
}

/** The experiment of an endpoint that is not over, if there is one. */
export async function findUnfinished(
  database: Queryable,
  place: Place,
  of: { readonly endpointName: string; readonly statuses: readonly InferenceExperimentStatus[] },
): Promise<string | undefined> {
  const rows = await database.query<{ experiment_name: string }>(
    `select experiment_name from inference_experiment
     where realm = $1 and region = $2 and endpoint_name = $3 and status = any($4::text[])`,
    [place.realm, place.region, of.endpointName, of.statuses],
  )
  return rows[0]?.experiment_name
}

/** All experiments of living realms in these statuses. */
export async function listExperiments(
  database: Queryable,
  statuses: readonly InferenceExperimentStatus[],
): Promise<readonly InferenceExperiment[]> {
  const columns = COLUMNS.map((column) => `e.${column}`).join(', ')
  const rows = await database.query<ExperimentRow>(
    `select ${columns} from inference_experiment e join realm on realm.realm = e.realm
     where realm.ended_at is null and e.status = any($1::text[])`,
    [statuses],
  )
  return rows.map(toExperiment)
}

/** What changes of an experiment; null takes a member away, an absent one leaves it. */
export interface ExperimentChange {
  readonly from: readonly InferenceExperimentStatus[]
  readonly to?: InferenceExperimentStatus
  readonly at: Date
  readonly request?: ExperimentRequest
  readonly startAt?: Date
  readonly endAt?: Date
  readonly plan?: ExperimentPlan | null
  readonly stop?: ExperimentStop
  readonly originalConfigName?: string
  readonly statusReason?: string
  readonly completedAt?: Date
}

/** @returns false when it is in none of the statuses any more */
export async function changeExperiment(
  transaction: Queryable,
  { place, experimentName }: Pick<InferenceExperiment, 'place' | 'experimentName'>,
  change: ExperimentChange,
): Promise<boolean> {
  const { plan, stop, request } = change
  const rows = await transaction.query(
    `update inference_experiment set status = coalesce($5, status), modified_at = $6,
       request = coalesce($7::jsonb, request), start_at = coalesce($8, start_at),
       end_at = coalesce($9, end_at),
       plan = case when $10::boolean then $11::jsonb else plan end,
       stop = coalesce($12::jsonb, stop),
       original_config_name = coalesce($13, original_config_name),
       status_reason = coalesce($14, status_reason), completed_at = coalesce($15, completed_at)
     where realm = $1 and region = $2 and experiment_name = $3 and status = any($4::text[])
     returning 1`,
    [
      ...[place.realm, place.region, experimentName, change.from],
      ...[change.to ?? null, change.at, request ? JSON.stringify(request) : null],
      ...[change.startAt ?? null, change.endAt ?? null],
      ...[plan !== undefined, plan ? JSON.stringify(plan) : null],
      ...[stop ? JSON.stringify(stop) : null, change.originalConfigName ?? null],
      ...[change.statusReason ?? null, change.completedAt ?? null],
    ],
  )
  return rows.length > 0
}

export async function deleteExperiment(
  transaction: Queryable,
  { place, experimentName }: Pick<InferenceExperiment, 'place' | 'experimentName'>,
): Promise<void> {
  await transaction.query(
    `delete from inference_experiment
     where realm = $1 and region = $2 and experiment_name = $3`,
    [place.realm, place.region, experimentName],
  )
}

/** Whether an ARN names an experiment of the scope's account, region and life. */
export async function experimentExists(
  arn: string,
  scope: Place & { readonly database: Queryable },
): Promise<boolean> {
  const rows = await scope.database.query(
    'select 1 from inference_experiment where realm = $1 and region = $2 and experiment_arn = $3',
    [scope.realm, scope.region, arn],
  )
  return rows.length > 0
}

export function toExperiment(row: ExperimentRow): InferenceExperiment {
  return {
    place: { realm: row.realm, account: row.account, region: row.region },
    experimentName: row.experiment_name,
    experimentArn: row.experiment_arn,
    request: row.request,
    status: row.status,
    ...(row.status_reason !== null && { statusReason: row.status_reason }),
    startAt: row.start_at,
    endAt: row.end_at,
    ...(row.plan && { plan: row.plan }),
    ...(row.stop && { stop: row.stop }),
    ...(row.original_config_name !== null && { originalConfigName: row.original_config_name }),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    ...(row.completed_at && { completedAt: row.completed_at }),
  }
}
