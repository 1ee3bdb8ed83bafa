import { after, systemClock } from '../../base/clock.ts'
import { passing } from '../../base/steerable-clock.ts'
import type { TaskUsage } from '../../platform/engines/engine.ts'
import type { Platform } from '../../platform/scope.ts'
import { recordMetrics } from './metric-record.ts'
import { usageSamples } from './task-usage.ts'

const MINUTE_MS = 60_000
/** While nothing runs, it is looked so often whether something does, in real time: no minute is waited for. */
const IDLE_LOOK_MS = 2_000

/**
 * Records what running tasks take of processor, memory and disk: once for each minute of the platform's clock at
 * which they run. A control that begins anew within a minute may record that minute twice: averages do not change.
 */
export function recordTaskUsage(
  platform: Pick<Platform, 'engine' | 'clock' | 'database' | 'log'>,
): AsyncDisposable {
  const { engine, clock, log } = platform
  const stopping = new AbortController()
  const { signal } = stopping

  const round = async (): Promise<void> => {
    const running = await engine.usage()
    if (running.length === 0) {
      await after(systemClock, IDLE_LOOK_MS, signal)
      return
    }
    await record(platform, running)
    const minute = Math.floor(clock.now().getTime() / MINUTE_MS)
    // minutes that are passed over when the clock is put ahead have no usage: nothing ran in them
    await passing(clock, new Date((minute + 1) * MINUTE_MS), signal)
  }
  const rounds = async (): Promise<void> => {
    while (!signal.aborted) {
      await round().catch(async (error: unknown) => {
        if (signal.aborted) return
        log.warn('what tasks take could not be recorded', { error })
        // an abort is how the pause ends early
        await after(systemClock, IDLE_LOOK_MS, signal).catch(() => undefined)
      })
    }
  }
  const done = rounds()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await done
    },
  }
}

/** One statement for each account's realm and region. */
async function record(
  { clock, database }: Pick<Platform, 'clock' | 'database'>,
  running: readonly TaskUsage[],
): Promise<void> {
  const at = clock.now()
  const places = Map.groupBy(running, ({ realm, region }) => `${realm}/${region}`)
  for (const tasks of places.values()) {
    const [first] = tasks
    if (!first) continue
    const { realm, account, region } = first
    const samples = tasks.flatMap((usage) => usageSamples(usage, at))
    await recordMetrics(database, { realm, account, region }, samples)
  }
}
