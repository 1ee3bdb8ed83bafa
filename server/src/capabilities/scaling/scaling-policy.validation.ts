import type {
  CustomizedMetricSpecification,
  PutScalingPolicyCommandInput,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import { type AwsError, validationException } from '../../aws/errors.ts'
import { findDimension } from './scalable-dimension.ts'
import type { PolicyRules } from './scaling-policy.store.ts'
import { validateSteps } from './step-scaling.validation.ts'

/** A policy's type and what it says. */
export type PolicyRequest =
  | Omit<Extract<PolicyRules, { policyType: 'StepScaling' }>, 'alarms'>
  | Omit<Extract<PolicyRules, { policyType: 'TargetTrackingScaling' }>, 'alarms'>

/**
 * @param known the policy that the request changes: what is not said again stays
 * @throws ValidationException
 */
export function validatePolicy(
  input: PutScalingPolicyCommandInput,
  known: PolicyRules | undefined,
): PolicyRequest {
  const policyType = input.PolicyType ?? known?.policyType
  if (policyType === undefined) {
    throw validationException('PolicyType is required when a scaling policy is created.')
  }
  if (known && known.policyType !== policyType) {
    throw validationException(
      `PolicyType cannot be changed: the policy is of type ${known.policyType}. Delete it first.`,
    )
  }
  const step = input.StepScalingPolicyConfiguration
  const tracking = input.TargetTrackingScalingPolicyConfiguration
  if (policyType === 'StepScaling') {
    const before = known?.policyType === 'StepScaling' ? known.configuration : undefined
    const configuration = step ?? before
    if (!configuration || tracking) throw wrongConfiguration(policyType)
    return { policyType, configuration: validateSteps(configuration) }
  }
  if (policyType === 'TargetTrackingScaling') {
    const before = known?.policyType === 'TargetTrackingScaling' ? known.configuration : undefined
    const configuration = tracking ?? before
    if (!configuration || step) throw wrongConfiguration(policyType)
    validateTracking(configuration, input.ScalableDimension ?? '')
    return { policyType, configuration }
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

function validateTracking(
  configuration: TargetTrackingScalingPolicyConfiguration,
  scalableDimension: string,
): void {
  const {
    TargetValue: target = 0,
    PredefinedMetricSpecification: predefined,
    CustomizedMetricSpecification: customized,
  } = configuration
  if (!(target > 0)) throw validationException('TargetValue must be greater than 0.')
  if ((configuration.ScaleOutCooldown ?? 0) < 0 || (configuration.ScaleInCooldown ?? 0) < 0) {
    throw validationException('ScaleOutCooldown and ScaleInCooldown must not be negative.')
  }
  if ((predefined === undefined) === (customized === undefined)) {
    throw validationException(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given.',
    )
  }
  if (customized) validateCustomized(customized)
  const type = predefined?.PredefinedMetricType
  const dimension = findDimension(scalableDimension)
  if (type !== undefined && !dimension?.predefinedMetrics.includes(type)) {
    throw validationException(
      `PredefinedMetricType ${type} is not one of the scalable dimension ${scalableDimension}: give ` +
        `${dimension?.predefinedMetrics.join(' or ')}.`,
    )
  }
  if (predefined?.ResourceLabel !== undefined) {
    throw validationException(`ResourceLabel is not supported with PredefinedMetricType ${type}.`)
  }
}

function validateCustomized(metric: CustomizedMetricSpecification): void {
  const { Metrics: queries, MetricName, Namespace, Statistic } = metric
  const isSingle = MetricName !== undefined && Namespace !== undefined && Statistic !== undefined
  if (!queries) {
    if (isSingle) return
    throw validationException(
      'CustomizedMetricSpecification needs MetricName, Namespace and Statistic, or Metrics.',
    )
  }
  if ([MetricName, Namespace, Statistic, metric.Dimensions, metric.Unit].some((one) => one)) {
    throw validationException(
      'CustomizedMetricSpecification has Metrics: MetricName, Namespace, Statistic, Dimensions and Unit must ' +
        'not be given with them.',
    )
  }
  const ids = queries.map(({ Id }) => Id)
  if (new Set(ids).size < ids.length) {
    throw validationException('The Ids of Metrics must differ from each other.')
  }
  for (const { Id, Expression, MetricStat } of queries) {
    if ((Expression === undefined) === (MetricStat === undefined)) {
      throw validationException(`Metrics: ${Id} needs either an Expression or a MetricStat.`)
    }
  }
  if (queries.filter(({ ReturnData = true }) => ReturnData).length !== 1) {
    throw validationException('Exactly one of Metrics must have ReturnData true.')
  }
}

/** Whether two policies track the same, which would pull at the target from two sides. */
export function isSameMetric(
  one: TargetTrackingScalingPolicyConfiguration,
  other: TargetTrackingScalingPolicyConfiguration,
): boolean {
  return metricText(one) === metricText(other)
}

function metricText(configuration: TargetTrackingScalingPolicyConfiguration): string {
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized } =
    configuration
  const { Dimensions: dimensions = [], ...rest } = customized ?? {}
  const sorted = dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()
  const members = Object.entries(rest).sort(([name], [next]) => (name < next ? -1 : 1))
  return JSON.stringify([predefined?.PredefinedMetricType, members, sorted])
}
