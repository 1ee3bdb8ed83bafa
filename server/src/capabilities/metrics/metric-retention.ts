import type { Platform } from '../../platform/scope.ts'
import {
  forgetBatches,
  forgetPoints,
  forgetSilentMetrics,
  rollUpPoints,
} from './metric-retention.store.ts'

const HOUR_SECONDS = 3_600
const DAY_SECONDS = 86_400

/**
 * How long points of each width are kept before they are merged into wider ones; the widest are deleted.
 *
 * @source Amazon CloudWatch User Guide, "Metrics retention"
 */
const TIERS: readonly { width: number; keptSeconds: number; into: number | undefined }[] = [
  { width: 1, keptSeconds: 3 * HOUR_SECONDS, into: 60 },
  { width: 60, keptSeconds: 15 * DAY_SECONDS, into: 300 },
  { width: 300, keptSeconds: 63 * DAY_SECONDS, into: HOUR_SECONDS },
  { width: HOUR_SECONDS, keptSeconds: 455 * DAY_SECONDS, into: undefined },
]

/** Writers put seconds that are older than three hours into minutes themselves: none is merged under their hands. */
const SLACK_SECONDS = 900
const METRICS_PER_STATEMENT = 20

/**
 * Where a query can begin: data is kept in wider periods as it ages, and those begin at whole multiples.
 *
 * @source Amazon CloudWatch API Reference, GetMetricData, StartTime
 */
export function retainedStart(startTime: Date, now: Date): Date {
  const ageSeconds = (now.getTime() - startTime.getTime()) / 1_000
  const step =
    ageSeconds >= 63 * DAY_SECONDS ? HOUR_SECONDS : ageSeconds >= 15 * DAY_SECONDS ? 300 : 1
  return new Date(Math.floor(startTime.getTime() / (step * 1_000)) * step * 1_000)
}

/**
 * Merges points that have outlived their width, and deletes those that have outlived all.
 * @returns of how many metrics
 */
export async function rollUpMetrics({
  database,
  clock,
}: Pick<Platform, 'database' | 'clock'>): Promise<number> {
  const nowSeconds = Math.floor(clock.now().getTime() / 1_000)
  let total = 0
  let isSomethingGone = false
  for (const { width, keptSeconds, into } of TIERS) {
    // whole wider periods at a time: what is merged is not added to afterwards, but by late samples
    const step = into ?? width
    const before = Math.floor((nowSeconds - keptSeconds - SLACK_SECONDS) / step) * step
    const batch = { width, before, metricsMax: METRICS_PER_STATEMENT }
    for (;;) {
      const count =
        into === undefined
          ? await forgetPoints(database, batch)
          : await rollUpPoints(database, { ...batch, into })
      total += count
      isSomethingGone ||= into === undefined && count > 0
      if (count < METRICS_PER_STATEMENT) break
    }
  }
  if (isSomethingGone) await forgetSilentMetrics(database)
  await forgetBatches(database)
  return total
}
