import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { freePort } from '../../tests/support/platform.ts'
import { atMost } from '../goal.ts'
import type { Measurement, Row } from '../row.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const CLI = new URL('../../cli/main.ts', import.meta.url).pathname
const SECONDS_MAX = 4

export const row: Row = {
  name: 'start',
  summary:
    './sagebrush up --detach until it returns, on a new data directory and on one that was used before; the runtimes are in place',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    const fresh: number[] = []
    const again: number[] = []
    for (let round = 1; round <= bench.rounds; round++) {
      const seconds = await startTwice()
      bench.say(`round ${round}: ${seconds.map((one) => one.toFixed(1)).join(' s, then ')} s`)
      fresh.push(seconds[0])
      again.push(seconds[1])
    }
    const measurement = { unit: 's', peer: [], goal: atMost(SECONDS_MAX) }
    return [
      { ...measurement, what: 'up until ready, new data directory', ours: fresh },
      { ...measurement, what: 'up until ready, used data directory', ours: again },
    ]
  },
}

async function startTwice(): Promise<[number, number]> {
  await using folder = await temporaryFolder()
  const installation = ['--data-dir', join(folder.path, 'data')]
  const port = String(await freePort())
  const cli = async (...args: readonly string[]): Promise<void> => {
    await promisify(execFile)(process.execPath, [CLI, ...args, ...installation])
  }
  const up = async (): Promise<number> => {
    const startMs = monotonicMs()
    await cli('up', '--detach', '--port', port)
    return (monotonicMs() - startMs) / 1_000
  }
  try {
    const fresh = await up()
    await cli('down')
    return [fresh, await up()]
  } finally {
    await cli('down')
  }
}
