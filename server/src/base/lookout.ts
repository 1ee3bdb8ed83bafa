import { type Clock, systemClock } from './clock.ts'

/** When to look again, by one of the clocks. */
export interface Moment {
  readonly clock: Clock
  readonly at: Date
}

/** Looks again and again until it is disposed of; a look that is under way then is waited for. */
export interface Lookout extends AsyncDisposable {
  /** Looks soon; once more when a look is under way. */
  hint(): void
  /** Resolves when the first look is over, or there will be none. */
  readonly first: Promise<void>
}

/**
 * Level-triggered work: `look` does what is to be done and says when it is worth looking again, whichever of
 * the moments comes first; `hint` brings that forward.
 *
 * @param look never rejects; its signal aborts when the lookout is disposed of
 */
export function keepLooking(look: (signal: AbortSignal) => Promise<readonly Moment[]>): Lookout {
  const stopped = new AbortController()
  const first = Promise.withResolvers<void>()
  let hinted = new AbortController()

  const follow = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      // from here on: what is hinted while it looks may have been missed by the look
      hinted = new AbortController()
      const moments = await look(stopped.signal)
      first.resolve()
      await earliest(moments, AbortSignal.any([stopped.signal, hinted.signal]))
    }
    first.resolve()
  }
  // in the next turn, so that the first look may hint already
  const following = Promise.resolve().then(follow)
  return {
    hint: () => hinted.abort(),
    first: first.promise,
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      await following
    },
  }
}

/** So many milliseconds of real time from now. */
export function inRealTime(delayMs: number): Moment {
  return { clock: systemClock, at: new Date(systemClock.now().getTime() + delayMs) }
}

async function earliest(moments: readonly Moment[], signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  // an abort is how a wait ends early
  const waits = moments.map(({ clock, at }) => clock.until(at, either).catch(() => undefined))
  await Promise.race(waits)
  over.abort()
  await Promise.all(waits)
}
