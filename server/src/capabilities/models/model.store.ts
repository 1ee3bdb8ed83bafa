import type { CreateModelCommandInput } from '@aws-sdk/client-sagemaker'
import type { Queryable } from '../../platform/database/database.ts'
import type { Listing } from '../../platform/database/listing.store.ts'
import type { Place } from '../../platform/scope.ts'
import type { PassableRole } from '../identity/index.ts'

/** What CreateModel asked for, but for the tags, which are the tags capability's. */
export type ModelRequest = Omit<CreateModelCommandInput, 'Tags'>

export interface Model {
  readonly modelName: string
  readonly modelArn: string
  readonly request: ModelRequest
  readonly createdAt: Date
}

type ModelRow = { model_name: string; model_arn: string; request: ModelRequest; created_at: Date }

export const MODEL_LISTING: Listing = {
  table: 'model',
  columns: ['model_name', 'model_arn', 'created_at'],
  sortColumns: { Name: 'model_name', CreationTime: 'created_at' },
  nameColumn: 'model_name',
  pageSizeDefault: 10,
}

/** How an insertion ended. */
export type Insertion = 'inserted' | 'name taken' | 'role changed'

/** Inserts a model while its role is what it was when it was judged. */
export async function insertModel(
  database: Queryable,
  place: Place,
  { model, role }: { model: Model; role: PassableRole },
): Promise<Insertion> {
  const inserted = await database.query(
    `insert into model (realm, account, region, model_name, model_arn, request, created_at)
     select $1, $2, $3, $4, $5, $6::jsonb, $7::timestamptz
     from iam_role where realm = $1 and arn = $8 and trust_policy = $9
     on conflict do nothing returning 1`,
    [
      ...[place.realm, place.account, place.region, model.modelName, model.modelArn],
      ...[JSON.stringify(model.request), model.createdAt, role.arn, role.trustPolicy],
    ],
  )
  if (inserted.length > 0) return 'inserted'
  // a name that is given up meanwhile leads to another try, as a role that has changed does
  return (await findModel(database, place, model.modelName)) ? 'name taken' : 'role changed'
}

export async function findModel(
  database: Queryable,
  place: Place,
  modelName: string,
): Promise<Model | undefined> {
  const rows = await database.query<ModelRow>(
    `select model_name, model_arn, request, created_at from model
     where realm = $1 and region = $2 and model_name = $3`,
    [place.realm, place.region, modelName],
  )
  const row = rows[0]
  if (!row) return undefined
  return {
    modelName: row.model_name,
    modelArn: row.model_arn,
    request: row.request,
    createdAt: row.created_at,
  }
}

/** @returns false when there is no such model */
export async function deleteModelRow(
  transaction: Queryable,
  place: Place,
  modelName: string,
): Promise<boolean> {
  const rows = await transaction.query(
    'delete from model where realm = $1 and region = $2 and model_name = $3 returning 1',
    [place.realm, place.region, modelName],
  )
  return rows.length > 0
}

/** Whether an ARN names a model of the scope's account, region and life. */
export async function modelExists(
  arn: string,
  scope: Place & { readonly database: Queryable },
): Promise<boolean> {
  const rows = await scope.database.query(
    'select 1 from model where realm = $1 and region = $2 and model_arn = $3',
    [scope.realm, scope.region, arn],
  )
  return rows.length > 0
}
