import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { listPage } from '../../platform/database/listing.store.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { readyCount } from './endpoint.activities.ts'
import { endpointNotFound } from './endpoint.operations.ts'
import type { EndpointStatus } from './endpoint.states.ts'
import { ENDPOINT_LISTING, type Endpoint, findEndpoint } from './endpoint.store.ts'
import { findEndpointConfig } from './endpoint-config.store.ts'
import { readFleets, readReplicas } from './fleet.store.ts'
import type { Fleet, FleetVariant, Replica } from './fleet.ts'

/** @throws ValidationException `Could not find endpoint "arn…".` */
export async function describeEndpoint(
  input: SageMaker.DescribeEndpointCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeEndpointCommandOutput, '$metadata'>> {
  const endpoint = await findEndpoint(scope.database, scope, input.EndpointName ?? '')
  if (!endpoint) throw endpointNotFound(scope, input.EndpointName ?? '')
  const fleets = await readFleets(scope.database, endpoint.endpointId)
  const replicas = await readReplicas(scope.database, endpoint.endpointId)
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  const launching = fleets.find(({ stage }) => stage === 'Launching')
  const shown = serving ?? launching
  const { failureReason, deploymentConfig } = endpoint
  return {
    EndpointName: endpoint.endpointName,
    EndpointArn: endpoint.endpointArn,
    EndpointConfigName: shown?.endpointConfigName ?? endpoint.endpointConfigName,
    ...(shown && { ProductionVariants: summaries(shown, replicas) }),
    EndpointStatus: endpoint.status,
    ...(failureReason !== undefined && { FailureReason: failureReason }),
    CreationTime: endpoint.createdAt,
    LastModifiedTime: endpoint.modifiedAt,
    ...(deploymentConfig && { LastDeploymentConfig: deploymentConfig }),
    ...(serving &&
      launching && {
        PendingDeploymentSummary: {
          EndpointConfigName: launching.endpointConfigName,
          ProductionVariants: pendingSummaries(launching, replicas),
          StartTime: launching.launchedAt,
        },
      }),
    ...(await dataCapture(scope, endpoint, shown)),
  }
}

export async function listEndpoints(
  input: SageMaker.ListEndpointsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListEndpointsCommandOutput, '$metadata'>> {
  const page = await listPage<{
    endpoint_name: string
    endpoint_arn: string
    status: EndpointStatus
    created_at: Date
    modified_at: Date
  }>({ database: scope.database, place: scope, listing: ENDPOINT_LISTING }, input, [
    { column: 'endpoint_name', operator: 'contains', value: input.NameContains },
    { column: 'created_at', operator: '<', value: input.CreationTimeBefore },
    { column: 'created_at', operator: '>=', value: input.CreationTimeAfter },
    { column: 'modified_at', operator: '<', value: input.LastModifiedTimeBefore },
    { column: 'modified_at', operator: '>', value: input.LastModifiedTimeAfter },
    { column: 'status', operator: '=', value: input.StatusEquals },
  ])
  return {
    Endpoints: page.rows.map((row) => ({
      EndpointName: row.endpoint_name,
      EndpointArn: row.endpoint_arn,
      CreationTime: row.created_at,
      LastModifiedTime: row.modified_at,
      EndpointStatus: row.status,
    })),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  }
}

function summaries(
  fleet: Fleet,
  replicas: readonly Replica[],
): SageMaker.ProductionVariantSummary[] {
  return fleet.variants.map((variant) => ({
    ...summary(fleet, variant, replicas),
    ...(variant.production.RoutingConfig && { RoutingConfig: variant.production.RoutingConfig }),
  }))
}

function pendingSummaries(
  fleet: Fleet,
  replicas: readonly Replica[],
): SageMaker.PendingProductionVariantSummary[] {
  return fleet.variants.map((variant) => ({
    ...summary(fleet, variant, replicas),
    InstanceType: variant.production.InstanceType,
  }))
}

function summary(fleet: Fleet, variant: FleetVariant, replicas: readonly Replica[]) {
  const { variantName, desiredInstanceCount } = variant
  const currentCount = readyCount(replicas, fleet, variantName)
  const status = variantStatus(fleet, variant, currentCount)
  return {
    VariantName: variantName,
    DeployedImages: [
      {
        SpecifiedImage: variant.container.Image,
        ResolvedImage: variant.resolvedImage,
        ResolutionTime: new Date(variant.resolvedAt),
      },
    ],
    CurrentWeight: variant.weight,
    DesiredWeight: variant.desiredWeight,
    CurrentInstanceCount: currentCount,
    DesiredInstanceCount: desiredInstanceCount,
    ...(status && { VariantStatus: [status] }),
  }
}

/**
 * What is happening to a variant, where something is.
 *
 * @source the messages of VariantStatus in AWS's guide to deployment guardrails
 */
function variantStatus(
  fleet: Fleet,
  { instanceCount, desiredInstanceCount }: FleetVariant,
  currentCount: number,
): SageMaker.ProductionVariantStatus | undefined {
  if (fleet.stage === 'Launching') {
    return {
      Status: 'Creating',
      StatusMessage: `Launching ${instanceCount} instance(s).`,
      StartTime: fleet.launchedAt,
    }
  }
  if (desiredInstanceCount < instanceCount) {
    const StatusMessage = `Scaling in desired instance count to ${desiredInstanceCount}.`
    return { Status: 'Updating', StatusMessage }
  }
  if (currentCount < desiredInstanceCount) {
    const StatusMessage = `Scaling out desired instance count to ${desiredInstanceCount}.`
    return { Status: 'Updating', StatusMessage }
  }
  return undefined
}

/** Present, and stopped, where the configuration has one: capture that is enabled is refused with it. */
async function dataCapture(
  scope: RequestScope,
  endpoint: Endpoint,
  shown: Fleet | undefined,
): Promise<Pick<SageMaker.DescribeEndpointOutput, 'DataCaptureConfig'>> {
  const name = shown?.endpointConfigName ?? endpoint.endpointConfigName
  const config = await findEndpointConfig(scope.database, scope, name)
  const capture = config?.request.DataCaptureConfig
  if (!capture) return {}
  return {
    DataCaptureConfig: {
      EnableCapture: false,
      CaptureStatus: 'Stopped',
      CurrentSamplingPercentage: capture.InitialSamplingPercentage,
      DestinationS3Uri: capture.DestinationS3Uri,
      KmsKeyId: capture.KmsKeyId ?? '',
    },
  }
}
