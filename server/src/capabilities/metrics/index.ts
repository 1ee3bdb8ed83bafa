/**
 * CloudWatch but for its alarms: metrics, what they add up to in periods, expressions over them, and dashboards.
 * What capabilities measure themselves comes in by `recordMetrics`; who decides by metrics asks
 * `readMetricPeriods` or `evaluateMetricQueries`.
 */
export type { ValueDistribution } from '../../statistics/value-distribution.ts'
export type { MetricIdentity } from './metric.ts'
export {
  type MetricPeriod,
  type MetricPeriodQuery,
  type MetricPeriodsQuery,
  readMetricPeriods,
  readPeriodsOfMetrics,
} from './metric-period.ts'
export { METRICS_TOPIC } from './metric-point.store.ts'
export { evaluateMetricQueries, type MetricSeries } from './metric-query.ts'
export { recordMetricBatch, recordMetrics } from './metric-record.ts'
export type { MetricSample } from './metric-sample.ts'
export { readStatistic, type Statistic } from './statistic.ts'
