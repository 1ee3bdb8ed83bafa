import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { atMostAbovePeer } from '../goal.ts'
import { startBenchPlatform } from '../platform.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { BUCKET, runTrainingJob, waiterClient } from '../training.ts'

const PROGRAM = new URL('../images/idle/bin/train', import.meta.url).pathname

export const row: Row = {
  name: 'training-job',
  summary:
    'CreateTrainingJob to Completed, of a program that ends at once, beside a bare spawn of it',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using platform = await startBenchPlatform()
    await platform.s3.createBucket({ Bucket: BUCKET })
    const image = await platform.addImage('idle')
    const client = waiterClient(platform)
    const { ours, peer } = await takeTurns(bench, {
      ours: () => timed(() => runTrainingJob(platform, client, { image })),
      peer: () => timed(runBare),
      show: (milliseconds) => `${milliseconds.toFixed(1)} ms`,
    })
    client.destroy()
    return [
      {
        what: 'training job of an idle program, create → Completed, vs bare spawn',
        unit: 'ms',
        ours,
        peer,
        goal: atMostAbovePeer(150, 'ms'),
      },
    ]
  },
}

async function runBare(): Promise<void> {
  const [code] = await once(spawn(PROGRAM, { stdio: ['ignore', 'pipe', 'pipe'] }), 'close')
  if (code !== 0) throw new Error(`${PROGRAM} ended with ${code}`)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = monotonicMs()
  await work()
  return monotonicMs() - startMs
}
