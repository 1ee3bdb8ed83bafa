import { inRealTime, keepLooking } from './base/lookout.ts'
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

  const lookout = keepLooking(async (signal) => {
    for (const { name, run } of chores) {
      if (signal.aborted) break
      await run().catch((error) => log.warn('a chore failed', { chore: name, error }))
    }
    return [inRealTime(ROUND_MS)]
  })
  return {
    soon: () => lookout.hint(),
    [Symbol.asyncDispose]: () => lookout[Symbol.asyncDispose](),
  }
}
