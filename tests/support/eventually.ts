import { after, monotonicMs, systemClock } from '../../server/src/base/clock.ts'

/** Looks cost processor time that others wait for: what lasts is looked at less often, by a tenth of the wait. */
const POLL_MS_MIN = 10
const POLL_MS_MAX = 100
/** Of a machine that is busy with other things: what comes at all comes long before. */
const TIMEOUT_MS = 60_000

/** Asks until the answer is something, and answers that. @throws with the last error after `timeoutMs` */
export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  options: { timeoutMs?: number; what?: string } = {},
): Promise<T> {
  const startMs = monotonicMs()
  let last: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    const waitedMs = monotonicMs() - startMs
    if (waitedMs > (options.timeoutMs ?? TIMEOUT_MS)) {
      throw new Error(`this did not come: ${options.what ?? look.toString()}`, { cause: last })
    }
    await after(systemClock, Math.min(Math.max(waitedMs / 10, POLL_MS_MIN), POLL_MS_MAX))
  }
}
