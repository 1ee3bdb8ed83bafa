import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { listPage } from '../../platform/database/listing.store.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { readPresentDeployment } from './deployment.store.ts'
import type { Deployment } from './deployment.ts'
import { endpointNotFound } from './endpoint.operations.ts'
import type { EndpointStatus } from './endpoint.states.ts'
import { ENDPOINT_LISTING, findEndpoint } from './endpoint.store.ts'
import { readyInstances } from './endpoint-state.ts'
import { readFleets } from './fleet.store.ts'
import type { Fleet, FleetVariant, ServerlessSettings } from './fleet.ts'
import { readReplicas } from './replica.store.ts'
import { launchingStatus, type ShownEndpoint, servingStatus } from './variant-status.states.ts'

/** @throws ValidationException `Could not find endpoint "arn…".` */
export async function describeEndpoint(
  input: SageMaker.DescribeEndpointCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeEndpointCommandOutput, '$metadata'>> {
  const endpoint = await findEndpoint(scope.database, scope, input.EndpointName ?? '')
  if (!endpoint) throw endpointNotFound(scope, input.EndpointName ?? '')
  const { endpointId } = endpoint
  const fleets = await readFleets(scope.database, endpointId)
  const replicas = await readReplicas(scope.database, endpointId)
  const deployment = await readPresentDeployment(scope.database, endpointId)
  const serving = fleets.find(({ stage }) => stage === 'Serving')
  const launching = fleets.find(isLaunchedBy(deployment))
  const shown = serving ?? launching
  const shownEndpoint = { fleets, replicas, ...(deployment && { deployment }) }
  const { failureReason, deploymentConfig } = endpoint
  return {
    EndpointName: endpoint.endpointName,
    EndpointArn: endpoint.endpointArn,
    EndpointConfigName: shown?.endpointConfigName ?? endpoint.endpointConfigName,
    ...(shown && { ProductionVariants: summaries(shownEndpoint, shown) }),
    ...(shown && shadowSummaries(shownEndpoint, shown)),
    EndpointStatus: endpoint.status,
    ...(failureReason !== undefined && { FailureReason: failureReason }),
    CreationTime: endpoint.createdAt,
    LastModifiedTime: endpoint.modifiedAt,
    ...(deploymentConfig && { LastDeploymentConfig: deploymentConfig }),
    ...(serving &&
      launching && {
        PendingDeploymentSummary: {
          EndpointConfigName: launching.endpointConfigName,
          ProductionVariants: pendingSummaries(shownEndpoint, launching),
          ...shadowSummaries(shownEndpoint, launching),
          StartTime: launching.launchedAt,
        },
      }),
    ...dataCapture(shown),
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

/** The fleet that comes up: a deployment's, or without one the first. */
function isLaunchedBy(deployment: Deployment | undefined): (fleet: Fleet) => boolean {
  return ({ stage, generation, traffic }) =>
    stage === 'Launching' && (deployment ? deployment.generation === generation : !traffic)
}

function summaries(shown: ShownEndpoint, fleet: Fleet): SageMaker.ProductionVariantSummary[] {
  return fleet.variants.map((variant) => {
    const status =
      fleet.stage === 'Launching'
        ? launchingStatus(shown, fleet, variant)
        : servingStatus(shown, fleet, variant)
    return {
      ...summary(shown, fleet, variant),
      ...(status && { VariantStatus: [status] }),
      ...(variant.production.RoutingConfig && { RoutingConfig: variant.production.RoutingConfig }),
    }
  })
}

function pendingSummaries(
  shown: ShownEndpoint,
  fleet: Fleet,
): SageMaker.PendingProductionVariantSummary[] {
  return fleet.variants.map((variant) => ({
    ...summary(shown, fleet, variant),
    ...(variant.serverless ? {} : { InstanceType: variant.production.InstanceType }),
    VariantStatus: [launchingStatus(shown, fleet, variant)],
    ...(variant.production.RoutingConfig && { RoutingConfig: variant.production.RoutingConfig }),
  }))
}

function summary({ replicas }: ShownEndpoint, fleet: Fleet, variant: FleetVariant) {
  const { variantName, desiredInstanceCount } = variant
  const { ManagedInstanceScaling: managed } = variant.production
  return {
    VariantName: variantName,
    ...(!variant.hostsComponents && { DeployedImages: deployedImages(variant) }),
    CurrentWeight: variant.weight,
    DesiredWeight: variant.desiredWeight,
    ...(managed && { ManagedInstanceScaling: managed }),
    ...(variant.serverless
      ? serverlessSummary(variant)
      : {
          CurrentInstanceCount: readyInstances(replicas, fleet, variant),
          DesiredInstanceCount: desiredInstanceCount,
        }),
  }
}

function deployedImages({ resolvedAt, ...variant }: FleetVariant): SageMaker.DeployedImage[] {
  return (variant.containers?.all ?? [variant]).map(({ container, resolvedImage }) => ({
    SpecifiedImage: container.Image,
    ResolvedImage: resolvedImage,
    ResolutionTime: new Date(resolvedAt),
  }))
}

/** There are no instances; how many environments there are at a moment is nobody's to know, as on AWS. */
function serverlessSummary({ serverless, desiredServerless }: FleetVariant) {
  return {
    CurrentInstanceCount: 0,
    ...(serverless && { CurrentServerlessConfig: serverlessConfig(serverless) }),
    ...(desiredServerless && { DesiredServerlessConfig: serverlessConfig(desiredServerless) }),
  }
}

function serverlessConfig(
  settings: ServerlessSettings,
): SageMaker.ProductionVariantServerlessConfig {
  const { memoryMb, maxConcurrency, provisionedConcurrency } = settings
  return {
    MemorySizeInMB: memoryMb,
    MaxConcurrency: maxConcurrency,
    ...(provisionedConcurrency > 0 && { ProvisionedConcurrency: provisionedConcurrency }),
  }
}

function shadowSummaries(
  shown: ShownEndpoint,
  fleet: Fleet,
): Pick<SageMaker.DescribeEndpointOutput, 'ShadowProductionVariants'> {
  const { shadows } = fleet.settings
  if (!shadows) return {}
  return { ShadowProductionVariants: shadows.map((variant) => summary(shown, fleet, variant)) }
}

/** Present where the configuration has one, whether it is enabled or not. */
function dataCapture(
  shown: Fleet | undefined,
): Pick<SageMaker.DescribeEndpointOutput, 'DataCaptureConfig'> {
  const capture = shown?.settings.DataCaptureConfig
  if (!capture) return {}
  const isEnabled = capture.EnableCapture ?? true
  return {
    DataCaptureConfig: {
      EnableCapture: isEnabled,
      // the configuration's are captured from the moment that requests go to its fleet
      CaptureStatus: isEnabled && shown?.stage === 'Serving' ? 'Started' : 'Stopped',
      CurrentSamplingPercentage: capture.InitialSamplingPercentage,
      DestinationS3Uri: capture.DestinationS3Uri,
      KmsKeyId: capture.KmsKeyId ?? '',
    },
  }
}
