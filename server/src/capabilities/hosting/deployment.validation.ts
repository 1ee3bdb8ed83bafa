import type {
  BlueGreenUpdatePolicy,
  CapacitySize,
  DeploymentConfig,
  RollingUpdatePolicy,
  TrafficRoutingConfig,
} from '@aws-sdk/client-sagemaker'
import { type AwsError, validationException } from '../../aws/errors.ts'
import { strategyOf } from './deployment.states.ts'
import type { FleetVariant } from './fleet.ts'

/** A size's bounds, in percent of a variant's instances. */
interface SizeBounds {
  readonly member: string
  readonly minimumPercent: number
  readonly maximumPercent: number
}

const CANARY: SizeBounds = { member: 'CanarySize', minimumPercent: 0, maximumPercent: 50 }
const LINEAR: SizeBounds = { member: 'LinearStepSize', minimumPercent: 10, maximumPercent: 50 }
const BATCH: SizeBounds = { member: 'MaximumBatchSize', minimumPercent: 5, maximumPercent: 50 }
const ROLLBACK: SizeBounds = {
  member: 'RollbackMaximumBatchSize',
  minimumPercent: 0,
  maximumPercent: 100,
}

/**
 * Refuses a deployment configuration that contradicts itself, whatever endpoint it is for.
 *
 * @source API reference of DeploymentConfig, BlueGreenUpdatePolicy, TrafficRoutingConfig and RollingUpdatePolicy
 */
export function validateDeploymentConfig(config: DeploymentConfig | undefined): void {
  if (!config) return
  const { BlueGreenUpdatePolicy: blueGreen, RollingUpdatePolicy: rolling } = config
  if (blueGreen && rolling) {
    throw validationException(
      'Both BlueGreenUpdatePolicy and RollingUpdatePolicy are given: only one update policy can be used.',
    )
  }
  const fault =
    (blueGreen && blueGreenFault(blueGreen)) ??
    (rolling && timeoutFault(rolling, rolling.WaitIntervalInSeconds ?? 0)) ??
    sizesOf(config).map(percentFault).find(Boolean)
  if (fault) throw fault
}

/** Refuses what the fleets at hand do not allow. */
export function validateDeployment(
  config: DeploymentConfig | undefined,
  fleets: { readonly present: readonly FleetVariant[]; readonly next: readonly FleetVariant[] },
): void {
  const strategy = strategyOf(config)
  if (!config || strategy === 'AllAtOnce') return
  const { present, next } = fleets
  const namesOf = (variants: readonly FleetVariant[]) =>
    variants.map(({ variantName }) => variantName).sort()
  if (namesOf(present).join() !== namesOf(next).join()) {
    throw validationException(
      `The variant(s) "${namesOf(next).join(', ')}" of the new endpoint configuration must have the same names ` +
        `as the present ones, "${namesOf(present).join(', ')}", for a deployment that shifts traffic in steps.`,
    )
  }
  if (strategy === 'Rolling' && next.length > 1) {
    throw validationException(
      'RollingUpdatePolicy is not supported for endpoints with several production variants: use BlueGreenUpdatePolicy.',
    )
  }
  if (strategy === 'Rolling' && next.some(({ production }) => production.ServerlessConfig)) {
    throw validationException('RollingUpdatePolicy is not supported for serverless endpoints.')
  }
  const fault = sizesOf(config)
    .flatMap((size) => next.map((variant) => countFault(size, variant)))
    .find(Boolean)
  if (fault) throw fault
}

function blueGreenFault(policy: BlueGreenUpdatePolicy): AwsError | undefined {
  const routing = policy.TrafficRoutingConfiguration
  const waits = (routing?.WaitIntervalInSeconds ?? 0) + (policy.TerminationWaitInSeconds ?? 0)
  return (routing && routingFault(routing)) ?? timeoutFault(policy, waits)
}

function routingFault(routing: TrafficRoutingConfig): AwsError | undefined {
  const { Type: type, CanarySize: canary, LinearStepSize: linear } = routing
  if (type === 'CANARY' && !canary) return missing('CanarySize', type)
  if (type === 'LINEAR' && !linear) return missing('LinearStepSize', type)
  if (type !== 'CANARY' && canary) return superfluous('CanarySize', type)
  if (type !== 'LINEAR' && linear) return superfluous('LinearStepSize', type)
  return undefined
}

function missing(member: string, type: string): AwsError {
  return validationException(
    `${member} is required in TrafficRoutingConfiguration when Type is ${type}.`,
  )
}

function superfluous(member: string, type: string | undefined): AwsError {
  return validationException(
    `${member} cannot be specified in TrafficRoutingConfiguration when Type is ${type}.`,
  )
}

/** "The timeout value should be larger than the total waiting time": a deployment that cannot end is refused. */
function timeoutFault(
  { MaximumExecutionTimeoutInSeconds: timeout }: BlueGreenUpdatePolicy | RollingUpdatePolicy,
  waitsSeconds: number,
): AwsError | undefined {
  if (timeout === undefined || timeout > waitsSeconds) return undefined
  return validationException(
    `MaximumExecutionTimeoutInSeconds ${timeout} must be larger than the total waiting time of ${waitsSeconds} ` +
      'seconds specified in WaitIntervalInSeconds and TerminationWaitInSeconds.',
  )
}

interface BoundedSize {
  readonly bounds: SizeBounds
  readonly size: CapacitySize
}

function sizesOf(config: DeploymentConfig): readonly BoundedSize[] {
  const routing = config.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration
  const rolling = config.RollingUpdatePolicy
  return [
    { bounds: CANARY, size: routing?.CanarySize },
    { bounds: LINEAR, size: routing?.LinearStepSize },
    { bounds: BATCH, size: rolling?.MaximumBatchSize },
    { bounds: ROLLBACK, size: rolling?.RollbackMaximumBatchSize },
  ].flatMap(({ bounds, size }) => (size ? [{ bounds, size }] : []))
}

function percentFault({ bounds, size }: BoundedSize): AwsError | undefined {
  if (size.Type !== 'CAPACITY_PERCENT') return undefined
  return isWithin(bounds, size.Value ?? 0)
    ? undefined
    : outOfBounds(bounds, `${size.Value} percent`)
}

function countFault({ bounds, size }: BoundedSize, variant: FleetVariant): AwsError | undefined {
  if (size.Type !== 'INSTANCE_COUNT') return undefined
  const { variantName, desiredInstanceCount: total } = variant
  const percent = total === 0 ? 0 : ((size.Value ?? 0) / total) * 100
  if (isWithin(bounds, percent)) return undefined
  return outOfBounds(bounds, `${size.Value} of variant "${variantName}"'s ${total} instance(s)`)
}

function isWithin({ minimumPercent, maximumPercent }: SizeBounds, percent: number): boolean {
  return percent >= minimumPercent && percent <= maximumPercent
}

function outOfBounds(bounds: SizeBounds, given: string): AwsError {
  const { member, minimumPercent, maximumPercent } = bounds
  const range =
    minimumPercent === 0
      ? `less than or equal to ${maximumPercent}%`
      : `between ${minimumPercent}% and ${maximumPercent}%`
  return validationException(
    `${member} is ${given}: its value must be ${range} of the variant's total instance count.`,
  )
}
