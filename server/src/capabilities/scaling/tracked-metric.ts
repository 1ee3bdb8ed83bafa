import type {
  CustomizedMetricSpecification,
  MetricType,
  TargetTrackingMetricDataQuery,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import type { MetricDataQuery, PutMetricAlarmInput, StandardUnit } from '@aws-sdk/client-cloudwatch'
import type { TargetName } from '../scalable-targets/index.ts'
import { resourceOf, type ScalableResource } from './scalable-dimension.ts'

/** What a target tracking policy looks at, as an alarm and GetMetricData both put it. */
export interface TrackedMetric {
  readonly periodSeconds: number
  /** Of an alarm on it. */
  readonly alarmMembers: Pick<
    PutMetricAlarmInput,
    'Namespace' | 'MetricName' | 'Dimensions' | 'Statistic' | 'Unit' | 'Period' | 'Metrics'
  >
  readonly queries: readonly MetricDataQuery[]
}

interface SingleMetric {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[]
  readonly statistic: NonNullable<PutMetricAlarmInput['Statistic']>
  readonly periodSeconds: number
  readonly unit?: StandardUnit
}

/**
 * @source SageMaker Developer Guide, "Define a scaling policy": each predefined metric and its resolution
 */
const PREDEFINED: Partial<
  Readonly<Record<MetricType, Pick<SingleMetric, 'metricName' | 'statistic' | 'periodSeconds'>>>
> = {
  // each request counts as one by the number of instances: their sum is requests per minute and instance
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
  SageMakerInferenceComponentInvocationsPerCopy: {
    metricName: 'InvocationsPerCopy',
    statistic: 'Sum',
    periodSeconds: 60,
  },
  SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution: {
    metricName: 'ConcurrentRequestsPerCopy',
    statistic: 'Average',
    periodSeconds: 10,
  },
}

/** Customised metrics are looked at by the minute. */
const CUSTOMIZED_PERIOD_SECONDS = 60

/** The metric of a policy; undefined for one that is predefined for nothing of SageMaker. */
export function trackedMetric(
  configuration: TargetTrackingScalingPolicyConfiguration,
  target: TargetName,
): TrackedMetric | undefined {
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized } =
    configuration
  if (customized) return customizedMetric(customized)
  const known = predefined?.PredefinedMetricType && PREDEFINED[predefined.PredefinedMetricType]
  const resource = resourceOf(target)
  if (!known || !resource) return undefined
  return singleMetric({ namespace: 'AWS/SageMaker', dimensions: dimensionsOf(resource), ...known })
}

function dimensionsOf(resource: ScalableResource): SingleMetric['dimensions'] {
  if ('inferenceComponentName' in resource) {
    return [{ Name: 'InferenceComponentName', Value: resource.inferenceComponentName }]
  }
  return [
    { Name: 'EndpointName', Value: resource.endpointName },
    { Name: 'VariantName', Value: resource.variantName },
  ]
}

function customizedMetric(metric: CustomizedMetricSpecification): TrackedMetric {
  if (metric.Metrics?.length) {
    const queries = metric.Metrics.map(toQuery)
    return { periodSeconds: CUSTOMIZED_PERIOD_SECONDS, alarmMembers: { Metrics: queries }, queries }
  }
  return singleMetric({
    namespace: metric.Namespace ?? '',
    metricName: metric.MetricName ?? '',
    dimensions: (metric.Dimensions ?? []).map(({ Name = '', Value = '' }) => ({ Name, Value })),
    statistic: metric.Statistic ?? 'Average',
    periodSeconds: CUSTOMIZED_PERIOD_SECONDS,
    ...(metric.Unit !== undefined && { unit: metric.Unit as StandardUnit }),
  })
}

/** The same in CloudWatch's shape, which says a period. */
function toQuery({ MetricStat: stat, ...query }: TargetTrackingMetricDataQuery): MetricDataQuery {
  if (!stat) return query
  return {
    ...query,
    MetricStat: {
      Metric: stat.Metric,
      Stat: stat.Stat,
      Period: CUSTOMIZED_PERIOD_SECONDS,
      ...(stat.Unit !== undefined && { Unit: stat.Unit as StandardUnit }),
    },
  }
}

function singleMetric(metric: SingleMetric): TrackedMetric {
  const { namespace, metricName, statistic, periodSeconds, unit } = metric
  const Metric = {
    Namespace: namespace,
    MetricName: metricName,
    Dimensions: metric.dimensions.slice(),
  }
  const units = unit === undefined ? {} : { Unit: unit }
  return {
    periodSeconds,
    alarmMembers: { ...Metric, ...units, Statistic: statistic, Period: periodSeconds },
    queries: [
      { Id: 'tracked', MetricStat: { Metric, Period: periodSeconds, Stat: statistic, ...units } },
    ],
  }
}
