import type {
  GetMetricDataCommandInput,
  GetMetricDataOutput,
  PutMetricDataCommandInput,
} from '@aws-sdk/client-cloudwatch'
import type { RequestScope } from '../../platform/scope.ts'
import { readMetricData } from './metric-data.validation.ts'
import { metricDataPage } from './metric-data-page.ts'
import { readOffsetSeconds } from './metric-label.ts'
import { evaluateMetricQueries } from './metric-query.ts'
import { recordMetrics } from './metric-record.ts'
import { retainedStart } from './metric-retention.ts'
import { readTimes } from './metric-times.ts'
import { validationError } from './metrics-errors.ts'

/** @source Amazon CloudWatch API Reference, GetMetricData */
const DATAPOINTS_MAX = 100_800

/** @throws missingParameter, invalidParameterCombination, invalidParameterValue */
export async function putMetricData(
  input: PutMetricDataCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  const samples = readMetricData(input, scope.clock.now())
  await recordMetrics(scope.database, scope, samples)
  return {}
}

/** @throws validationError, invalidNextToken */
export async function getMetricData(
  input: GetMetricDataCommandInput,
  scope: RequestScope,
): Promise<GetMetricDataOutput> {
  const { MetricDataQueries: queries = [], StartTime, EndTime, MaxDatapoints } = input
  const { startTime, endTime } = readTimes({ StartTime, EndTime }, validationError)
  const pointsMax = MaxDatapoints ?? DATAPOINTS_MAX
  if (pointsMax < 1 || pointsMax > DATAPOINTS_MAX) {
    throw validationError(`The parameter MaxDatapoints must be between 1 and ${DATAPOINTS_MAX}.`)
  }
  const timezone = input.LabelOptions?.Timezone ?? '+0000'
  const labelOffsetSeconds = readOffsetSeconds(timezone)
  if (labelOffsetSeconds === undefined) {
    throw validationError(
      `The value ${timezone} for parameter LabelOptions.Timezone is invalid: give an offset such as +0130.`,
    )
  }
  const series = await evaluateMetricQueries(scope.database, scope, {
    queries,
    startTime: retainedStart(startTime, scope.clock.now()),
    endTime,
    labelOffsetSeconds,
  })
  const { results, nextToken } = metricDataPage(series, { input, pointsMax })
  return {
    MetricDataResults: results,
    Messages: [],
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  }
}
