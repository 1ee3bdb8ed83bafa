import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { notImplemented } from '../../aws/errors.ts'
import { functionsOf, type MathExpression, parseMath } from './math/math-expression.ts'
import { MathFault } from './math/math-fault.ts'
import type { MetricIdentity } from './metric.ts'
import { validationError } from './metrics-errors.ts'
import { readStatistic, type Statistic } from './statistic.ts'

/** A query of GetMetricData's form, read: one metric's statistic, or an expression over other queries. */
export type MetricQuery = MetricStatQuery | ExpressionQuery

interface AnyQuery {
  readonly id: string
  readonly label: string | undefined
  readonly isReturned: boolean
}

export interface MetricStatQuery extends AnyQuery {
  readonly kind: 'MetricStat'
  readonly metric: MetricIdentity
  readonly periodSeconds: number
  readonly statistic: Statistic
  readonly unit: string | undefined
}

export interface ExpressionQuery extends AnyQuery {
  readonly kind: 'Expression'
  readonly text: string
  readonly expression: MathExpression
  readonly periodSeconds: number | undefined
}

/** @source Amazon CloudWatch API Reference, GetMetricData */
const QUERIES_MAX = 500
const ID_PATTERN = /^[a-z][a-zA-Z0-9_]*$/

/** Whether CloudWatch takes a period: 1, 5, 10, 20, 30 or a multiple of 60, up to a day. */
export function isPeriod(seconds: number): boolean {
  if (seconds < 60) return [1, 5, 10, 20, 30].includes(seconds)
  return seconds % 60 === 0 && seconds <= 86_400
}

/**
 * Reads queries; all that is wrong with them is told at once.
 *
 * @param parameter what the request calls them: `MetricDataQueries`, or `Metrics` of an alarm
 * @throws validationError; notImplemented for queries of Metrics Insights
 */
export function readMetricQueries(
  queries: readonly MetricDataQuery[],
  parameter = 'MetricDataQueries',
): readonly MetricQuery[] {
  const faults: string[] = []
  const read = queries.map((query, index) => {
    const place = `${parameter}.member.${index + 1}`
    return readQuery(query, { place, fault: (message) => faults.push(message) })
  })
  if (queries.length === 0) faults.push(`The parameter ${parameter} is required.`)
  if (queries.length > QUERIES_MAX) {
    faults.push(`The collection ${parameter} must not have a size greater than ${QUERIES_MAX}.`)
  }
  const ids = queries.map(({ Id }) => Id)
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) {
    faults.push(`The values for parameter Id in ${parameter} must be unique: '${id}' comes twice.`)
  }
  if (faults.length > 0) throw validationError(faults.join('\n'))
  return read.filter((query) => query !== undefined)
}

interface FaultReport {
  readonly place: string
  readonly fault: (message: string) => void
}

function readQuery(query: MetricDataQuery, report: FaultReport): MetricQuery | undefined {
  const { place, fault } = report
  const { Id: id = '', Label: label, ReturnData: isReturned = true } = query
  if (!ID_PATTERN.test(id)) {
    fault(
      `The value ${id} for parameter ${place}.Id is not matching the expected pattern ` +
        `^[a-z][a-zA-Z0-9_]*$.`,
    )
  }
  const common = { id, label, isReturned }
  if (query.MetricStat && query.Expression !== undefined) {
    fault(
      `The parameters ${place}.Expression and ${place}.MetricStat are mutually exclusive and you have ` +
        'specified both.',
    )
    return undefined
  }
  if (query.MetricStat) {
    const stat = readMetricStat(query.MetricStat, report)
    return stat && { ...common, ...stat }
  }
  if (query.Expression === undefined) {
    fault(`The parameter ${place}.MetricStat is required.`)
    return undefined
  }
  const expression = readExpression(id, query.Expression, report)
  const { Period: periodSeconds } = query
  if (periodSeconds !== undefined && !isPeriod(periodSeconds)) badPeriod(periodSeconds, report)
  return expression && { ...common, ...expression, periodSeconds }
}

function readMetricStat(
  stat: NonNullable<MetricDataQuery['MetricStat']>,
  report: FaultReport,
): Omit<MetricStatQuery, keyof AnyQuery> | undefined {
  const { place, fault } = report
  const { Metric: metric = {}, Period: periodSeconds = 0, Stat: name = '', Unit: unit } = stat
  const { Namespace: namespace, MetricName: metricName, Dimensions: dimensions = [] } = metric
  if (namespace === undefined)
    fault(`The parameter ${place}.MetricStat.Metric.Namespace is required.`)
  if (metricName === undefined)
    fault(`The parameter ${place}.MetricStat.Metric.MetricName is required.`)
  if (!isPeriod(periodSeconds))
    badPeriod(periodSeconds, { ...report, place: `${place}.MetricStat` })
  const statistic = readStatistic(name)
  if (!statistic) {
    fault(`The value ${name} for parameter ${place}.MetricStat.Stat is not a valid statistic.`)
    return undefined
  }
  const identity = {
    namespace: namespace ?? '',
    metricName: metricName ?? '',
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name ?? '', Value ?? ''])),
  }
  return { kind: 'MetricStat', metric: identity, periodSeconds, statistic, unit }
}

function badPeriod(seconds: number, { place, fault }: FaultReport): void {
  fault(
    `The value ${seconds} for parameter ${place}.Period is invalid: ` +
      'it must be 1, 5, 10, 20, 30, or a multiple of 60 up to 86400.',
  )
}

function readExpression(
  id: string,
  text: string,
  { fault }: FaultReport,
): Pick<ExpressionQuery, 'kind' | 'text' | 'expression'> | undefined {
  if (/^\s*SELECT\s/i.test(text)) {
    throw notImplemented(`Queries of Metrics Insights are not built yet: '${id}' is one.`)
  }
  try {
    const expression = parseMath(text)
    return { kind: 'Expression', text, expression }
  } catch (error) {
    if (!(error instanceof MathFault)) throw error
    fault(expressionFault(id, error.message))
    return undefined
  }
}

export function expressionFault(id: string, message: string): string {
  return `Error in expression '${id}': ${message}`
}

/** Whether an expression searches for metrics: alarms may not have one. */
export function searches(query: MetricQuery): boolean {
  return query.kind === 'Expression' && functionsOf(query.expression).has('SEARCH')
}
