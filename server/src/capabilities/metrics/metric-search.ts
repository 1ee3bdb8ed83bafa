import type { Queryable } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import { type SearchParameters, searchParameters } from './math/math-evaluation.ts'
import type { MathExpression } from './math/math-expression.ts'
import { MathFault } from './math/math-fault.ts'
import type { MathSeries } from './math/math-series.ts'
import { searchLabels } from './metric-label.ts'
import { selectMetrics } from './metric-listing.store.ts'
import { isPeriod } from './metric-query.validation.ts'
import { readStatSeries } from './metric-series.ts'
import { matchesSearch } from './search/search-match.ts'
import { parseSearch } from './search/search-query.ts'
import { readStatistic } from './statistic.ts'

/** @source Amazon CloudWatch User Guide, "CloudWatch search expression syntax" */
const FOUND_MAX = 500
/** Metrics are looked through by so many at a time. */
const PAGE_METRICS = 5_000

/** What searches found, by `searchKey`. */
export type SearchResults = Map<string, readonly MathSeries[]>

export function searchKey(search: SearchParameters): string {
  return JSON.stringify(search)
}

/**
 * Runs the searches of an expression, those that were not run before.
 * @throws MathFault
 */
export async function runSearches(
  database: Queryable,
  place: Place,
  request: {
    readonly expression: MathExpression
    readonly periodSeconds: number | undefined
    readonly startTime: Date
    readonly endTime: Date
    readonly results: SearchResults
  },
): Promise<void> {
  const { expression, periodSeconds, results } = request
  for (const parameters of callsOf(expression)) {
    const search = searchParameters(parameters, { periodSeconds })
    const key = searchKey(search)
    if (results.has(key)) continue
    results.set(key, await runSearch(database, place, { ...request, search }))
  }
}

/** The parameters of each SEARCH of an expression. */
function callsOf(expression: MathExpression): readonly (readonly MathExpression[])[] {
  switch (expression.kind) {
    case 'Call':
      return expression.name === 'SEARCH'
        ? [expression.parameters]
        : expression.parameters.flatMap(callsOf)
    case 'List':
      return expression.items.flatMap(callsOf)
    case 'Negation':
      return callsOf(expression.operand)
    case 'Operation':
      return [...callsOf(expression.left), ...callsOf(expression.right)]
    default:
      return []
  }
}

async function runSearch(
  database: Queryable,
  place: Place,
  request: { search: SearchParameters; startTime: Date; endTime: Date },
): Promise<readonly MathSeries[]> {
  const { search, startTime, endTime } = request
  const statistic = readStatistic(search.stat)
  if (!statistic) throw new MathFault(`'${search.stat}' in SEARCH is not a valid statistic`)
  const { periodSeconds } = search
  if (periodSeconds === undefined || !isPeriod(periodSeconds)) {
    throw new MathFault('SEARCH needs a period of 1, 5, 10, 20, 30 or a multiple of 60 seconds')
  }
  const metrics = await findMetrics(database, place, { text: search.query, startTime })
  const labels = searchLabels(metrics)
  const series = await readStatSeries(database, place, {
    stats: metrics.map((metric) => ({ metric, periodSeconds, statistic, unit: undefined })),
    startTime,
    endTime,
  })
  return series
    .map((one, index) => ({ ...one, label: labels[index] ?? '' }))
    .sort(({ label: one }, { label: other }) => (one < other ? -1 : 1))
}

/** Those with a sample from the start on. */
async function findMetrics(
  database: Queryable,
  place: Place,
  { text, startTime }: { text: string; startTime: Date },
) {
  const query = parseSearch(text)
  const found = []
  for (let after: Awaited<ReturnType<typeof selectMetrics>>[number] | undefined; ; ) {
    const filter = {
      namespace: query.schema?.namespace,
      activeSinceSeconds: Math.floor(startTime.getTime() / 1_000),
    }
    const page = await selectMetrics(database, place, { filter, after, limit: PAGE_METRICS })
    found.push(...page.filter((metric) => matchesSearch(metric, query)))
    after = page.at(-1)
    if (page.length < PAGE_METRICS || found.length >= FOUND_MAX) return found.slice(0, FOUND_MAX)
  }
}
