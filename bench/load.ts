import { monotonicMs } from '../server/src/base/clock.ts'
import { quantile } from './rounds.ts'

/** What a run of calls took. */
export interface LoadResult {
  readonly callsPerSecond: number
  readonly latencyMsP50: number
  readonly latencyMsP99: number
}

/** One of those who call at once, each with what it needs for that. */
export interface Caller<T> {
  call(work: T): Promise<unknown>
  end?(): void
}

/** Does all the work, `atOnce` at a time. */
export async function callAll<T>(
  works: readonly T[],
  atOnce: number,
  newCaller: () => Caller<T>,
): Promise<LoadResult> {
  const latenciesMs: number[] = []
  const left = works.values()
  const startMs = monotonicMs()
  const calling = async (): Promise<void> => {
    const caller = newCaller()
    // the callers share one iterator: whoever is free takes the next
    for (const work of left) {
      const calledMs = monotonicMs()
      await caller.call(work)
      latenciesMs.push(monotonicMs() - calledMs)
    }
    caller.end?.()
  }
  await Promise.all(Array.from({ length: atOnce }, calling))
  return {
    callsPerSecond: works.length / ((monotonicMs() - startMs) / 1_000),
    latencyMsP50: quantile(latenciesMs, 0.5),
    latencyMsP99: quantile(latenciesMs, 0.99),
  }
}
