import { after, systemClock } from './base/clock.ts'
import type { Platform } from './platform/scope.ts'

/** Work that nobody waits for: what resets, deletions and expiries leave behind. */
export type Chore = { readonly name: string; readonly run: () => Promise<unknown> }

/** Two rounds are at least this far apart in real time: what is due is judged by the platform's. */
const ROUND_MS = 30_000

export interface Housekeeping extends AsyncDisposable {
  /** Begins a round now, for instance after a reset. */
  soon(): void
}

/** Runs every chore now and then, one at a time; a chore that fails is tried again in the next round. */
export function keepHouse(platform: Platform, chores: readonly Chore[]): Housekeeping {
  const { log } = platform
  const stopping = new AbortController()
  let wake = new AbortController()

  const round = async (): Promise<void> => {
    for (const { name, run } of chores) {
      if (stopping.signal.aborted) return
      await run().catch((error) => log.warn('a chore failed', { chore: name, error }))
    }
  }
  const rounds = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController()
      await round()
      const signal = AbortSignal.any([stopping.signal, wake.signal])
      // an abort is how the pause ends early
      await after(systemClock, ROUND_MS, signal).catch(() => undefined)
    }
  }
  const done = rounds()
  return {
    soon: () => wake.abort(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await done
    },
  }
}
