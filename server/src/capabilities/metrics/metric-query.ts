import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { type AwsError, notImplemented } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { evaluateMath, type MathScope, type SearchParameters } from './math/math-evaluation.ts'
import { MathFault, MathNotBuilt } from './math/math-fault.ts'
import { type MathSeries, type MathValue, oneSeries } from './math/math-series.ts'
import { dynamicLabel, plainLabels } from './metric-label.ts'
import {
  type ExpressionQuery,
  expressionFault,
  type MetricQuery,
  type MetricStatQuery,
  readMetricQueries,
} from './metric-query.validation.ts'
import { runSearches, type SearchResults, searchKey } from './metric-search.ts'
import { alignedStart, readStatSeries, type StatSeries } from './metric-series.ts'
import { validationError } from './metrics-errors.ts'

/** Values of a metric or an expression over time; only periods that have one. */
export interface MetricSeries {
  readonly id: string
  readonly label: string
  /** When the periods begin, ascending. */
  readonly timestamps: readonly Date[]
  readonly values: readonly number[]
  /** Present where the metric was measured in several units, and the values are of one of them. */
  readonly severalUnits?: readonly string[] | undefined
}

export interface MetricQueriesRequest {
  readonly queries: readonly MetricDataQuery[]
  /** Rounded down to the minute, or for shorter periods to a whole number of them. */
  readonly startTime: Date
  /** Exclusive. */
  readonly endTime: Date
  /** Of instants in labels, from UTC; 0 when absent. */
  readonly labelOffsetSeconds?: number
}

/**
 * Answers queries of GetMetricData's form, in their order, those with `ReturnData: false` left out. An expression
 * that comes to an array has several series of its id.
 *
 * @throws AwsError ValidationError, with what is wrong; NotImplemented for functions that are not built
 */
export async function evaluateMetricQueries(
  database: Queryable,
  place: Place,
  request: MetricQueriesRequest,
): Promise<readonly MetricSeries[]> {
  const queries = readMetricQueries(request.queries)
  refuseOtherAccounts(request.queries, place)
  const about = { ...place, offsetSeconds: request.labelOffsetSeconds ?? 0 }
  const stats = queries.filter((query) => query.kind === 'MetricStat')
  const expressions = queries.filter((query) => query.kind === 'Expression')
  const series = await readStatSeries(database, place, { ...request, stats })
  const labels = plainLabels(
    stats.map(({ metric, statistic, periodSeconds }) => ({
      metric,
      statName: statistic.name,
      periodSeconds,
    })),
  )
  const found = stats.map((query, index) => ({
    query,
    plain: labels[index] ?? '',
    series: series[index],
  }))
  const measured = found.flatMap(({ query, plain, series: one }) =>
    one
      ? [{ query, series: { ...one, label: labelOf(query, { plain, series: one, about }) } }]
      : [],
  )
  const longest =
    stats.length > 0 ? Math.max(...stats.map((stat) => stat.periodSeconds)) : undefined
  const results: SearchResults = new Map()
  for (const { id, expression, periodSeconds = longest } of expressions) {
    await runSearches(database, place, { ...request, expression, periodSeconds, results }).catch(
      (error: unknown) => {
        throw refusalOf(id, error)
      },
    )
  }
  const search = (one: SearchParameters) => results.get(searchKey(one)) ?? []
  const resultOf = evaluation({ queries, measured, request, search, longest })
  return queries.flatMap((query) =>
    query.isReturned ? resultsOf(query, resultOf(query.id), { measured, about }) : [],
  )
}

function refuseOtherAccounts(queries: readonly MetricDataQuery[], { account }: Place): void {
  const other = queries.find(({ AccountId }) => AccountId !== undefined && AccountId !== account)
  if (!other) return
  throw validationError(
    `The account ${other.AccountId} of the query ${other.Id} is not linked to this one: ` +
      `leave AccountId out, or give ${account}.`,
  )
}

interface Measured {
  readonly query: MetricStatQuery
  readonly series: StatSeries
}

/** Evaluates expressions when they are asked for, each once. */
function evaluation(options: {
  queries: readonly MetricQuery[]
  measured: readonly Measured[]
  request: MetricQueriesRequest
  search: MathScope['search']
  longest: number | undefined
}): (id: string) => MathValue {
  const { queries, measured, request, search, longest } = options
  const results = new Map<string, MathValue>(
    measured.map(({ query, series }) => [query.id, oneSeries(series)]),
  )
  const underWay = new Set<string>()
  const evaluate = (query: ExpressionQuery): MathValue => {
    const { periodSeconds = longest } = query
    const start = alignedStart(request.startTime, periodSeconds ?? 60)
    return evaluateMath(query.expression, {
      range: {
        startSeconds: start.getTime() / 1_000,
        endSeconds: Math.ceil(request.endTime.getTime() / 1_000),
      },
      periodSeconds,
      metrics: () => measured.map((one) => ({ id: one.query.id, series: one.series })),
      search,
      resultOf,
    })
  }
  const resultOf = (id: string): MathValue => {
    const known = results.get(id)
    if (known) return known
    const query = queries.find((one) => one.id === id)
    if (query?.kind !== 'Expression') throw new MathFault(`there is no query of the id ${id}`)
    if (underWay.has(id)) throw new MathFault(`the expression ${id} refers to itself`)
    underWay.add(id)
    const result = evaluate(query)
    underWay.delete(id)
    results.set(id, result)
    return result
  }
  return (id) => {
    try {
      return resultOf(id)
    } catch (error) {
      throw refusalOf(id, error)
    }
  }
}

function resultsOf(
  query: MetricQuery,
  value: MathValue,
  { measured, about }: { measured: readonly Measured[]; about: LabelPlace },
): readonly MetricSeries[] {
  if (query.kind === 'MetricStat') {
    const series = measured.find((one) => one.query === query)?.series
    return series ? [metricSeries(query.id, series)] : []
  }
  if (value.kind === 'Series') {
    const label = labelOf(query, { plain: query.id, series: value.series, about })
    return [metricSeries(query.id, { ...value.series, label })]
  }
  if (value.kind === 'Array') {
    return value.list.map((series) => {
      const label = arrayLabel(query, { plain: series.label, series, about })
      return metricSeries(query.id, { ...series, label })
    })
  }
  throw validationError(
    expressionFault(query.id, 'it comes to a single number: the result must be a time series'),
  )
}

function metricSeries(id: string, series: MathSeries & Partial<StatSeries>): MetricSeries {
  return {
    id,
    label: series.label,
    timestamps: series.seconds.map((second) => new Date(second * 1_000)),
    values: series.values,
    severalUnits: series.severalUnits,
  }
}

/** Where and by which clock labels are written. */
interface LabelPlace extends Place {
  readonly offsetSeconds: number
}

interface Labelled {
  readonly plain: string
  readonly series: MathSeries
  readonly about: LabelPlace
}

function labelOf(query: MetricQuery, { plain, series, about }: Labelled): string {
  const { label } = query
  if (label === undefined || !label.includes('${')) return label ?? plain
  const properties = propertiesOf(query, about)
  const { offsetSeconds } = about
  return dynamicLabel(label, {
    plain,
    seconds: series.seconds,
    values: series.values,
    properties,
    offsetSeconds,
  })
}

/** AWS puts an expression's own label before each series'. */
function arrayLabel(query: ExpressionQuery, labelled: Labelled): string {
  const { label = '' } = query
  if (label.includes('${')) return labelOf(query, labelled)
  return label === '' ? labelled.plain : `${label} ${labelled.plain}`
}

function propertiesOf(query: MetricQuery, place: Place): Readonly<Record<string, string>> {
  const common = { AccountId: place.account, Region: place.region }
  if (query.kind === 'Expression') return common
  const { metric, periodSeconds, statistic } = query
  const dimensions = Object.entries(metric.dimensions).map(([name, value]) => [
    `Dim.${name}`,
    value,
  ])
  return {
    ...common,
    ...Object.fromEntries(dimensions),
    Namespace: metric.namespace,
    MetricName: metric.metricName,
    Period: String(periodSeconds),
    Stat: statistic.name,
  }
}

function refusalOf(id: string, error: unknown): unknown {
  if (error instanceof MathFault) return validationError(expressionFault(id, error.message))
  if (error instanceof MathNotBuilt) return notImplemented(error.message) satisfies AwsError
  return error
}
