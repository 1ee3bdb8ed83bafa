/**
 * CloudWatch but for its alarms: metrics, what they add up to in periods, expressions over them, and dashboards.
 * What capabilities measure themselves comes in by `recordMetrics`; who decides by metrics asks
 * `readMetricPeriods` or `evaluateMetricQueries`.
 */
import type * as cloudwatch from '@aws-sdk/client-cloudwatch'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import {
  deleteDashboards,
  getDashboard,
  listDashboards,
  putDashboard,
} from './dashboard.operations.ts'
import { getMetricData, putMetricData } from './metric-data.operations.ts'
import { listMetrics } from './metric-listing.operations.ts'
import { getMetricStatistics } from './metric-statistics.operations.ts'

export type { ValueDistribution } from '../../statistics/value-distribution.ts'
export { dashboardExists } from './dashboard.operations.ts'
export { isAscii, type MetricIdentity } from './metric.ts'
export {
  type MetricActivity,
  type QuietMetric,
  type SlidingWindow,
  selectChanged,
  selectQuietMetrics,
} from './metric-activity.store.ts'
export {
  type MetricPeriod,
  type MetricPeriodQuery,
  type MetricPeriodsQuery,
  readMetricPeriods,
  readPeriodsOfMetrics,
} from './metric-period.ts'
export { METRICS_TOPIC } from './metric-point.store.ts'
export { evaluateMetricQueries, type MetricSeries } from './metric-query.ts'
export { isPeriod, readMetricQueries, searches } from './metric-query.validation.ts'
export { recordMetricBatch, recordMetrics } from './metric-record.ts'
export { rollUpMetrics } from './metric-retention.ts'
export type { MetricSample } from './metric-sample.ts'
export { createMetricTagOperations } from './metric-tags.operations.ts'
export { putMetricTags, readMetricTags } from './metric-tags.ts'
export {
  invalidNextToken,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  validationError,
} from './metrics-errors.ts'
export { distributionNeeds, readStatistic, type Statistic } from './statistic.ts'
export { recordTaskUsage } from './usage-recorder.ts'

export const metricOperations = {
  PutMetricData: putMetricData,
  GetMetricData: getMetricData,
  GetMetricStatistics: getMetricStatistics,
  ListMetrics: listMetrics,
  PutDashboard: putDashboard,
  GetDashboard: getDashboard,
  ListDashboards: listDashboards,
  DeleteDashboards: deleteDashboards,
} satisfies HandlersOf<typeof cloudwatch, RequestScope>
