import { after, monotonicMs, systemClock } from '../../server/src/base/clock.ts'

const POLL_MS = 25

/** Asks until the answer is something, and answers that. @throws with the last error after `timeoutMs` */
export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  options: { timeoutMs?: number; what?: string } = {},
): Promise<T> {
  const giveUpMs = monotonicMs() + (options.timeoutMs ?? 30_000)
  let last: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    if (monotonicMs() > giveUpMs) {
      throw new Error(`this did not come: ${options.what ?? look.toString()}`, { cause: last })
    }
    await after(systemClock, POLL_MS)
  }
}
