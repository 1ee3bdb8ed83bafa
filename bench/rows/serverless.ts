import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { deployXgboost, startHosting, type XgboostEndpoint } from '../hosting.ts'
import type { BenchPlatform } from '../platform.ts'
import { quantile, takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'

const REQUESTS = 300
const POLL_MS = 50

export const row: Row = {
  name: 'serverless',
  summary:
    'one request to a serverless variant whose environment is warm, beside a variant on an instance; and its cold start',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using hosting = await startHosting(bench)
    const { platform, line } = hosting
    const model = { file: hosting.model, bytes: 0 }
    const plain = await deployXgboost(platform, { name: 'plain', model })
    const serverless = await deployXgboost(platform, {
      name: 'serverless',
      model,
      serverless: { MemorySizeInMB: 2048, MaxConcurrency: 1 },
    })
    const coldMs: number[] = []
    for (let round = 0; round < bench.rounds; round++) {
      await cool(platform, serverless.name)
      coldMs.push(await timed(() => serverless.invoke(line, undefined)))
      bench.say(`cold start: ${Math.round(coldMs.at(-1) ?? 0)} ms`)
    }
    const { ours, peer } = await takeTurns(bench, {
      ours: () => medianMs(serverless, line),
      peer: () => medianMs(plain, line),
      show: (milliseconds) => `${milliseconds.toFixed(2)} ms`,
    })
    return [
      {
        what: 'one row to a serverless variant, warm: p50 at c=1, vs a variant on an instance',
        unit: 'ms',
        ours,
        peer,
      },
      {
        what: 'the same, cold: the environment is started for the request',
        unit: 'ms',
        ours: coldMs,
        peer: [],
        note: 'with the runtime and the model at hand on this machine',
      },
    ]
  },
}

/** Lets the variant's environments be idle for long enough to end, and waits for their end. */
async function cool(platform: BenchPlatform, endpointName: string): Promise<void> {
  for (;;) {
    await platform.cli('clock', 'advance', '16m')
    const { tasks } = await platform.status()
    if (tasks.every(({ name }) => name !== endpointName)) return
    await delay(POLL_MS)
  }
}

async function medianMs(endpoint: XgboostEndpoint, line: string): Promise<number> {
  const times: number[] = []
  for (let request = 0; request < REQUESTS; request++) {
    times.push(await timed(() => endpoint.invoke(line, undefined)))
  }
  return quantile(times, 0.5)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = monotonicMs()
  await work()
  return monotonicMs() - startMs
}
