import { monotonicMs } from '../../server/src/base/clock.ts'
import { atMostTimesPeer } from '../goal.ts'
import { deployXgboost, startHosting, type XgboostEndpoint } from '../hosting.ts'
import { callAll } from '../load.ts'
import { quantile, takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'

const MODELS = 1_000
const MODEL_BYTES = 1_000_000
const LOADING_AT_ONCE = 8
const REQUESTS = 300

export const row: Row = {
  name: 'multi-model',
  summary: `one request to one of ${MODELS} models of 1 MB in one container, all loaded, beside a container of one`,
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using hosting = await startHosting(bench)
    const { platform, line } = hosting
    const model = { file: hosting.model, bytes: MODEL_BYTES }
    const single = await deployXgboost(platform, { name: 'single', model })
    const many = await deployXgboost(platform, { name: 'many', model, models: MODELS })
    const loading = await callAll(many.targets, LOADING_AT_ONCE, () => ({
      call: (target) => many.invoke(line, target),
    }))
    bench.say(`${MODELS} models loaded, ${Math.round(loading.callsPerSecond)}/s`)
    const { ours, peer } = await takeTurns(bench, {
      ours: () => medianMs(many, line),
      peer: () => medianMs(single, line),
      show: (milliseconds) => `${milliseconds.toFixed(2)} ms`,
    })
    return [
      {
        what: `one row to one of ${MODELS} loaded models: p50 at c=1, vs a container of one`,
        unit: 'ms',
        ours,
        peer,
        goal: atMostTimesPeer(2),
      },
    ]
  },
}

async function medianMs(endpoint: XgboostEndpoint, line: string): Promise<number> {
  const times: number[] = []
  for (let request = 0; request < REQUESTS; request++) {
    const startMs = monotonicMs()
    await endpoint.invoke(line, endpoint.targets[(request * 37) % endpoint.targets.length])
    times.push(monotonicMs() - startMs)
  }
  return quantile(times, 0.5)
}
