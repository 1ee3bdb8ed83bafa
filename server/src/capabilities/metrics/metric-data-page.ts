import { createHash } from 'node:crypto'
import type { GetMetricDataCommandInput, MetricDataResult } from '@aws-sdk/client-cloudwatch'
import { decodePageToken, encodePageToken } from '../../aws/pagination.ts'
import type { MetricSeries } from './metric-query.ts'
import { invalidNextToken } from './metrics-errors.ts'

/** Where a page begins: in this series, behind this instant if one is named. */
interface PagePosition {
  readonly index: number
  readonly afterMs: number | undefined
}

interface Page {
  readonly isDescending: boolean
  readonly from: PagePosition | undefined
  readonly pointsMax: number
}

/** A page of GetMetricData's answer. */
export interface MetricDataPage {
  readonly results: MetricDataResult[]
  readonly nextToken: string | undefined
}

/**
 * The page that a request asks for.
 * @throws invalidNextToken for a token of another request
 */
export function metricDataPage(
  series: readonly MetricSeries[],
  { input, pointsMax }: { input: GetMetricDataCommandInput; pointsMax: number },
): MetricDataPage {
  const { ScanBy = 'TimestampDescending', NextToken } = input
  const from = NextToken === undefined ? undefined : readPosition(NextToken, input)
  const isDescending = ScanBy === 'TimestampDescending'
  const { results, next } = takePage(series, { isDescending, from, pointsMax })
  const nextToken = next && encodePageToken({ ...next, request: digestOf(input) })
  return { results, nextToken }
}

/** Fills a page series by series; one that does not fit is `PartialData` and goes on in the next. */
function takePage(
  series: readonly MetricSeries[],
  { isDescending, from, pointsMax }: Page,
): { results: MetricDataResult[]; next: PagePosition | undefined } {
  const results: MetricDataResult[] = []
  let room = pointsMax
  for (const [index, one] of series.entries()) {
    if (index < (from?.index ?? 0)) continue
    const afterMs = index === from?.index ? from.afterMs : undefined
    const points = pointsOf(one, { isDescending, afterMs })
    if (room === 0 && points.length > 0) return { results, next: { index, afterMs: undefined } }
    const taken = points.slice(0, room)
    room -= taken.length
    const isWhole = taken.length === points.length
    results.push(resultOf(one, { points: taken, isWhole }))
    if (!isWhole) return { results, next: { index, afterMs: taken.at(-1)?.at.getTime() } }
  }
  return { results, next: undefined }
}

interface Point {
  readonly at: Date
  readonly value: number
}

function pointsOf(
  { timestamps, values }: MetricSeries,
  { isDescending, afterMs }: { isDescending: boolean; afterMs: number | undefined },
): readonly Point[] {
  const ascending = timestamps.map((at, index) => ({ at, value: values[index] ?? 0 }))
  const points = isDescending ? ascending.toReversed() : ascending
  if (afterMs === undefined) return points
  return points.filter(({ at }) => (isDescending ? at.getTime() < afterMs : at.getTime() > afterMs))
}

function resultOf(
  { id, label, severalUnits }: MetricSeries,
  { points, isWhole }: { points: readonly Point[]; isWhole: boolean },
): MetricDataResult {
  const units = severalUnits && `Multiple units returned: '[${severalUnits.join(', ')}]'`
  return {
    Id: id,
    Label: label,
    Timestamps: points.map(({ at }) => at),
    Values: points.map(({ value }) => value),
    StatusCode: isWhole ? 'Complete' : 'PartialData',
    ...(units === undefined ? {} : { Messages: [{ Code: 'MultipleUnits', Value: units }] }),
  }
}

function readPosition(token: string, input: GetMetricDataCommandInput): PagePosition {
  const position = decodePageToken<{ index?: unknown; afterMs?: unknown; request?: unknown }>(token)
  const { index, afterMs } = position ?? {}
  const isOurs =
    typeof index === 'number' &&
    (afterMs === undefined || typeof afterMs === 'number') &&
    position?.request === digestOf(input)
  if (!isOurs) {
    throw invalidNextToken(
      'The NextToken is not valid: give the one of the page before, with the same queries and times.',
    )
  }
  return { index, afterMs }
}

/** Tells requests apart whose pages do not follow each other. */
function digestOf({
  MetricDataQueries,
  StartTime,
  EndTime,
  ScanBy,
}: GetMetricDataCommandInput): string {
  const text = JSON.stringify([MetricDataQueries, StartTime, EndTime, ScanBy])
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
