import type { Queryable, Row } from '../../platform/database/database.ts'
import type { Place } from '../../platform/scope.ts'
import type { KnownMetric } from './metric-point.store.ts'

/** Which metrics are asked for; what is absent asks for nothing. */
export interface MetricFilter {
  readonly namespace?: string | undefined
  readonly metricName?: string | undefined
  /** Dimensions that a metric has, with any value where none is given. */
  readonly dimensions?: readonly { readonly name: string; readonly value: string | undefined }[]
  /** Metrics with a point at or after this instant, seconds of the epoch. */
  readonly activeSinceSeconds?: number | undefined
}

/** Where a page begins: after this metric. */
export type MetricPosition = Pick<KnownMetric, 'namespace' | 'metricName' | 'metricId'>

interface MetricRecord extends Row {
  metric_id: string
  namespace: string
  metric_name: string
  dimensions: Record<string, string>
}

/** In the order of namespaces, names and ids. */
export async function selectMetrics(
  database: Queryable,
  { realm, region }: Pick<Place, 'realm' | 'region'>,
  page: { filter: MetricFilter; after: MetricPosition | undefined; limit: number },
): Promise<readonly KnownMetric[]> {
  const { filter, after, limit } = page
  const { dimensions = [] } = filter
  const valued = dimensions.filter(({ value }) => value !== undefined)
  const rows = await database.query<MetricRecord>(
    `select metric_id, namespace, metric_name, dimensions from metric m
     where realm = $1 and region = $2
       and ($3::text is null or namespace = $3) and ($4::text is null or metric_name = $4)
       and ($5::jsonb is null or dimensions @> $5) and ($6::text[] is null or dimensions ?& $6)
       and ($7::bigint is null or exists (
         select from metric_point p
         where p.realm = m.realm and p.metric_id = m.metric_id
           and p.width in (1, 60, 300, 3600) and p.at_seconds >= $7))
       and ($8::text is null or (namespace, metric_name, metric_id) > ($8, $9::text, $10::uuid))
     order by namespace, metric_name, metric_id limit $11`,
    [
      realm,
      region,
      filter.namespace,
      filter.metricName,
      valued.length > 0
        ? JSON.stringify(Object.fromEntries(valued.map(({ name, value }) => [name, value])))
        : undefined,
      dimensions.length > 0 ? dimensions.map(({ name }) => name) : undefined,
      filter.activeSinceSeconds,
      after?.namespace,
      after?.metricName,
      after?.metricId,
      limit,
    ],
  )
  return rows.map((row) => ({
    metricId: row.metric_id,
    namespace: row.namespace,
    metricName: row.metric_name,
    dimensions: row.dimensions,
  }))
}
