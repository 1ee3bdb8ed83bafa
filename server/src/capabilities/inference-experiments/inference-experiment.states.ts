import type {
  CreateEndpointConfigInput,
  DataCaptureConfig,
  EndpointStatus,
  InferenceExperimentStatus,
  ModelVariantConfig,
  ModelVariantStatus,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker'
import {
  type ExperimentRequest,
  type ExperimentStop,
  type InferenceExperiment,
  usualActions,
  variantNames,
} from './inference-experiment.ts'

/** What is seen of the endpoint. */
export interface ObservedEndpoint {
  readonly status: EndpointStatus
  readonly endpointConfigName: string
  readonly failureReason?: string
}

/** The next thing to do. Doing it twice comes to the same. */
export type ExperimentStep =
  /** Nothing, until something is announced or the clock reads `dueAt`. */
  | { readonly step: 'wait'; readonly dueAt?: Date }
  | {
      readonly step: 'move'
      readonly to: InferenceExperimentStatus
      readonly statusReason?: string
      readonly stop?: ExperimentStop
    }
  /** Bring the endpoint to the plan's configuration. */
  | { readonly step: 'apply' }

const BUSY: ReadonlySet<EndpointStatus> = new Set([
  'Creating',
  'Updating',
  'SystemUpdating',
  'RollingBack',
  'Deleting',
])

/** Statuses in which something is still to be done. */
export const UNFINISHED: readonly InferenceExperimentStatus[] = [
  'Creating',
  'Created',
  'Starting',
  'Running',
  'Updating',
  'Stopping',
]

/** From what is seen alone. @param now on the platform's clock */
export function decideExperiment(
  experiment: InferenceExperiment,
  endpoint: ObservedEndpoint | undefined,
  now: Date,
): ExperimentStep {
  const { status, startAt, endAt } = experiment
  switch (status) {
    case 'Creating':
      return { step: 'move', to: 'Created' }
    case 'Created':
      return now >= startAt ? { step: 'move', to: 'Starting' } : { step: 'wait', dueAt: startAt }
    case 'Running':
      if (!endpoint) return cancelled('The endpoint was deleted.')
      if (now < endAt) return { step: 'wait', dueAt: endAt }
      return {
        step: 'move',
        to: 'Stopping',
        stop: { actions: usualActions(experiment.request), desiredState: 'Completed' },
      }
    case 'Starting':
    case 'Updating':
      return decideChange(experiment, endpoint, { to: 'Running' })
    case 'Stopping': {
      const { desiredState = 'Completed', reason } = experiment.stop ?? {}
      const done = {
        to: desiredState,
        ...(reason !== undefined && { statusReason: reason }),
      }
      return endpoint ? decideChange(experiment, endpoint, done) : { step: 'move', ...done }
    }
    default:
      return { step: 'wait' }
  }
}

function decideChange(
  { plan }: InferenceExperiment,
  endpoint: ObservedEndpoint | undefined,
  done: { readonly to: InferenceExperimentStatus; readonly statusReason?: string },
): ExperimentStep {
  if (!plan) return { step: 'move', ...done }
  if (!endpoint) return plan.asked ? cancelled('The endpoint was deleted.') : { step: 'apply' }
  if (BUSY.has(endpoint.status)) return { step: 'wait' }
  const { status, endpointConfigName, failureReason } = endpoint
  if (status === 'InService' && endpointConfigName === plan.endpointConfigName) {
    return { step: 'move', ...done }
  }
  if (!plan.asked) return { step: 'apply' }
  return cancelled(failureReason ?? `The endpoint did not take the configuration: it is ${status}.`)
}

function cancelled(statusReason: string): ExperimentStep {
  return { step: 'move', to: 'Cancelled', statusReason }
}

/** Whether a status is one in which the endpoint is brought to another configuration. */
export function needsPlan(to: InferenceExperimentStatus): boolean {
  return to === 'Starting' || to === 'Updating' || to === 'Stopping'
}

/**
 * The endpoint configuration that the experiment wants now: both variants while it runs, and when it ends what
 * was asked to be left.
 *
 * @param captured what the endpoint captures apart from the experiment
 */
export function wantedConfig(
  experiment: InferenceExperiment,
  captured: DataCaptureConfig | undefined,
): Omit<CreateEndpointConfigInput, 'EndpointConfigName'> {
  const { request, stop } = experiment
  const capture = (stop ? undefined : captureOf(request)) ?? captured
  return { ...variantsOf(request, stop), ...(capture && { DataCaptureConfig: capture }) }
}

function variantsOf(request: ExperimentRequest, stop: ExperimentStop | undefined) {
  const { production, shadow } = variantNames(request)
  const percentage = request.ShadowModeConfig?.ShadowModelVariants?.[0]?.SamplingPercentage ?? 0
  const variant = (name: string, weight: number): ProductionVariant => {
    const desired = stop?.desiredVariants?.find(({ VariantName }) => VariantName === name)
    const given = request.ModelVariants?.find(({ VariantName }) => VariantName === name)
    return productionVariant(desired ?? given, { name, weight })
  }
  const actions = stop?.actions
  const serving = [
    ...(actions?.[production] === 'Remove' ? [] : [variant(production, 1)]),
    ...(actions?.[shadow] === 'Promote' ? [variant(shadow, 1)] : []),
  ]
  const shadowing = !actions || actions[shadow] === 'Retain'
  return {
    ProductionVariants: serving,
    // a weight of 1 beside one of 1 is a copy of every request
    ...(shadowing && { ShadowProductionVariants: [variant(shadow, percentage / 100)] }),
  }
}

function productionVariant(
  config: ModelVariantConfig | undefined,
  { name, weight }: { readonly name: string; readonly weight: number },
): ProductionVariant {
  const infrastructure = config?.InfrastructureConfig?.RealTimeInferenceConfig
  return {
    VariantName: name,
    ModelName: config?.ModelName,
    InstanceType: infrastructure?.InstanceType,
    InitialInstanceCount: infrastructure?.InstanceCount,
    InitialVariantWeight: weight,
  }
}

/** @source "Shadow tests" in AWS's guide: what both variants get and answer is stored, request by request */
function captureOf({
  DataStorageConfig: storage,
}: ExperimentRequest): DataCaptureConfig | undefined {
  if (!storage) return undefined
  return {
    EnableCapture: true,
    InitialSamplingPercentage: 100,
    DestinationS3Uri: storage.Destination,
    CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    ...(storage.KmsKey && { KmsKeyId: storage.KmsKey }),
    ...(storage.ContentType && { CaptureContentTypeHeader: storage.ContentType }),
  }
}

/** How each variant of the experiment fares, by its status. */
export function variantStatus(
  { status, stop, request, originalConfigName }: InferenceExperiment,
  variantName: string,
): ModelVariantStatus {
  const isOver = status === 'Completed' || status === 'Cancelled'
  const actions = stop?.actions ?? usualActions(request)
  const leaves = actions[variantName] === 'Remove'
  if (isOver) return leaves ? 'Deleted' : 'InService'
  if (status === 'Running') return 'InService'
  if (status === 'Stopping') return leaves ? 'Deleting' : 'Updating'
  if (status === 'Updating') return 'Updating'
  const isThere =
    originalConfigName !== undefined && variantName === variantNames(request).production
  return isThere ? 'InService' : 'Creating'
}
