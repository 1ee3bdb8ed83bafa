import { systemClock } from '../../base/clock.ts'

let second = 0
let text = ''

/** The `Date` header line of now, made once per second. */
export function dateLine(): string {
  const now = systemClock.now()
  const present = Math.floor(now.getTime() / 1_000)
  if (present !== second) {
    second = present
    text = `Date: ${now.toUTCString()}\r\n`
  }
  return text
}
