import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { sagemakerArn } from '../../aws/arn.ts'
import { validationException } from '../../aws/errors.ts'
import { listPage } from '../../platform/database/listing.store.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { requirePassableRole } from '../identity/index.ts'
import { requireModel } from '../models/index.ts'
import { insertTags, readTags, removeTags } from '../tags/index.ts'
import {
  deleteEndpointConfigRow,
  ENDPOINT_CONFIG_LISTING,
  type EndpointConfig,
  findEndpointConfig,
  insertEndpointConfig,
} from './endpoint-config.store.ts'
import { validateCreateEndpointConfig } from './endpoint-config.validation.ts'
import type { FleetSettings } from './fleet.ts'
import { validateModelFit } from './model-fit.validation.ts'
import { isServerless, validateServerlessModel } from './serverless.validation.ts'

/** AWS's default where InitialVariantWeight is not given. */
const VARIANT_WEIGHT_DEFAULT = 1

/** @throws ValidationException when the name is taken, a model does not exist or members contradict */
export async function createEndpointConfig(
  input: SageMaker.CreateEndpointConfigCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.CreateEndpointConfigCommandOutput, '$metadata'>> {
  validateCreateEndpointConfig(input)
  readTags(input.Tags)
  const { Tags: tags, ...request } = input
  const endpointConfigName = input.EndpointConfigName ?? ''
  const endpointConfigArn = sagemakerArn(scope, 'endpoint-config', endpointConfigName)
  if (input.ExecutionRoleArn !== undefined) {
    await requirePassableRole(scope, input.ExecutionRoleArn)
  }
  const shadows = input.ShadowProductionVariants ?? []
  for (const variant of [...(input.ProductionVariants ?? []), ...shadows]) {
    if (variant.ModelName === undefined) continue
    const model = await requireModel(scope, variant.ModelName)
    validateModelFit(input, model)
    if (isServerless(variant)) validateServerlessModel(model)
  }
  const config: EndpointConfig = {
    endpointConfigName,
    endpointConfigArn,
    request: {
      ...request,
      ProductionVariants: input.ProductionVariants?.map(weighted),
      ...(shadows.length > 0 && { ShadowProductionVariants: shadows.map(weighted) }),
    },
    createdAt: scope.clock.now(),
  }
  await scope.database.transaction(async (transaction) => {
    if (!(await insertEndpointConfig(transaction, scope, config))) {
      throw validationException(
        `Cannot create already existing endpoint configuration "${endpointConfigArn}".`,
      )
    }
    await insertTags(transaction, scope, { resourceArn: endpointConfigArn, tags })
  })
  return { EndpointConfigArn: endpointConfigArn }
}

function weighted(variant: SageMaker.ProductionVariant): SageMaker.ProductionVariant {
  return {
    ...variant,
    InitialVariantWeight: variant.InitialVariantWeight ?? VARIANT_WEIGHT_DEFAULT,
  }
}

export async function describeEndpointConfig(
  input: SageMaker.DescribeEndpointConfigCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeEndpointConfigCommandOutput, '$metadata'>> {
  const config = await requireEndpointConfig(scope, input.EndpointConfigName ?? '')
  return {
    ...config.request,
    EndpointConfigName: config.endpointConfigName,
    EndpointConfigArn: config.endpointConfigArn,
    CreationTime: config.createdAt,
    EnableNetworkIsolation: config.request.EnableNetworkIsolation ?? false,
  }
}

export async function listEndpointConfigs(
  input: SageMaker.ListEndpointConfigsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListEndpointConfigsCommandOutput, '$metadata'>> {
  const page = await listPage<{
    endpoint_config_name: string
    endpoint_config_arn: string
    created_at: Date
  }>({ database: scope.database, place: scope, listing: ENDPOINT_CONFIG_LISTING }, input, [
    { column: 'endpoint_config_name', operator: 'contains', value: input.NameContains },
    { column: 'created_at', operator: '<', value: input.CreationTimeBefore },
    { column: 'created_at', operator: '>=', value: input.CreationTimeAfter },
  ])
  return {
    EndpointConfigs: page.rows.map((row) => ({
      EndpointConfigName: row.endpoint_config_name,
      EndpointConfigArn: row.endpoint_config_arn,
      CreationTime: row.created_at,
    })),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  }
}

/**
 * Allowed while an endpoint uses it, as on AWS, whose documentation only warns: the endpoint keeps what it
 * needs of its configuration.
 */
export async function deleteEndpointConfig(
  input: SageMaker.DeleteEndpointConfigCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DeleteEndpointConfigCommandOutput, '$metadata'>> {
  const endpointConfigName = input.EndpointConfigName ?? ''
  const endpointConfigArn = sagemakerArn(scope, 'endpoint-config', endpointConfigName)
  await scope.database.transaction(async (transaction) => {
    if (!(await deleteEndpointConfigRow(transaction, scope, endpointConfigName))) {
      throw endpointConfigNotFound(endpointConfigArn)
    }
    await removeTags(transaction, scope, endpointConfigArn)
  })
  return {}
}

/** @throws ValidationException `Could not find endpoint configuration "arn…".` */
export async function requireEndpointConfig(
  scope: RequestScope,
  endpointConfigName: string,
): Promise<EndpointConfig> {
  const config = await findEndpointConfig(scope.database, scope, endpointConfigName)
  if (config) return config
  throw endpointConfigNotFound(sagemakerArn(scope, 'endpoint-config', endpointConfigName))
}

/** What a fleet of this configuration keeps of it, beside its variants. */
export function fleetSettings({ request }: EndpointConfig): FleetSettings {
  const { AsyncInferenceConfig, DataCaptureConfig } = request
  return {
    ...(AsyncInferenceConfig && { AsyncInferenceConfig }),
    ...(DataCaptureConfig && { DataCaptureConfig }),
  }
}

function endpointConfigNotFound(endpointConfigArn: string) {
  return validationException(`Could not find endpoint configuration "${endpointConfigArn}".`)
}
