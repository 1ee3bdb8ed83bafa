import type {
  CustomizedMetricSpecification,
  MetricType,
  TargetTrackingMetric,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import type { MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import type { ScalableTarget } from '../scalable-targets/index.ts'

/** What a target tracking policy looks at, as an alarm and GetMetricData both put it. */
export interface TrackedMetric {
  readonly periodSeconds: number
  /** Of an alarm on it. */
  readonly alarmMembers: Pick<
    PutMetricAlarmInput,
    'Namespace' | 'MetricName' | 'Dimensions' | 'Statistic' | 'Unit' | 'Period' | 'Metrics'
  >
  readonly queries: readonly MetricDataQuery[]
  /** Whether no data means that there was nothing to do. */
  readonly missingIsNothing: boolean
}

interface Predefined {
  readonly metricName: string
  readonly statistic: 'Sum' | 'Average' | 'Maximum'
  readonly periodSeconds: number
}

/**
 * @source SageMaker Developer Guide, "Define a scaling policy": each predefined metric, and its resolution.
 *   InvocationsPerInstance is a sum by the minute; the high-resolution ones come every ten seconds
 */
const PREDEFINED: Partial<Readonly<Record<MetricType, Predefined>>> = {
  SageMakerVariantInvocationsPerInstance: {
    metricName: 'InvocationsPerInstance',
    statistic: 'Sum',
    periodSeconds: 60,
  },
  SageMakerVariantConcurrentRequestsPerModelHighResolution: {
    metricName: 'ConcurrentRequestsPerModel',
    statistic: 'Average',
    periodSeconds: 10,
  },
  SageMakerVariantProvisionedConcurrencyUtilization: {
    metricName: 'ServerlessProvisionedConcurrencyUtilization',
    statistic: 'Maximum',
    periodSeconds: 60,
  },
}

/** The metric of a policy; undefined for one that is predefined for something else than a variant. */
export function trackedMetric(
  configuration: TargetTrackingScalingPolicyConfiguration,
  target: Pick<ScalableTarget, 'variant'>,
): TrackedMetric | undefined {
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized } =
    configuration
  if (customized) return customizedMetric(customized)
  const known = predefined?.PredefinedMetricType && PREDEFINED[predefined.PredefinedMetricType]
  if (!known || !target.variant) return undefined
  const { metricName, statistic, periodSeconds } = known
  const { endpointName, variantName } = target.variant
  return singleMetric({
    namespace: 'AWS/SageMaker',
    metricName,
    statistic,
    periodSeconds,
    dimensions: { EndpointName: endpointName, VariantName: variantName },
    missingIsNothing: true,
  })
}

const CUSTOM_PERIOD_SECONDS = 60

function customizedMetric(metric: CustomizedMetricSpecification): TrackedMetric {
  if (metric.Metrics?.length) {
    const queries = metric.Metrics.map(toQuery)
    return {
      periodSeconds: CUSTOM_PERIOD_SECONDS,
      alarmMembers: { Metrics: queries },
      queries,
      missingIsNothing: false,
    }
  }
  const dimensions = (metric.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value])
  return singleMetric({
    namespace: metric.Namespace ?? '',
    metricName: metric.MetricName ?? '',
    statistic: metric.Statistic === 'SampleCount' ? 'Sum' : toStatistic(metric.Statistic),
    periodSeconds: CUSTOM_PERIOD_SECONDS,
    dimensions: Object.fromEntries(dimensions) as Record<string, string>,
    ...(metric.Unit !== undefined && { unit: metric.Unit }),
    missingIsNothing: false,
  })
}

type Statistic = 'Average' | 'Sum' | 'Minimum' | 'Maximum' | 'SampleCount'

function toStatistic(statistic: string | undefined): Statistic {
  const known: readonly Statistic[] = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount']
  return known.find((one) => one === statistic) ?? 'Average'
}

/** The shapes of two services that say the same; periods are a minute where none is given. */
function toQuery(query: TargetTrackingMetric & { MetricStat?: unknown }): MetricDataQuery {
  const { MetricStat: stat, ...rest } = query as MetricDataQuery
  return {
    ...rest,
    ...(stat && { MetricStat: { ...stat, Period: stat.Period ?? CUSTOM_PERIOD_SECONDS } }),
  }
}

function singleMetric(metric: {
  readonly namespace: string
  readonly metricName: string
  readonly statistic: Statistic
  readonly periodSeconds: number
  readonly dimensions: Readonly<Record<string, string>>
  readonly unit?: string
  readonly missingIsNothing: boolean
}): TrackedMetric {
  const { namespace, metricName, statistic, periodSeconds, unit, missingIsNothing } = metric
  const Dimensions = Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value }))
  const Unit = unit as PutMetricAlarmInput['Unit']
  const Metric = { Namespace: namespace, MetricName: metricName, Dimensions }
  const units = Unit === undefined ? {} : { Unit }
  const alarmMembers = { ...Metric, ...units, Statistic: statistic, Period: periodSeconds }
  const MetricStat = { Metric, Period: periodSeconds, Stat: statistic, ...units }
  const queries = [{ Id: 'tracked', MetricStat }]
  return { periodSeconds, alarmMembers, queries, missingIsNothing }
}

/** For so long a metric must be beyond its target. @source contract of AWS's own alarms: 3 and 15 minutes */
const HIGH_PERIODS = 3
const LOW_SECONDS = 15 * 60
/** A metric that is this much of its target or more is on target. */
const LOW_SHARE = 0.9

/** The alarms of a policy, under names that were given to them; without a low one it never scales in. */
export function trackingAlarms(
  configuration: TargetTrackingScalingPolicyConfiguration,
  metric: TrackedMetric,
  policy: {
    readonly names: { readonly high: string; readonly low?: string }
    readonly policyArn: string
  },
): readonly PutMetricAlarmInput[] {
  const { TargetValue: target = 0 } = configuration
  const { names, policyArn } = policy
  const common = {
    ...metric.alarmMembers,
    ActionsEnabled: true,
    AlarmActions: [policyArn],
    AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policyArn}.`,
  }
  const lowPeriods = Math.ceil(LOW_SECONDS / metric.periodSeconds)
  return [
    {
      ...common,
      AlarmName: names.high,
      EvaluationPeriods: HIGH_PERIODS,
      Threshold: target,
      ComparisonOperator: 'GreaterThanThreshold',
    },
    ...(names.low === undefined
      ? []
      : [
          {
            ...common,
            AlarmName: names.low,
            EvaluationPeriods: lowPeriods,
            Threshold: target * LOW_SHARE,
            ComparisonOperator: 'LessThanThreshold' as const,
          },
        ]),
  ]
}
