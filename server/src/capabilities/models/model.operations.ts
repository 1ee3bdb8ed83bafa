import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { validationException } from '../../aws/errors.ts'
import { parseS3Uri } from '../../aws/s3-uri.ts'
import { listPage } from '../../platform/database/listing.store.ts'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { type PassableRole, withPassableRole } from '../identity/index.ts'
import { anyObjectUnder, objectExists } from '../objects/index.ts'
import { insertTags, readTags, removeTags } from '../tags/index.ts'
import {
  deleteModelRow,
  findModel,
  type Insertion,
  insertModel,
  MODEL_LISTING,
  type Model,
} from './model.store.ts'
import { containersOf, validateCreateModel } from './model.validation.ts'
import { modelDataOf } from './model-data.ts'

/** @throws ValidationException when the name is taken, or the image, the data or the role cannot be had */
export async function createModel(
  input: SageMaker.CreateModelCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateModelCommandOutput, '$metadata'>> {
  validateCreateModel(input)
  readTags(input.Tags)
  const { Tags: tags, ...request } = input
  const modelName = input.ModelName ?? ''
  const modelArn = sagemakerArn(scope, 'model', modelName)
  const insertion = await withPassableRole(scope, input.ExecutionRoleArn ?? '', async (role) => {
    for (const container of containersOf(input)) await requireContainer(container, scope)
    const model: Model = { modelName, modelArn, request, createdAt: scope.clock.now() }
    const outcome = await insertTagged({ model, role, tags }, scope)
    return outcome === 'role changed' ? undefined : outcome
  })
  if (insertion === 'name taken') {
    throw validationException(`Cannot create already existing model "${modelArn}".`)
  }
  return { ModelArn: modelArn }
}

async function insertTagged(
  {
    model,
    role,
    tags = [],
  }: { model: Model; role: PassableRole; tags?: SageMaker.Tag[] | undefined },
  scope: RequestScope,
): Promise<Insertion> {
  // one statement is a transaction of its own, in a third of the round trips
  if (tags.length === 0) return await insertModel(scope.database, scope, { model, role })
  return await scope.database.transaction(async (transaction) => {
    const insertion = await insertModel(transaction, scope, { model, role })
    if (insertion === 'inserted') {
      await insertTags(transaction, scope, { resourceArn: model.modelArn, tags })
    }
    return insertion
  })
}

export async function describeModel(
  input: SageMaker.DescribeModelCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeModelCommandOutput, '$metadata'>> {
  const model = await requireModel(scope, input.ModelName ?? '')
  const { PrimaryContainer, Containers, InferenceExecutionConfig, VpcConfig } = model.request
  return {
    ModelName: model.modelName,
    ...(PrimaryContainer && { PrimaryContainer }),
    ...(Containers && { Containers }),
    ...(InferenceExecutionConfig && { InferenceExecutionConfig }),
    ...(VpcConfig && { VpcConfig }),
    ExecutionRoleArn: model.request.ExecutionRoleArn,
    CreationTime: model.createdAt,
    ModelArn: model.modelArn,
    EnableNetworkIsolation: model.request.EnableNetworkIsolation ?? false,
  }
}

export async function listModels(
  input: SageMaker.ListModelsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListModelsCommandOutput, '$metadata'>> {
  const page = await listPage<{ model_name: string; model_arn: string; created_at: Date }>(
    { database: scope.database, place: scope, listing: MODEL_LISTING },
    input,
    [
      { column: 'model_name', operator: 'contains', value: input.NameContains },
      { column: 'created_at', operator: '<', value: input.CreationTimeBefore },
      { column: 'created_at', operator: '>=', value: input.CreationTimeAfter },
    ],
  )
  return {
    Models: page.rows.map((row) => ({
      ModelName: row.model_name,
      ModelArn: row.model_arn,
      CreationTime: row.created_at,
    })),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  }
}

/** Endpoints that serve the model go on: they keep what they need of it. */
export async function deleteModel(
  input: SageMaker.DeleteModelCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DeleteModelCommandOutput, '$metadata'>> {
  const modelName = input.ModelName ?? ''
  const modelArn = sagemakerArn(scope, 'model', modelName)
  await scope.database.transaction(async (transaction) => {
    if (!(await deleteModelRow(transaction, scope, modelName))) throw modelNotFound(modelArn)
    await removeTags(transaction, scope, modelArn)
  })
  return {}
}

export const modelOperations = {
  CreateModel: createModel,
  DescribeModel: describeModel,
  ListModels: listModels,
  DeleteModel: deleteModel,
} satisfies HandlersOf<typeof SageMaker, RequestScope>

/** @throws ValidationException `Could not find model "arn…".` */
export async function requireModel(scope: RequestScope, modelName: string): Promise<Model> {
  const model = await findModel(scope.database, scope, modelName)
  if (!model) throw modelNotFound(sagemakerArn(scope, 'model', modelName))
  return model
}

function modelNotFound(modelArn: string) {
  return validationException(`Could not find model "${modelArn}".`)
}

/**
 * As AWS does, a model is refused when its image or its data is not there at this moment; both are
 * fetched again, and may be gone, when replicas start.
 */
async function requireContainer(
  container: SageMaker.ContainerDefinition,
  scope: RequestScope,
): Promise<void> {
  const containerImage = container.Image ?? ''
  const image = await scope.engine.resolveImage(containerImage)
  if (!image.found) {
    throw validationException(`Requested image ${containerImage} not found. ${image.reason}`)
  }
  // models of a prefix may all come later
  if (container.Mode === 'MultiModel') return
  const data = modelDataOf(container)
  const location = data && parseS3Uri(data.s3Uri)
  if (!data || !location) return
  const isThere =
    data.s3DataType === 'Object'
      ? await objectExists(scope, location)
      : await anyObjectUnder(scope, location)
  // source: the same text in public reports of CreateModel, StepFunctions and CloudFormation
  if (!isThere) throw validationException(`Could not find model data at ${data.s3Uri}.`)
}
