import type {
  DescribeTrainingJobResponse,
  TrainingJobStatus,
  WarmPoolStatus,
} from '@aws-sdk/client-sagemaker'
import { selectedInstance } from './cluster.ts'
import { billableTimeSeconds, isActive, trainingTimeSeconds } from './training-job.states.ts'
import type { TrainingJob, TrainingJobRequest } from './training-job.store.ts'

/** What DescribeTrainingJob answers: the request as it was given, with AWS's defaults, and how it went. */
export function describedJob(job: TrainingJob): DescribeTrainingJobResponse {
  const { request, state } = job
  const seconds = trainingTimeSeconds(state)
  const keepAliveSeconds = request.ResourceConfig.KeepAlivePeriodInSeconds ?? 0
  const warmPool = warmPoolStatus(state.status, keepAliveSeconds)
  return {
    ...describedRequest(request),
    TrainingJobArn: job.arn,
    // absent until there is one, though the reference calls it required: so AWS answers too
    ModelArtifacts:
      state.modelArtifacts === undefined ? undefined : { S3ModelArtifacts: state.modelArtifacts },
    TrainingJobStatus: state.status,
    SecondaryStatus: state.secondaryStatus,
    ...(state.failureReason !== undefined && { FailureReason: state.failureReason }),
    ...(warmPool && { WarmPoolStatus: warmPool }),
    CreationTime: job.createdAt,
    ...(state.trainingStartedAt && { TrainingStartTime: state.trainingStartedAt }),
    ...(state.trainingEndedAt && { TrainingEndTime: state.trainingEndedAt }),
    LastModifiedTime: state.modifiedAt,
    SecondaryStatusTransitions: state.transitions.map(({ StartTime, EndTime, ...entry }) => ({
      ...entry,
      StartTime: new Date(StartTime),
      ...(EndTime !== undefined && { EndTime: new Date(EndTime) }),
    })),
    ...(state.finalMetrics.length > 0 && {
      FinalMetricDataList: state.finalMetrics.map(({ Timestamp, ...metric }) => ({
        ...metric,
        Timestamp: new Date(Timestamp),
      })),
    }),
    ...(seconds !== undefined && {
      TrainingTimeInSeconds: seconds,
      BillableTimeInSeconds: billableTimeSeconds(state),
    }),
    // nothing is profiled here, whatever the configuration asks for
    ProfilingStatus: 'Disabled',
  }
}

/** A warm pool is in use while its job is, and ends with it: no instance is kept here. */
export function warmPoolStatus(
  status: TrainingJobStatus,
  keepAliveSeconds: number,
): WarmPoolStatus | undefined {
  if (keepAliveSeconds === 0) return undefined
  if (isActive(status)) return { Status: 'InUse' }
  return { Status: 'Terminated', ResourceRetainedBillableTimeInSeconds: 0 }
}

function describedRequest(request: TrainingJobRequest) {
  const {
    AlgorithmSpecification: algorithm,
    OutputDataConfig: output,
    ResourceConfig: resources,
    SessionChainingConfig: _sessionChaining,
    ...rest
  } = request
  const hasMetrics = (algorithm.MetricDefinitions?.length ?? 0) > 0
  const selected = resources.InstancePreferences?.length ? selectedInstance(resources) : undefined
  return {
    ...rest,
    AlgorithmSpecification: {
      ...algorithm,
      EnableSageMakerMetricsTimeSeries: algorithm.EnableSageMakerMetricsTimeSeries ?? hasMetrics,
    },
    // clients read the key without asking whether it is there
    OutputDataConfig: { ...output, KmsKeyId: output.KmsKeyId ?? '' },
    ResourceConfig: {
      ...resources,
      ...(selected && {
        SelectedInstanceType: selected.InstanceType,
        SelectedInstanceCount: selected.InstanceCount,
      }),
    },
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
    EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
    EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
  }
}
