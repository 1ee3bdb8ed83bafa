import type {
  PutScalingPolicyCommandInput,
  StepScalingPolicyConfiguration,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import { type AwsError, validationException } from '../../aws/errors.ts'
import { findDimension } from './scalable-dimension.ts'
import type { PolicyRules } from './scaling-policy.store.ts'

const STEPS_MAX = 20

/** A policy's type and what it says, with AWS's defaults. */
export type PolicyRequest =
  | {
      readonly policyType: 'StepScaling'
      readonly configuration: StepScalingPolicyConfiguration
    }
  | {
      readonly policyType: 'TargetTrackingScaling'
      readonly configuration: TargetTrackingScalingPolicyConfiguration
    }

/** @throws ValidationException @param known the type of a policy that the request changes */
export function validatePolicy(
  input: PutScalingPolicyCommandInput,
  known: PolicyRules['policyType'] | undefined,
): PolicyRequest {
  const policyType = input.PolicyType ?? known ?? 'StepScaling'
  if (known && known !== policyType) {
    throw validationException(
      `PolicyType cannot be changed: the policy is of type ${known}. Delete it first.`,
    )
  }
  const step = input.StepScalingPolicyConfiguration
  const tracking = input.TargetTrackingScalingPolicyConfiguration
  if (policyType === 'StepScaling') {
    if (!step || tracking) throw wrongConfiguration(policyType)
    return { policyType, configuration: validateSteps(step) }
  }
  if (policyType === 'TargetTrackingScaling') {
    if (!tracking || step) throw wrongConfiguration(policyType)
    return { policyType, configuration: validateTracking(tracking, input.ScalableDimension ?? '') }
  }
  throw validationException(
    `PolicyType ${policyType} is not supported for the service namespace sagemaker: give StepScaling or ` +
      'TargetTrackingScaling.',
  )
}

function wrongConfiguration(policyType: string): AwsError {
  return validationException(
    `A policy of type ${policyType} needs ${policyType}PolicyConfiguration, and no other configuration.`,
  )
}

function validateSteps(
  configuration: StepScalingPolicyConfiguration,
): StepScalingPolicyConfiguration {
  const { AdjustmentType: type, StepAdjustments: steps = [] } = configuration
  if (type === undefined) throw validationException('AdjustmentType is required.')
  if (steps.length === 0) throw validationException('At least one step adjustment is required.')
  if (steps.length > STEPS_MAX) {
    throw validationException(
      `${steps.length} step adjustments are given: at most ${STEPS_MAX} are allowed.`,
    )
  }
  if (configuration.MinAdjustmentMagnitude !== undefined && type !== 'PercentChangeInCapacity') {
    throw validationException(
      'MinAdjustmentMagnitude is supported only with AdjustmentType PercentChangeInCapacity.',
    )
  }
  const intervals = steps
    .map((step) => ({
      lower: step.MetricIntervalLowerBound ?? Number.NEGATIVE_INFINITY,
      upper: step.MetricIntervalUpperBound ?? Number.POSITIVE_INFINITY,
      adjustment: step.ScalingAdjustment ?? 0,
    }))
    .sort((one, other) => one.lower - other.lower)
  for (const [index, { lower, upper, adjustment }] of intervals.entries()) {
    if (lower >= upper) {
      throw validationException(
        'A step’s MetricIntervalLowerBound must be less than its upper bound.',
      )
    }
    if (type === 'ExactCapacity' && adjustment < 0) {
      throw validationException(
        'ScalingAdjustment must not be negative with AdjustmentType ExactCapacity.',
      )
    }
    const next = intervals[index + 1]
    if (next && next.lower < upper) throw validationException('StepAdjustment intervals overlap.')
    if (next && next.lower > upper) {
      throw validationException('There is a gap between the StepAdjustment intervals.')
    }
  }
  return configuration
}

function validateTracking(
  configuration: TargetTrackingScalingPolicyConfiguration,
  scalableDimension: string,
): TargetTrackingScalingPolicyConfiguration {
  const {
    TargetValue: target = 0,
    PredefinedMetricSpecification: predefined,
    CustomizedMetricSpecification: customized,
  } = configuration
  if (!(target > 0)) throw validationException('TargetValue must be greater than 0.')
  if ((predefined === undefined) === (customized === undefined)) {
    throw validationException(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given.',
    )
  }
  const type = predefined?.PredefinedMetricType
  const dimension = findDimension(scalableDimension)
  if (type !== undefined && !dimension?.predefinedMetrics.includes(type)) {
    throw validationException(
      `PredefinedMetricType ${type} is not one of the scalable dimension ${scalableDimension}: give ` +
        `${dimension?.predefinedMetrics.join(' or ')}.`,
    )
  }
  if (customized && !customized.Metrics?.length) {
    const { MetricName, Namespace, Statistic } = customized
    if (MetricName === undefined || Namespace === undefined || Statistic === undefined) {
      throw validationException(
        'CustomizedMetricSpecification needs MetricName, Namespace and Statistic, or Metrics.',
      )
    }
  }
  return configuration
}
