import type { StepScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling'
import type { Queryable } from '../../platform/database/database.ts'
import { type AlarmReading, readAlarms } from '../alarms/index.ts'
import { evaluateMetricQueries } from '../metrics/index.ts'
import type { Cooldown, ScalableTarget } from '../scalable-targets/index.ts'
import type { Proposal } from './scaling.states.ts'
import type { ScalingPolicy } from './scaling-policy.store.ts'
import { trackedMetric } from './tracked-metric.ts'
import { periodsOf } from './tracking-alarm.ts'

/** @source Application Auto Scaling API Reference: SageMaker's variants cool down for five minutes */
const COOLDOWN_SECONDS_DEFAULT = 300
/** Where an alarm says too much without a value, as one that was set by hand: one more, whatever there is. */
const RATIO_OF_ONE_MORE = 1 + 1e-6

type TrackingPolicy = Extract<ScalingPolicy, { policyType: 'TargetTrackingScaling' }>
type StepPolicy = Extract<ScalingPolicy, { policyType: 'StepScaling' }>

/** What target tracking policies want now, and whether all that may scale in agree to it. */
export async function trackingProposals(
  database: Queryable,
  target: ScalableTarget,
  { policies, now }: { readonly policies: readonly ScalingPolicy[]; readonly now: Date },
): Promise<{ readonly proposals: readonly Proposal[]; readonly mayTrackIn: boolean }> {
  const tracking = policies.filter((one) => one.policyType === 'TargetTrackingScaling')
  const names = tracking.flatMap(({ alarms: { high, low } }) =>
    low === undefined ? [high] : [high, low],
  )
  const readings = await readAlarms(database, target.place, names)
  const isAlarmed = (name: string | undefined): boolean =>
    readings.some(({ alarmName, stateValue }) => alarmName === name && stateValue === 'ALARM')
  const proposals: Proposal[] = []
  for (const policy of tracking) {
    const { high, low } = policy.alarms
    const direction = isAlarmed(high) ? 'Out' : isAlarmed(low) ? 'In' : undefined
    if (!direction) continue
    const ratio = await readRatio(database, target, { policy, direction, now })
    if (ratio === undefined) continue
    proposals.push({
      kind: 'Tracking',
      policyName: policy.policyName,
      alarmName: (direction === 'Out' ? high : low) ?? '',
      cooldownSeconds: cooldownsOf(policy),
      direction,
      ratio,
    })
  }
  const mayTrackIn = tracking
    .filter(({ alarms }) => alarms.low !== undefined)
    .every(({ alarms }) => isAlarmed(alarms.low))
  return { proposals, mayTrackIn }
}

/** How long each direction cools down after a target tracking policy's activity. */
export function cooldownsOf({ configuration }: TrackingPolicy): Proposal['cooldownSeconds'] {
  return {
    Out: configuration.ScaleOutCooldown ?? COOLDOWN_SECONDS_DEFAULT,
    In: configuration.ScaleInCooldown ?? COOLDOWN_SECONDS_DEFAULT,
  }
}

/**
 * The metric ÷ its target, of whole periods: to scale out the newest value, to scale in the greatest for which
 * the alarm has waited, so that never too much is taken away.
 */
async function readRatio(
  database: Queryable,
  target: ScalableTarget,
  request: {
    readonly policy: TrackingPolicy
    readonly direction: Cooldown['direction']
    readonly now: Date
  },
): Promise<number | undefined> {
  const { policy, direction, now } = request
  const metric = trackedMetric(policy.configuration, target)
  if (!metric) return undefined
  const periodMs = metric.periodSeconds * 1_000
  const endMs = Math.floor(now.getTime() / periodMs) * periodMs
  const [series] = await evaluateMetricQueries(database, target.place, {
    queries: metric.queries,
    startTime: new Date(endMs - periodsOf(metric)[direction] * periodMs),
    endTime: new Date(endMs),
  })
  const values = series?.values ?? []
  const value = direction === 'Out' ? values.at(-1) : greatest(values)
  if (value !== undefined) return value / (policy.configuration.TargetValue ?? 1)
  return direction === 'Out' ? RATIO_OF_ONE_MORE : undefined
}

function greatest(values: readonly number[]): number | undefined {
  return values.length > 0 ? Math.max(...values) : undefined
}

/** What a step scaling policy makes of an alarm that called it. */
export function stepProposal(policy: StepPolicy, alarm: AlarmReading): Proposal {
  const { configuration: steps, policyName } = policy
  const seconds = steps.Cooldown ?? COOLDOWN_SECONDS_DEFAULT
  return {
    kind: 'Step',
    policyName,
    alarmName: alarm.alarmName,
    cooldownSeconds: { Out: seconds, In: seconds },
    steps,
    ...breachOf(alarm, steps),
  }
}

/**
 * How far the alarm's values, taken together as the policy says, are beyond its threshold. An alarm without
 * values, as a composite one or one that was set by hand, is just beyond it.
 */
export function breachOf(
  alarm: Pick<AlarmReading, 'stateReasonData'>,
  steps: StepScalingPolicyConfiguration,
): Pick<Extract<Proposal, { kind: 'Step' }>, 'breach' | 'side'> {
  const { threshold, values } = dataOf(alarm.stateReasonData)
  const side = sideOf(steps)
  if (threshold === undefined || values.length === 0) return { breach: 0, side }
  const breach = aggregated(values, steps.MetricAggregationType) - threshold
  return { breach, side }
}

function aggregated(
  values: readonly number[],
  type: StepScalingPolicyConfiguration['MetricAggregationType'],
): number {
  if (type === 'Minimum') return Math.min(...values)
  if (type === 'Maximum') return Math.max(...values)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** On which side of the threshold a policy's steps lie, which is where its alarm is. */
function sideOf({
  StepAdjustments: steps = [],
}: StepScalingPolicyConfiguration): 'Above' | 'Below' {
  const isAbove = steps.some(
    ({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }) =>
      (lower !== undefined && lower >= 0) || (upper !== undefined && upper > 0),
  )
  return isAbove ? 'Above' : 'Below'
}

/** Of a metric alarm's state; users may set a state with any other JSON, or none. */
function dataOf(text: string | undefined): {
  readonly threshold: number | undefined
  readonly values: readonly number[]
} {
  const nothing = { threshold: undefined, values: [] }
  if (text === undefined) return nothing
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data !== 'object' || data === null) return nothing
    const { threshold, recentDatapoints } = data as Record<string, unknown>
    const values = Array.isArray(recentDatapoints)
      ? recentDatapoints.filter((one) => typeof one === 'number')
      : []
    return { threshold: typeof threshold === 'number' ? threshold : undefined, values }
  } catch {
    return nothing
  }
}
