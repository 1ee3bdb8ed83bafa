import { asUtcMs, instantOf, localTime } from './time-zone.ts'

/** `cron(…)` as AWS writes it, taken apart: minutes and hours by value, days by a question. */
export interface Cron {
  readonly seconds: ReadonlySet<number>
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly years: ReadonlySet<number>
  readonly isDay: (day: CalendarDay) => boolean
}

/** A date; `weekday` from 1, Sunday, as AWS counts. */
interface CalendarDay {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly daysInMonth: number
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const YEAR_MIN = 1970
const YEAR_MAX = 2199
const DAY_MS = 86_400_000
const SET_BACK_MS_MAX = 3 * 3_600_000
/** Further than any day of a leap year from the next one of its kind. */
const DAYS_AHEAD_MAX = 366 * 28

/**
 * @param fields minutes, hours, day of month, month, day of week, year; with seconds before them when seven
 * @returns undefined when they are none
 * @source Amazon EventBridge User Guide, cron expressions; Application Auto Scaling User Guide for the seconds
 */
export function parseCron(fields: readonly string[]): Cron | undefined {
  const [seconds, ...rest] = fields.length === 7 ? fields : ['0', ...fields]
  if (rest.length !== 6) return undefined
  const [minutes = '', hours = '', monthday = '', months = '', weekday = '', years = ''] = rest
  // both would contradict each other on most days
  if (!isAny(monthday) && !isAny(weekday)) return undefined
  if (monthday === '?' && weekday === '?') return undefined
  const isDay = isAny(weekday) ? monthdayTest(monthday) : weekdayTest(weekday)
  const cron = {
    seconds: valuesOf(seconds ?? '', { min: 0, max: 59 }),
    minutes: valuesOf(minutes, { min: 0, max: 59 }),
    hours: valuesOf(hours, { min: 0, max: 23 }),
    months: valuesOf(months, { min: 1, max: 12, names: MONTHS }),
    years: valuesOf(years, { min: YEAR_MIN, max: YEAR_MAX }),
    isDay,
  }
  return Object.values(cron).every((part) => part !== undefined) ? (cron as Cron) : undefined
}

/** The first time after `instant` that clocks in the zone show what is asked for. */
export function nextOfCron(cron: Cron, instant: Date, timeZone: string): Date | undefined {
  const from = localTime(instant, timeZone)
  const firstDayMs = asUtcMs({ ...from, hour: 0, minute: 0, second: 0 })
  for (let ahead = 0; ahead <= DAYS_AHEAD_MAX; ahead += 1) {
    const day = calendarDay(firstDayMs + ahead * DAY_MS)
    if (day.year > YEAR_MAX) return undefined
    if (!cron.years.has(day.year) || !cron.months.has(day.month) || !cron.isDay(day)) continue
    const found = firstOfDay(cron, day, { instant, timeZone, shownMs: asUtcMs(from) })
    if (found) return found
  }
  return undefined
}

function firstOfDay(
  cron: Cron,
  day: CalendarDay,
  { instant, timeZone, shownMs }: { instant: Date; timeZone: string; shownMs: number },
): Date | undefined {
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      for (const second of cron.seconds) {
        const local = { ...day, hour, minute, second }
        // cheap to tell: no zone sets its clocks back by as much
        if (asUtcMs(local) < shownMs - SET_BACK_MS_MAX) continue
        const found = instantOf(local, timeZone)
        if (found && found > instant) return found
      }
    }
  }
  return undefined
}

interface FieldRange {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

/** @returns the values in order; undefined when the field is none */
function valuesOf(field: string, range: FieldRange): ReadonlySet<number> | undefined {
  const values: number[] = []
  for (const part of field.split(',')) {
    const [span = '', stepText, ...more] = part.split('/')
    const step = stepText === undefined ? 1 : wholeNumber(stepText)
    const bounds = boundsOf(span, { range, isStepped: stepText !== undefined })
    if (!bounds || step === undefined || step < 1 || more.length > 0) return undefined
    for (let value = bounds.first; value <= bounds.last; value += step) values.push(value)
  }
  return new Set(values.sort((one, other) => one - other))
}

function boundsOf(
  span: string,
  { range, isStepped }: { range: FieldRange; isStepped: boolean },
): { first: number; last: number } | undefined {
  if (span === '*') return { first: range.min, last: range.max }
  const [firstText = '', lastText, ...more] = span.split('-')
  const first = readValue(firstText, range)
  const last = lastText === undefined ? (isStepped ? range.max : first) : readValue(lastText, range)
  if (first === undefined || last === undefined || first > last || more.length > 0) return undefined
  return { first, last }
}

function readValue(text: string, { min, max, names }: FieldRange): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1
  const value = named >= 0 ? named + min : wholeNumber(text)
  return value !== undefined && value >= min && value <= max ? value : undefined
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined
}

function isAny(field: string): boolean {
  return field === '*' || field === '?'
}

function monthdayTest(field: string): Cron['isDay'] | undefined {
  if (isAny(field)) return () => true
  if (field === 'L') return ({ day, daysInMonth }) => day === daysInMonth
  if (field === 'LW') return (day) => day.day === nearestWorkday(day, day.daysInMonth)
  const near = /^(\d{1,2})W$/.exec(field)
  if (near) {
    const wanted = readValue(near[1] ?? '', { min: 1, max: 31 })
    return wanted === undefined
      ? undefined
      : (day) => wanted <= day.daysInMonth && day.day === nearestWorkday(day, wanted)
  }
  const days = valuesOf(field, { min: 1, max: 31 })
  return days && (({ day }) => days.has(day))
}

function weekdayTest(field: string): Cron['isDay'] | undefined {
  const range = { min: 1, max: 7, names: WEEKDAYS }
  if (field === 'L') return ({ weekday }) => weekday === 7
  const special = /^(\w{1,3})(?:L|#([1-5]))$/.exec(field)
  if (special) {
    const wanted = readValue(special[1] ?? '', range)
    const ordinal = special[2] === undefined ? undefined : Number(special[2])
    if (wanted === undefined) return undefined
    return ({ day, weekday, daysInMonth }) =>
      weekday === wanted &&
      (ordinal === undefined ? day + 7 > daysInMonth : Math.ceil(day / 7) === ordinal)
  }
  const days = valuesOf(field, range)
  return days && (({ weekday }) => days.has(weekday))
}

/** The day from Monday to Friday that is nearest to a day, within the same month. */
function nearestWorkday({ day, weekday, daysInMonth }: CalendarDay, wanted: number): number {
  const wantedWeekday = ((((weekday - 1 + wanted - day) % 7) + 7) % 7) + 1
  if (wantedWeekday === 7) return wanted > 1 ? wanted - 1 : wanted + 2
  if (wantedWeekday === 1) return wanted < daysInMonth ? wanted + 1 : wanted - 2
  return wanted
}

function calendarDay(ms: number): CalendarDay {
  const date = new Date(ms)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1]
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return { year, month, day: date.getUTCDate(), weekday: date.getUTCDay() + 1, daysInMonth }
}
