import type { UpdateTrainingJobRequest } from '@aws-sdk/client-sagemaker'
import { validationException } from '../../aws/errors.ts'
import { isActive } from './training-job.states.ts'
import type { TrainingJob, TrainingJobRequest } from './training-job.store.ts'
import { requireProfilingInterval } from './training-job.validation.ts'

/** source: RemoteDebugConfigForUpdate in SageMaker's reference */
const DEBUGGABLE = ['Downloading', 'Training']

/**
 * What the job's request becomes by an update: profiling, remote debugging and how long its instances are
 * kept may change, while it runs.
 *
 * @throws ValidationException for what the job's status does not allow
 */
export function updatedRequest(
  input: UpdateTrainingJobRequest,
  job: Pick<TrainingJob, 'request' | 'state'>,
): TrainingJobRequest {
  const { request, state } = job
  const { ProfilerConfig, ProfilerRuleConfigurations, RemoteDebugConfig, ResourceConfig } = input
  const keepAliveSeconds = ResourceConfig?.KeepAlivePeriodInSeconds
  requireProfilingInterval(ProfilerConfig?.ProfilingIntervalInMilliseconds)
  if (!isActive(state.status)) {
    throw validationException(
      `The request was rejected because the training job is in status ${state.status}.`,
    )
  }
  if (RemoteDebugConfig && !DEBUGGABLE.includes(state.secondaryStatus)) {
    throw validationException(
      `RemoteDebugConfig cannot be updated in secondary status ${state.secondaryStatus}: ` +
        `it can in ${DEBUGGABLE.join(' and ')}.`,
    )
  }
  if (keepAliveSeconds !== undefined && !request.ResourceConfig.KeepAlivePeriodInSeconds) {
    throw validationException(
      'KeepAlivePeriodInSeconds cannot be updated: the training job was created without a warm pool.',
    )
  }
  const rules = [
    ...(request.ProfilerRuleConfigurations ?? []),
    ...(ProfilerRuleConfigurations ?? []),
  ]
  requireNewNames(rules.map(({ RuleConfigurationName }) => RuleConfigurationName))
  return {
    ...request,
    ...(ProfilerConfig && { ProfilerConfig: { ...request.ProfilerConfig, ...ProfilerConfig } }),
    ...(rules.length > 0 && { ProfilerRuleConfigurations: rules }),
    ...(RemoteDebugConfig && { RemoteDebugConfig }),
    ...(keepAliveSeconds !== undefined && {
      ResourceConfig: { ...request.ResourceConfig, KeepAlivePeriodInSeconds: keepAliveSeconds },
    }),
  }
}

function requireNewNames(names: readonly (string | undefined)[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw validationException(
    `The profiler rule configuration '${twice}' is there already: give the new one another name.`,
  )
}
