import type * as SageMaker from '@aws-sdk/client-sagemaker'
import { listPage } from '../../platform/database/listing.store.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { observeEndpoint } from './inference-experiment.activities.ts'
import { requireExperiment } from './inference-experiment.operations.ts'
import { variantStatus } from './inference-experiment.states.ts'
import {
  EXPERIMENT_LISTING,
  type ExperimentRow,
  toExperiment,
} from './inference-experiment.store.ts'
import type { InferenceExperiment } from './inference-experiment.ts'

/** @throws ResourceNotFound */
export async function describeInferenceExperiment(
  input: SageMaker.DescribeInferenceExperimentCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.DescribeInferenceExperimentCommandOutput, '$metadata'>> {
  const experiment = await requireExperiment(scope, input.Name)
  const endpoint = await observeEndpoint(scope, experiment)
  const { request } = experiment
  return {
    Arn: experiment.experimentArn,
    ...summary(experiment),
    EndpointMetadata: {
      EndpointName: request.EndpointName,
      ...(endpoint && {
        EndpointConfigName: endpoint.endpointConfigName,
        EndpointStatus: endpoint.status,
      }),
      ...(endpoint?.failureReason !== undefined && { FailureReason: endpoint.failureReason }),
    },
    ModelVariants: (request.ModelVariants ?? []).map((variant) => ({
      ModelName: variant.ModelName,
      VariantName: variant.VariantName,
      InfrastructureConfig: variant.InfrastructureConfig,
      Status: variantStatus(experiment, variant.VariantName ?? ''),
    })),
    ...(request.DataStorageConfig && { DataStorageConfig: request.DataStorageConfig }),
    ShadowModeConfig: request.ShadowModeConfig,
    ...(request.KmsKey !== undefined && { KmsKey: request.KmsKey }),
  }
}

export async function listInferenceExperiments(
  input: SageMaker.ListInferenceExperimentsCommandInput,
  scope: RequestScope,
): Promise<Omit<SageMaker.ListInferenceExperimentsCommandOutput, '$metadata'>> {
  const page = await listPage<ExperimentRow>(
    { database: scope.database, place: scope, listing: EXPERIMENT_LISTING },
    input,
    [
      { column: 'experiment_name', operator: 'contains', value: input.NameContains },
      { column: 'status', operator: '=', value: input.StatusEquals },
      { column: 'created_at', operator: '<', value: input.CreationTimeBefore },
      { column: 'created_at', operator: '>=', value: input.CreationTimeAfter },
      { column: 'modified_at', operator: '<', value: input.LastModifiedTimeBefore },
      { column: 'modified_at', operator: '>', value: input.LastModifiedTimeAfter },
    ],
  )
  return {
    InferenceExperiments: page.rows.map((row) => summary(toExperiment(row))),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  }
}

function summary(experiment: InferenceExperiment) {
  const { experimentName, request, startAt, endAt, status, statusReason } = experiment
  const { createdAt, modifiedAt, completedAt } = experiment
  return {
    Name: experimentName,
    Type: request.Type,
    Schedule: { StartTime: startAt, EndTime: endAt },
    Status: status,
    ...(statusReason !== undefined && { StatusReason: statusReason }),
    ...(request.Description !== undefined && { Description: request.Description }),
    CreationTime: createdAt,
    ...(completedAt && { CompletionTime: completedAt }),
    LastModifiedTime: modifiedAt,
    RoleArn: request.RoleArn,
  }
}
