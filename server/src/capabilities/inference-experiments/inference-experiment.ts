import type {
  CreateInferenceExperimentRequest,
  InferenceExperimentStatus,
  ModelVariantAction,
  ModelVariantConfig,
} from '@aws-sdk/client-sagemaker'
import type { Place } from '../../platform/scope.ts'

/** A shadow test of an endpoint: a production variant, a shadow variant, and for how long. */
export interface InferenceExperiment {
  readonly place: Place
  readonly experimentName: string
  readonly experimentArn: string
  readonly request: ExperimentRequest
  readonly status: InferenceExperimentStatus
  readonly statusReason?: string
  readonly startAt: Date
  readonly endAt: Date
  /** Present while the endpoint is being brought to another configuration. */
  readonly plan?: ExperimentPlan
  /** Present from the moment that it is to end. */
  readonly stop?: ExperimentStop
  /** What the endpoint had before; absent when it was made for the experiment, or it has not begun. */
  readonly originalConfigName?: string
  readonly createdAt: Date
  readonly modifiedAt: Date
  readonly completedAt?: Date
}

/** The schedule is in `startAt` and `endAt`. */
export type ExperimentRequest = Omit<CreateInferenceExperimentRequest, 'Tags' | 'Schedule'>

export interface ExperimentPlan {
  readonly endpointConfigName: string
  /** The endpoint was asked for it: what rests in another configuration from then on has failed. */
  readonly asked: boolean
}

export interface ExperimentStop {
  /** For each variant of the experiment. */
  readonly actions: Readonly<Record<string, ModelVariantAction>>
  readonly desiredVariants?: readonly ModelVariantConfig[]
  readonly desiredState: 'Completed' | 'Cancelled'
  readonly reason?: string
}

/** The names of the two variants. */
export function variantNames({ ShadowModeConfig: config }: ExperimentRequest): {
  readonly production: string
  readonly shadow: string
} {
  return {
    production: config?.SourceModelVariantName ?? '',
    shadow: config?.ShadowModelVariants?.[0]?.ShadowModelVariantName ?? '',
  }
}

/** What becomes of variants of which nothing is said: the test leaves no trace. */
export function usualActions(request: ExperimentRequest): ExperimentStop['actions'] {
  const { production, shadow } = variantNames(request)
  return { [production]: 'Retain', [shadow]: 'Remove' }
}
