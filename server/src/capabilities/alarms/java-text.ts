/** Numbers as CloudWatch writes them in texts and documents, by Java's `Double.toString`: `5.0`, `1.0E-4`, `1.5E7`. */
export function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (value === 0 || (size >= 1e-3 && size < 1e7)) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : value < 0 ? '-Infinity' : 'NaN'
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** `2019-10-02T17:04:40.985+0000` */
export function cloudWatchInstant(at: Date): string {
  return at.toISOString().replace('Z', '+0000')
}

/** `02/10/19 17:04:00`, in UTC. */
export function shortInstant(at: Date): string {
  const [, year = '', month = '', day = '', time = ''] =
    /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(at.toISOString()) ?? []
  return `${day}/${month}/${year} ${time}`
}

/** `Friday 22 July, 2022 15:57:45 UTC` */
export function longInstant(at: Date): string {
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...options }).format(at)
  const time = at.toISOString().slice(11, 19)
  const day = String(at.getUTCDate()).padStart(2, '0')
  return `${part({ weekday: 'long' })} ${day} ${part({ month: 'long' })}, ${at.getUTCFullYear()} ${time} UTC`
}
