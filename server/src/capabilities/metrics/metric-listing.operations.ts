import type { ListMetricsCommandInput, ListMetricsOutput } from '@aws-sdk/client-cloudwatch'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { RequestScope } from '../../platform/scope.ts'
import { type MetricPosition, selectMetrics } from './metric-listing.store.ts'
import { invalidParameterValue } from './metrics-errors.ts'

/** @source Amazon CloudWatch API Reference, ListMetrics */
const PAGE_METRICS = 500
const LISTED_SECONDS = 14 * 86_400
const RECENT_SECONDS = 3 * 3_600

/**
 * Metrics that had samples in the past two weeks, or in the past three hours with `RecentlyActive`.
 * @throws invalidParameterValue
 */
export async function listMetrics(
  input: ListMetricsCommandInput,
  scope: RequestScope,
): Promise<ListMetricsOutput> {
  const { Namespace, MetricName, Dimensions: dimensions = [], RecentlyActive } = input
  const { IncludeLinkedAccounts: includesLinked = false, OwningAccount: owner } = input
  const after = input.NextToken === undefined ? undefined : readPosition(input.NextToken)
  if (owner !== undefined && owner !== scope.account) return { Metrics: [] }
  const nowSeconds = Math.floor(scope.clock.now().getTime() / 1_000)
  const found = await selectMetrics(scope.database, scope, {
    filter: {
      namespace: Namespace,
      metricName: MetricName,
      dimensions: dimensions.map(({ Name: name = '', Value: value }) => ({ name, value })),
      activeSinceSeconds: nowSeconds - (RecentlyActive ? RECENT_SECONDS : LISTED_SECONDS),
    },
    after,
    limit: PAGE_METRICS + 1,
  })
  const page = found.slice(0, PAGE_METRICS)
  const last = found.length > PAGE_METRICS ? page.at(-1) : undefined
  return {
    Metrics: page.map((metric) => ({
      Namespace: metric.namespace,
      MetricName: metric.metricName,
      Dimensions: Object.entries(metric.dimensions)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(includesLinked ? { OwningAccounts: page.map(() => scope.account) } : {}),
    ...(last ? { NextToken: encodePageToken(positionOf(last)) } : {}),
  }
}

function positionOf({ namespace, metricName, metricId }: MetricPosition): Record<string, string> {
  return { namespace, metricName, metricId }
}

function readPosition(token: string): MetricPosition {
  const { namespace, metricName, metricId } = decodePageToken<Record<string, unknown>>(token) ?? {}
  const isOurs =
    typeof namespace === 'string' &&
    typeof metricName === 'string' &&
    typeof metricId === 'string' &&
    /^[0-9a-f-]{36}$/.test(metricId)
  if (isOurs) return { namespace, metricName, metricId }
  throw invalidParameterValue('The NextToken is not valid: give the one of the page before.')
}
