import type { MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import { isAscii } from '../metrics/index.ts'
import { checkActions } from './alarm-action.validation.ts'
import { notSupported, validationError } from './alarm-errors.ts'
import { checkAlarmName } from './alarm-name.validation.ts'
import { periodOfQueries } from './alarm-query.ts'

const DAY_SECONDS = 86_400
const HOUR_SECONDS = 3_600
const WEEK_SECONDS = 604_800
/** @source Amazon CloudWatch User Guide, "Alarms on math expressions" */
const METRICS_MAX = 10

const ANOMALY_OPERATORS = [
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'GreaterThanUpperThreshold',
]

/** What is said of the one metric of an alarm, and not beside `Metrics`. */
const SINGLE_METRIC_MEMBERS = [
  'MetricName',
  'Namespace',
  'Dimensions',
  'Period',
  'Unit',
  'Statistic',
  'ExtendedStatistic',
] as const

/** What CloudWatch documents of how members of PutMetricAlarm go together. @throws AwsError */
export function checkMetricAlarm(
  input: PutMetricAlarmInput,
  place: { readonly region: string; readonly account: string },
): void {
  checkAlarmName(input.AlarmName ?? '')
  checkSupported(input)
  if (input.Metrics === undefined) checkSingleMetric(input)
  else checkMetrics(input, input.Metrics, place)
  checkEvaluation(input)
  checkActions(input, {
    region: place.region,
    alarm: input.Metrics?.some(({ Expression }) => Expression !== undefined) ? 'maths' : 'metric',
  })
}

function checkSupported(input: PutMetricAlarmInput): void {
  if (input.EvaluationCriteria !== undefined || input.EvaluationInterval !== undefined) {
    throw notSupported('EvaluationCriteria (PromQL)', 'give MetricName or Metrics')
  }
  const isAnomaly =
    input.ThresholdMetricId !== undefined ||
    ANOMALY_OPERATORS.includes(input.ComparisonOperator ?? '') ||
    input.Metrics?.some(({ Expression = '' }) => /ANOMALY_DETECTION_BAND/i.test(Expression))
  if (isAnomaly) {
    throw notSupported(
      'An alarm on anomaly detection',
      'compare with a Threshold instead of ThresholdMetricId',
    )
  }
  if (input.EvaluationWindow && 'WallClockWindow' in input.EvaluationWindow) {
    throw notSupported('A WallClockWindow', 'leave EvaluationWindow out, or give a SlidingWindow')
  }
  if (input.WarmUpConfiguration !== undefined) {
    throw notSupported('WarmUpConfiguration', 'leave it out')
  }
}

function checkSingleMetric(input: PutMetricAlarmInput): void {
  for (const member of ['MetricName', 'Namespace', 'Period'] as const) {
    if (input[member] === undefined) throw validationError(`${member} must not be null`)
  }
  for (const member of ['MetricName', 'Namespace'] as const) {
    if (!isAscii(input[member] ?? '')) {
      throw validationError(`${member} must not contain Non-ASCII characters`)
    }
  }
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
    throw validationError('Exactly one of Statistic and ExtendedStatistic must be specified')
  }
  checkDimensions(input.Dimensions)
  checkPeriod(input.Period ?? 0)
}

function checkDimensions(dimensions: PutMetricAlarmInput['Dimensions'] = []): void {
  const names = dimensions.map(({ Name }) => Name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw validationError(`The dimension ${twice} is given more than once`)
}

function checkMetrics(
  input: PutMetricAlarmInput,
  queries: readonly MetricDataQuery[],
  { account }: { readonly account: string },
): void {
  const beside = SINGLE_METRIC_MEMBERS.filter((member) => input[member] !== undefined)
  if (beside.length > 0) {
    throw validationError(
      `${beside.join(', ')} must not be specified when Metrics is: say it in Metrics`,
    )
  }
  if (queries.filter(({ ReturnData = true }) => ReturnData).length !== 1) {
    throw validationError('Exactly one element of the metrics list should return data.')
  }
  const ids = queries.map(({ Id }) => Id ?? '')
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined)
    throw validationError(`The Id ${twice} is given more than once in Metrics`)
  for (const query of queries) checkQuery(query, account)
  const metrics = queries.filter(({ MetricStat }) => MetricStat !== undefined)
  if (metrics.length === 0) throw validationError('Metrics must contain at least one MetricStat')
  if (metrics.length > METRICS_MAX) {
    throw validationError(
      `Metrics has ${metrics.length} metrics: an alarm may use at most ${METRICS_MAX}`,
    )
  }
  const periods = new Set(
    queries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []),
  )
  if (periods.size > 1) {
    throw validationError(
      `Period must be the same for all metrics, and is ${[...periods].join(', ')}`,
    )
  }
  checkPeriod(periodOfQueries(queries))
}

function checkQuery(query: MetricDataQuery, account: string): void {
  const { Id: id = '', Expression: expression, MetricStat: metric, AccountId: of } = query
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id)) {
    throw validationError(
      `The Id ${id} must be letters, digits and underscores after a lower-case letter`,
    )
  }
  if ((expression === undefined) === (metric === undefined)) {
    throw validationError(
      `Exactly one of Expression and MetricStat must be specified for the Id ${id}`,
    )
  }
  if (of !== undefined && of !== account) {
    throw notSupported(`A metric of the account ${of}`, 'use metrics of your own account')
  }
  if (expression !== undefined && /\bSEARCH\s*\(|^\s*SELECT\b/i.test(expression)) {
    throw validationError(
      `The expression ${id} has no one time series: alarms cannot use SEARCH or SELECT`,
    )
  }
  checkDimensions(metric?.Metric?.Dimensions)
}

function checkPeriod(period: number): void {
  if (![10, 20, 30].includes(period) && (period < 60 || period % 60 !== 0)) {
    throw validationError(`Period must be 10, 20, 30 or a multiple of 60, and is ${period}`)
  }
}

function checkEvaluation(input: PutMetricAlarmInput): void {
  const {
    EvaluationPeriods: periods,
    DatapointsToAlarm: required,
    TreatMissingData: missing,
  } = input
  for (const member of ['EvaluationPeriods', 'ComparisonOperator', 'Threshold'] as const) {
    if (input[member] === undefined) throw validationError(`${member} must not be null`)
  }
  if (!Number.isFinite(input.Threshold)) {
    throw validationError(`Threshold is ${input.Threshold}: it must be a finite number`)
  }
  if (required !== undefined && periods !== undefined && required > periods) {
    throw validationError('DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  }
  const period = input.Metrics ? periodOfQueries(input.Metrics) : (input.Period ?? 60)
  const secondsMax = period < HOUR_SECONDS ? DAY_SECONDS : WEEK_SECONDS
  if ((periods ?? 1) * period > secondsMax) {
    const span = secondsMax === DAY_SECONDS ? 'a day' : 'a week'
    throw validationError(
      `Metrics cannot be checked across more than ${span} (EvaluationPeriods * Period must be <= ${secondsMax})`,
    )
  }
  if (
    missing !== undefined &&
    !['breaching', 'notBreaching', 'ignore', 'missing'].includes(missing)
  ) {
    throw validationError(
      `TreatMissingData is ${missing}: it must be one of breaching, notBreaching, ignore, missing`,
    )
  }
  const low = input.EvaluateLowSampleCountPercentile
  if (low !== undefined && low !== 'evaluate' && low !== 'ignore') {
    throw validationError(
      `EvaluateLowSampleCountPercentile is ${low}: it must be one of evaluate, ignore`,
    )
  }
}
