import assert from 'node:assert/strict'
import type { CloudWatch, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { newHexId } from '../../base/ids.ts'

/** For tests of CloudWatch's operations: metrics of their own, and refusals by code. */
export interface MetricName {
  readonly Namespace: string
  readonly MetricName: string
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** The minute before the present one. */
export function lastMinute({ clock }: { readonly clock: { now(): Date } }): Date {
  return new Date(Math.floor(clock.now().getTime() / MINUTE_MS) * MINUTE_MS - MINUTE_MS)
}

export function from(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms)
}

export function givenName(): MetricName {
  return { Namespace: `Tests/${newHexId(8)}`, MetricName: 'Latency' }
}

/** Puts a value for each minute up to `last`, undefined where there is none. */
export async function givenMinutes(
  cloudwatch: CloudWatch,
  name: MetricName,
  { values, last }: { values: readonly (number | undefined)[]; last: Date },
): Promise<void> {
  await cloudwatch.putMetricData({
    Namespace: name.Namespace,
    MetricData: values.flatMap((Value, index) => {
      const Timestamp = from(last, (index - values.length + 1) * MINUTE_MS)
      return Value === undefined ? [] : [{ MetricName: name.MetricName, Value, Timestamp }]
    }),
  })
}

/** A query for the sum by the minute, of the id m1. */
export function query(
  name: MetricName,
  more: { Id?: string; Stat?: string; Period?: number } & Partial<MetricDataQuery> = {},
): MetricDataQuery {
  const { Stat = 'Sum', Period = 60, ...rest } = more
  return { Id: 'm1', MetricStat: { Metric: name, Period, Stat }, ...rest }
}

/** @param code as Query names it */
export async function refused(
  work: Promise<unknown>,
  code: string,
  message: RegExp,
): Promise<void> {
  await assert.rejects(work, (error: Error & { Code?: string }) => {
    assert.equal(error.Code ?? error.name, code)
    assert.match(error.message, message)
    return true
  })
}
