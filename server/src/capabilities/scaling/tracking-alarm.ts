import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling'
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import type { Cooldown } from '../scalable-targets/index.ts'
import type { TrackedMetric } from './tracked-metric.ts'

/** For so long a metric must be beyond its target. @source AWS's own alarms: 3 periods, and 15 minutes */
const HIGH_PERIODS = 3
const LOW_SECONDS = 15 * 60
/** A metric that is this much of its target or more is on target. */
const LOW_SHARE = 0.9

/** For how many periods the metric must be beyond its target, by the direction that it leads in. */
export function periodsOf({
  periodSeconds,
}: Pick<TrackedMetric, 'periodSeconds'>): Readonly<Record<Cooldown['direction'], number>> {
  return { Out: HIGH_PERIODS, In: Math.ceil(LOW_SECONDS / periodSeconds) }
}

/** The alarms of a policy, under names that were given to them; without a low one it never scales in. */
export function trackingAlarms(
  configuration: TargetTrackingScalingPolicyConfiguration,
  metric: TrackedMetric,
  policy: {
    readonly names: { readonly high: string; readonly low?: string }
    /** The action of both. */
    readonly actionArn: string
  },
): readonly PutMetricAlarmInput[] {
  const { TargetValue: target = 0 } = configuration
  const { names, actionArn } = policy
  const periods = periodsOf(metric)
  const common = {
    ...metric.alarmMembers,
    ActionsEnabled: true,
    AlarmActions: [actionArn],
    AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${actionArn}.`,
  }
  const high = {
    ...common,
    AlarmName: names.high,
    EvaluationPeriods: periods.Out,
    Threshold: target,
    ComparisonOperator: 'GreaterThanThreshold' as const,
  }
  if (names.low === undefined) return [high]
  const low = {
    ...common,
    AlarmName: names.low,
    EvaluationPeriods: periods.In,
    Threshold: target * LOW_SHARE,
    ComparisonOperator: 'LessThanThreshold' as const,
  }
  return [high, low]
}
