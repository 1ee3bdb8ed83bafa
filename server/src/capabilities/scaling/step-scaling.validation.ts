import type {
  StepAdjustment,
  StepScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import { validationException } from '../../aws/errors.ts'

/** @source Application Auto Scaling quotas */
const STEPS_MAX = 20

/**
 * @throws ValidationException when the steps do not say for each value at most one thing
 * @source Application Auto Scaling User Guide, "Step adjustments"; texts as in public reports of AWS's answers
 */
export function validateSteps(
  configuration: StepScalingPolicyConfiguration,
): StepScalingPolicyConfiguration {
  const {
    AdjustmentType: type,
    StepAdjustments: steps = [],
    Cooldown: cooldown = 0,
  } = configuration
  if (type === undefined) throw validationException('AdjustmentType is required.')
  if (steps.length === 0) throw validationException('At least one step adjustment is required.')
  if (steps.length > STEPS_MAX) {
    throw validationException(
      `There can be at most ${STEPS_MAX} step adjustments per scaling policy; ${steps.length} are given.`,
    )
  }
  if (cooldown < 0) throw validationException('Cooldown must not be negative.')
  if (configuration.MinAdjustmentMagnitude !== undefined && type !== 'PercentChangeInCapacity') {
    throw validationException(
      'MinAdjustmentMagnitude is supported only with AdjustmentType PercentChangeInCapacity.',
    )
  }
  if (type === 'ExactCapacity' && steps.some(({ ScalingAdjustment: n = 0 }) => n < 0)) {
    throw validationException(
      'ScalingAdjustment must not be negative with AdjustmentType ExactCapacity.',
    )
  }
  validateIntervals(steps)
  return configuration
}

function validateIntervals(steps: readonly StepAdjustment[]): void {
  const intervals = steps
    .map((step) => ({
      lower: step.MetricIntervalLowerBound ?? Number.NEGATIVE_INFINITY,
      upper: step.MetricIntervalUpperBound ?? Number.POSITIVE_INFINITY,
    }))
    .sort((one, other) => one.lower - other.lower)
  for (const [index, { lower, upper }] of intervals.entries()) {
    if (lower === Number.NEGATIVE_INFINITY && upper === Number.POSITIVE_INFINITY) {
      throw validationException(
        'A StepAdjustment must have a lower bound, an upper bound or both: one has neither.',
      )
    }
    if (lower >= upper) {
      throw validationException(
        `The lower bound of a StepAdjustment must be less than its upper bound: they are ${lower} and ${upper}.`,
      )
    }
    const next = intervals[index + 1]
    if (next && next.lower < upper) {
      throw validationException('Step adjustment intervals cannot overlap')
    }
    if (next && next.lower > upper) {
      throw validationException('Step adjustment intervals cannot have gaps between them')
    }
  }
  const lowest = intervals[0]?.lower ?? 0
  if (lowest < 0 && lowest !== Number.NEGATIVE_INFINITY) {
    throw validationException(
      'There must be a StepAdjustment with an unspecified lower bound (i.e., lower bound is null) when one ' +
        'StepAdjustment has a negative lower bound',
    )
  }
  const highest = intervals.at(-1)?.upper ?? 0
  if (highest > 0 && highest !== Number.POSITIVE_INFINITY) {
    throw validationException(
      'There must be a StepAdjustment with an unspecified upper bound (i.e., upper bound is null) when one ' +
        'StepAdjustment has a positive upper bound',
    )
  }
}
