import type {
  InferenceComponentDeploymentConfig,
  InferenceComponentStatus,
} from '@aws-sdk/client-sagemaker'
import type { Place } from '../../platform/scope.ts'

export interface InferenceComponent {
  /** Tells a component from a later one of the same name. */
  readonly componentId: string
  readonly place: Place
  readonly inferenceComponentName: string
  readonly inferenceComponentArn: string
  readonly endpointId: string
  readonly endpointName: string
  readonly endpointArn: string
  readonly variantName: string
  readonly status: InferenceComponentStatus
  readonly failureReason?: string
  /** How many copies there shall be once the present change is over. */
  readonly desiredCopyCount: number
  readonly deploymentConfig?: InferenceComponentDeploymentConfig
  /** Of the change that is under way, or was the last. */
  readonly plan?: ComponentPlan
  /** How many stories it has begun. */
  readonly revision: number
  readonly createdAt: Date
  readonly modifiedAt: Date
}

/** A change of a component, laid out whole at its beginning. */
export interface ComponentPlan {
  /** The specification that has all copies in the end. */
  readonly next: number
  readonly phases: readonly ComponentPhase[]
  /** What had the copies before; absent when nothing did, so that there is nothing to go back to. */
  readonly previous?: PreviousCopies
  /** How long each phase is watched before the copies that it replaces go. */
  readonly waitSeconds: number
  readonly alarmNames: readonly string[]
  readonly timeoutSeconds: number
  /** ISO 8601: after it the change is taken back. */
  readonly deadline: string
  /** How many copies a way back moves at once. */
  readonly rollbackBatch: number
}

/** Copies as they are kept from one moment on, of the new specification and then of the one before. */
export interface ComponentPhase {
  readonly nextCount: number
  readonly previousCount: number
}

export interface PreviousCopies {
  readonly specification: number
  readonly copyCount: number
}
