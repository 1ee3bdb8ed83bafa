import { createHash } from 'node:crypto'

/** What makes a metric this one and no other. */
export interface MetricIdentity {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: Readonly<Record<string, string>>
}

/** The id of a metric in its region: the same wherever it is worked out. */
export function metricId(
  { region }: { readonly region: string },
  { namespace, metricName, dimensions }: MetricIdentity,
): string {
  const pairs = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))
  const text = JSON.stringify([region, namespace, metricName, pairs])
  const hex = createHash('sha256').update(text).digest('hex')
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-')
}

/** CloudWatch takes nothing else in the names of metrics, and in the names and values of dimensions. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) > 127) return false
  return true
}
