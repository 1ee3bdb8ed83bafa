const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const FORM = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/**
 * Milliseconds of a duration as people write it: `90s`, `10m`, `2h`, `1d`, `200ms`, `1h30m`.
 *
 * @returns undefined when it is none
 */
export function parseDurationMs(text: string): number | undefined {
  if (!FORM.test(text)) return undefined
  const parts = [...text.matchAll(PART)]
  const ms = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
    0,
  )
  return Math.round(ms)
}

/** The shortest way to write a duration with its two largest units: `1d 2h`, `9m 59s`, `250ms`. */
export function formatDuration(ms: number): string {
  let left = Math.round(Math.abs(ms))
  const parts: string[] = []
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / UNIT_MS[unit])
    left -= count * UNIT_MS[unit]
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ') || '0s'
}
