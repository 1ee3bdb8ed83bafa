/**
 * Where all time comes from. Schedules, waits, cool-downs, signatures and time stamps read one clock,
 * so that freezing or advancing it moves the whole platform. Nothing outside this file asks the
 * operating system for the time.
 */
export interface Clock {
  /** The present instant, milliseconds precision. */
  now(): Date
  /**
   * Resolves when the clock reads `instant` or later, at once when it already does; rejects with the
   * signal's reason when `signal` aborts first. Never keeps the process alive by itself.
   */
  until(instant: Date, signal?: AbortSignal): Promise<void>
}

/** Node's timers take a 32-bit count of milliseconds; longer waits are made of several. */
const TIMER_MS_MAX = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  until: async (instant, signal) => {
    for (;;) {
      const remainingMs = instant.getTime() - Date.now()
      if (remainingMs <= 0) return
      await timer(Math.min(remainingMs, TIMER_MS_MAX), signal)
    }
  },
}

/** Resolves `delayMs` from now on `clock`. */
export function after(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return clock.until(new Date(clock.now().getTime() + delayMs), signal)
}

/** Milliseconds of a clock that only moves forward, for durations within one process. */
export function monotonicMs(): number {
  return performance.now()
}

function timer(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timeout)
      reject(signal?.reason)
    }
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    timeout.unref()
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
