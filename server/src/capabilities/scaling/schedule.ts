import { type Cron, nextOfCron, parseCron } from './cron.ts'
import { instantOf } from './time-zone.ts'

/** When a scheduled action comes: once, or again and again. */
export type Schedule =
  | { readonly kind: 'At'; readonly instant: Date | undefined }
  | { readonly kind: 'Rate'; readonly everyMs: number }
  | { readonly kind: 'Cron'; readonly cron: Cron; readonly timeZone: string }

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/**
 * `at(yyyy-mm-ddThh:mm:ss)`, `rate(value unit)` or `cron(fields)`.
 *
 * @param timeZone a name of the IANA time zone database, that `at` and `cron` are meant in
 * @returns undefined when the text is none of these
 */
export function parseSchedule(text: string, timeZone: string): Schedule | undefined {
  const match = /^(at|rate|cron)\((.*)\)$/.exec(text.trim())
  const [, kind, inner = ''] = match ?? []
  if (kind === 'at') return parseAt(inner.trim(), timeZone)
  if (kind === 'rate') return parseRate(inner.trim())
  if (kind !== 'cron') return undefined
  const cron = parseCron(inner.trim().split(/\s+/))
  return cron && { kind: 'Cron', cron, timeZone }
}

function parseAt(text: string, timeZone: string): Schedule | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  const read = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const isReal = read.getUTCMonth() + 1 === month && read.getUTCDate() === day && hour < 24
  if (!isReal || minute > 59 || second > 59) return undefined
  return { kind: 'At', instant: instantOf({ year, month, day, hour, minute, second }, timeZone) }
}

function parseRate(text: string): Schedule | undefined {
  const match = /^(\d{1,6})\s+(minute|hour|day)(s?)$/.exec(text)
  if (!match) return undefined
  const [, countText, unit = '', plural] = match
  const count = Number(countText)
  const unitMs = UNIT_MS[unit]
  // AWS takes `1 minute` and `2 minutes`, and neither `1 minutes` nor `2 minute`
  if (unitMs === undefined || count < 1 || (count === 1) !== (plural === '')) return undefined
  return { kind: 'Rate', everyMs: count * unitMs }
}

/** When a schedule is in force; a recurring one also comes at its start. */
export interface ScheduleSpan {
  readonly createdAt: Date
  readonly startAt?: Date
  readonly endAt?: Date
}

/** The first time after `instant`. @returns undefined when there is none */
export function nextRun(schedule: Schedule, instant: Date, span: ScheduleSpan): Date | undefined {
  const { startAt, endAt } = span
  if (schedule.kind === 'At') {
    return schedule.instant && schedule.instant > instant ? schedule.instant : undefined
  }
  if (startAt && startAt > instant) return endAt && startAt > endAt ? undefined : startAt
  const next =
    schedule.kind === 'Cron'
      ? nextOfCron(schedule.cron, instant, schedule.timeZone)
      : nextOfRate(schedule.everyMs, instant, startAt ?? span.createdAt)
  return next && endAt && next > endAt ? undefined : next
}

function nextOfRate(everyMs: number, instant: Date, since: Date): Date {
  const passed = Math.floor((instant.getTime() - since.getTime()) / everyMs)
  return new Date(since.getTime() + (Math.max(0, passed) + 1) * everyMs)
}
