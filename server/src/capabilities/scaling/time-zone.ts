/** A wall-clock time somewhere; months and days count from 1. */
export interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for what is no name of the IANA time zone database */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  })
  formats.set(timeZone, format)
  return format
}

export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone)
    return true
  } catch {
    return false
  }
}

/** What clocks show at an instant. */
export function localTime(instant: Date, timeZone: string): LocalTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return { year, month, day, hour, minute, second }
}

/**
 * The instant at which clocks show this time; the first of two where they are set back over it.
 *
 * @returns undefined where clocks are set forward over it, so that it never comes
 */
export function instantOf(local: LocalTime, timeZone: string): Date | undefined {
  const shown = asUtcMs(local)
  // no zone is further than a day from UTC, and none changes twice within two days
  const offsets = [-DAY_MS, DAY_MS].map((shift) => {
    const near = new Date(shown + shift)
    return asUtcMs(localTime(near, timeZone)) - near.getTime()
  })
  const candidates = offsets.map((offset) => shown - offset).sort((one, other) => one - other)
  const found = candidates.find(
    (instant) => asUtcMs(localTime(new Date(instant), timeZone)) === shown,
  )
  return found === undefined ? undefined : new Date(found)
}

const DAY_MS = 86_400_000

/** The time as though it were UTC, in milliseconds since 1970. */
export function asUtcMs({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
