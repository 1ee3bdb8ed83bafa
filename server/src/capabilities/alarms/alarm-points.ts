import { AwsError } from '../../aws/errors.ts'
import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import {
  distributionNeeds,
  evaluateMetricQueries,
  type MetricPeriod,
  readPeriodsOfMetrics,
  readStatistic,
} from '../metrics/index.ts'
import type { AlarmPoint } from './alarm.states.ts'
import type { AlarmQuery, AlarmSource } from './alarm-query.ts'

/** A query of an alarm at a time. */
export interface PointsRequest {
  readonly place: Place
  readonly query: AlarmQuery
  /** Where the newest period ends. */
  readonly end: Date
}

type MetricSource = Extract<AlarmSource, { kind: 'Metric' }>
type ExpressionSource = Extract<AlarmSource, { kind: 'Expression' }>

/**
 * The data points of many alarms, for each its whole evaluation range with the newest first. Metrics that are
 * asked over the same time come by one statement together.
 */
export async function readAlarmPoints(
  database: Queryable,
  requests: readonly PointsRequest[],
): Promise<readonly (readonly AlarmPoint[])[]> {
  const answers: (readonly AlarmPoint[])[] = requests.map(() => [])
  const groups = Map.groupBy(
    requests.map((request, index) => ({ request, index })),
    ({ request }) => groupOf(request),
  )
  for (const group of groups.values()) {
    const found = await readGroup(
      database,
      group.map(({ request }) => request),
    )
    group.forEach(({ index }, position) => {
      answers[index] = found[position] ?? []
    })
  }
  return answers
}

/** Expressions are evaluated one by one. */
function groupOf({ place, query, end }: PointsRequest): string {
  const { source, periodSeconds } = query
  if (source.kind === 'Expression')
    return JSON.stringify([place, source.queries, end, query.periods])
  const needs = distributionNeeds(statisticsOf([source]))
  return JSON.stringify([place.realm, place.region, periodSeconds, end, source.unit, needs])
}

async function readGroup(
  database: Queryable,
  requests: readonly PointsRequest[],
): Promise<readonly (readonly AlarmPoint[])[]> {
  const [first] = requests
  if (!first) return []
  const { source } = first.query
  if (source.kind === 'Expression') {
    const points = await readExpression(database, { ...first, source })
    return requests.map(() => points)
  }
  const sources = requests.map(({ query }) => query.source).filter((one) => one.kind === 'Metric')
  const found = await readPeriodsOfMetrics(database, first.place, {
    metrics: sources.map(({ metric }) => metric),
    periodSeconds: first.query.periodSeconds,
    startTime: startOf(first, Math.max(...requests.map(({ query }) => query.periods))),
    endTime: first.end,
    unit: source.unit,
    needs: distributionNeeds(statisticsOf([source])),
  })
  return requests.map((request, index) => {
    const own = sources[index]
    return own ? pointsOfPeriods(request, own, found[index] ?? []) : []
  })
}

async function readExpression(
  database: Queryable,
  request: PointsRequest & { readonly source: ExpressionSource },
): Promise<readonly AlarmPoint[]> {
  const [series] = await evaluateMetricQueries(database, request.place, {
    queries: request.source.queries,
    startTime: startOf(request, request.query.periods),
    endTime: request.end,
  }).catch((error: unknown) => {
    // an expression that these data cannot be put into has no value; other alarms go on
    if (error instanceof AwsError) return []
    throw error
  })
  const values = new Map(
    series?.timestamps.map((at, index) => [at.getTime(), series.values[index]] as const),
  )
  return slotsOf(request).map((at) => ({
    at,
    value: values.get(at.getTime()),
    sampleCount: undefined,
  }))
}

function pointsOfPeriods(
  request: PointsRequest,
  { statistic: name }: MetricSource,
  periods: readonly MetricPeriod[],
): readonly AlarmPoint[] {
  const statistic = readStatistic(name)
  const found = new Map(periods.map((period) => [period.at.getTime(), period]))
  return slotsOf(request).map((at) => {
    const period = found.get(at.getTime())
    const value = period && statistic?.of(period)
    return { at, value, sampleCount: value === undefined ? undefined : period?.sampleCount }
  })
}

function statisticsOf(sources: readonly MetricSource[]) {
  return sources.flatMap((source) => readStatistic(source.statistic) ?? [])
}

/** Where the periods of the range begin, the newest first. */
function slotsOf(request: PointsRequest): readonly Date[] {
  return Array.from({ length: request.query.periods }, (_, index) => startOf(request, index + 1))
}

function startOf({ end, query }: PointsRequest, periods: number): Date {
  return new Date(end.getTime() - periods * query.periodSeconds * 1_000)
}
