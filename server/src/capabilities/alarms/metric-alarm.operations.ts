import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch'
import type { RequestScope } from '../../platform/scope.ts'
import { evaluateMetricQueries, readStatistic } from '../metrics/index.ts'
import { validationError } from './alarm-errors.ts'
import { checkAlarmTags } from './alarm-tags.ts'
import { checkMetricAlarm } from './metric-alarm.validation.ts'
import { putMetricAlarmRecord } from './put-alarm.ts'

/**
 * Makes a metric alarm, or gives one another configuration and leaves its state. It is evaluated soon after.
 * @throws AwsError ValidationError
 */
export async function putMetricAlarm(
  input: PutMetricAlarmCommandInput,
  scope: RequestScope,
): Promise<Record<string, never>> {
  checkMetricAlarm(input, scope)
  checkAlarmTags(input.Tags)
  await checkFigures(input, scope)
  const written = await scope.database.transaction((transaction) =>
    putMetricAlarmRecord(transaction, scope, { platform: scope, alarm: input }),
  )
  if (!written) {
    throw validationError(
      `Could not save the metric alarm as a composite alarm named ${input.AlarmName} exists`,
    )
  }
  return {}
}

/** What is to be worked out must be known to whoever works it out. */
async function checkFigures(
  { Metrics: queries, ExtendedStatistic: statistic }: PutMetricAlarmCommandInput,
  scope: RequestScope,
): Promise<void> {
  if (statistic !== undefined && !readStatistic(statistic)) {
    throw validationError(
      `The value ${statistic} for parameter ExtendedStatistic is not supported: give a percentile, e.g. p90, ` +
        'or one of TM, TC, TS, WM, PR and IQM',
    )
  }
  if (!queries) return
  const endTime = new Date(Math.floor(scope.clock.now().getTime() / 60_000) * 60_000)
  const startTime = new Date(endTime.getTime() - 60_000)
  const series = await evaluateMetricQueries(scope.database, scope, { queries, startTime, endTime })
  if (series.length > 1) {
    throw validationError(
      `Metrics must return one time series, and returns ${series.length}: reduce them to one, e.g. by SUM or MAX`,
    )
  }
}
