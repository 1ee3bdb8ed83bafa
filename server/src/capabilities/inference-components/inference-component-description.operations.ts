import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { listPage } from '../../platform/database/listing.store.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { readState, readyCopies, type Workload } from '../hosting/index.ts'
import { requireInferenceComponent } from './inference-component.operations.ts'
import { INFERENCE_COMPONENT_LISTING } from './inference-component.store.ts'

/** @throws ValidationException `Could not find inference component "arn…".` */
export async function describeInferenceComponent(
  input: SageMaker.DescribeInferenceComponentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeInferenceComponentCommandOutput, '$metadata'>> {
  const { database } = scope
  const name = input.InferenceComponentName ?? ''
  const component = await requireInferenceComponent(scope, database, name)
  const { componentId, failureReason, deploymentConfig, plan, status } = component
  const state = await readState(database, component.endpointId)
  const own = (state?.workloads ?? []).filter((one) => one.componentId === componentId)
  const serving = state?.fleets.find(({ stage }) => stage === 'Serving')
  // until another specification has all copies, the one before it is the component's
  const before = status === 'Updating' ? plan?.previous?.specification : undefined
  const shown = own.find((one) => one.specification === before) ?? own.at(-1)
  return {
    InferenceComponentName: component.inferenceComponentName,
    InferenceComponentArn: component.inferenceComponentArn,
    EndpointName: component.endpointName,
    EndpointArn: component.endpointArn,
    VariantName: component.variantName,
    ...(failureReason !== undefined && { FailureReason: failureReason }),
    ...(shown && { Specification: specificationSummary(shown) }),
    RuntimeConfig: {
      DesiredCopyCount: component.desiredCopyCount,
      CurrentCopyCount: serving
        ? own.reduce((sum, one) => sum + readyCopies(state?.replicas ?? [], serving, one), 0)
        : 0,
    },
    CreationTime: component.createdAt,
    LastModifiedTime: component.modifiedAt,
    InferenceComponentStatus: status,
    ...(deploymentConfig && { LastDeploymentConfig: deploymentConfig }),
  }
}

export async function listInferenceComponents(
  input: SageMaker.ListInferenceComponentsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListInferenceComponentsCommandOutput, '$metadata'>> {
  const page = await listPage<{
    inference_component_name: string
    inference_component_arn: string
    endpoint_name: string
    endpoint_arn: string
    variant_name: string
    status: SageMaker.InferenceComponentStatus
    created_at: Date
    modified_at: Date
  }>({ database: scope.database, place: scope, listing: INFERENCE_COMPONENT_LISTING }, input, [
    { column: 'inference_component_name', operator: 'contains', value: input.NameContains },
    { column: 'created_at', operator: '<', value: input.CreationTimeBefore },
    { column: 'created_at', operator: '>=', value: input.CreationTimeAfter },
    { column: 'modified_at', operator: '<', value: input.LastModifiedTimeBefore },
    { column: 'modified_at', operator: '>', value: input.LastModifiedTimeAfter },
    { column: 'status', operator: '=', value: input.StatusEquals },
    { column: 'endpoint_name', operator: '=', value: input.EndpointNameEquals },
    { column: 'variant_name', operator: '=', value: input.VariantNameEquals },
  ])
  return {
    InferenceComponents: page.rows.map((row) => ({
      CreationTime: row.created_at,
      InferenceComponentArn: row.inference_component_arn,
      InferenceComponentName: row.inference_component_name,
      EndpointArn: row.endpoint_arn,
      EndpointName: row.endpoint_name,
      VariantName: row.variant_name,
      InferenceComponentStatus: row.status,
      LastModifiedTime: row.modified_at,
    })),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  }
}

function specificationSummary({
  request,
  variant,
}: Workload): SageMaker.InferenceComponentSpecificationSummary {
  const { ModelName, StartupParameters, ComputeResourceRequirements } = request
  const { Container: container, DataCacheConfig, SchedulingConfig } = request
  return {
    ...(ModelName !== undefined && { ModelName }),
    ...(container && {
      Container: {
        DeployedImage: {
          SpecifiedImage: container.Image,
          ResolvedImage: variant.resolvedImage,
          ResolutionTime: new Date(variant.resolvedAt),
        },
        ...(container.ArtifactUrl !== undefined && { ArtifactUrl: container.ArtifactUrl }),
        ...(container.Environment && { Environment: container.Environment }),
      },
    }),
    ...(StartupParameters && { StartupParameters }),
    ...(ComputeResourceRequirements && { ComputeResourceRequirements }),
    ...(DataCacheConfig && {
      DataCacheConfig: { EnableCaching: DataCacheConfig.EnableCaching ?? false },
    }),
    ...(SchedulingConfig && { SchedulingConfig }),
  }
}
