import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { atLeast } from '../goal.ts'
import { type BenchPlatform, startBenchPlatform } from '../platform.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { BUCKET, runTrainingJob, waiterClient } from '../training.ts'

const PROGRAM = new URL('../images/chatty/bin/train', import.meta.url).pathname
const LOG_GROUP = '/aws/sagemaker/TrainingJobs'

export const row: Row = {
  name: 'logs',
  summary:
    'lines that a training job writes until CloudWatch Logs has them, and how long the program took beside the same with /dev/null',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using platform = await startBenchPlatform()
    await platform.s3.createBucket({ Bucket: BUCKET })
    const image = await platform.addImage('chatty')
    const client = waiterClient(platform)
    const { ours, peer } = await takeTurns(bench, {
      ours: async () => {
        const job = await runTrainingJob(platform, client, { image })
        return readRun(platform, job.TrainingJobName ?? '')
      },
      peer: async () => {
        const programMs = await runSilently()
        return { programMs, linesPerSecond: 0 }
      },
      show: ({ programMs, linesPerSecond }) =>
        `${programMs} ms${linesPerSecond > 0 ? `, ${Math.round(linesPerSecond)} lines/s` : ''}`,
    })
    client.destroy()
    return [
      {
        what: 'log lines of one job, written → in CloudWatch Logs',
        unit: 'lines/s',
        ours: ours.map(({ linesPerSecond }) => linesPerSecond),
        peer: [],
        goal: atLeast(20_000),
      },
      {
        what: 'a program that only writes lines, in a job vs to /dev/null',
        unit: 'ms',
        ours: ours.map(({ programMs }) => programMs),
        peer: peer.map(({ programMs }) => programMs),
      },
    ]
  },
}

interface Run {
  /** How long the program took by its own clock. */
  readonly programMs: number
  readonly linesPerSecond: number
}

/** @throws Error when a line is missing */
async function readRun({ logs }: BenchPlatform, job: string): Promise<Run> {
  const request = { logGroupName: LOG_GROUP, logStreamNamePrefix: `${job}/` }
  let startedMs = 0
  let storedMs = 0
  let count = 0
  let end: { lines: number; programMs: number } | undefined
  let nextToken: string | undefined
  do {
    const page = await logs.filterLogEvents({ ...request, nextToken })
    nextToken = page.nextToken
    for (const { message = '', ingestionTime = 0 } of page.events ?? []) {
      storedMs = Math.max(storedMs, ingestionTime)
      if (message.startsWith('[')) count++
      const started = /^started=(\d+)$/.exec(message)
      if (started) startedMs = Number(started[1])
      const ended = /^lines=(\d+) took=(\S+)$/.exec(message)
      if (ended) end = { lines: Number(ended[1]), programMs: Number(ended[2]) }
    }
  } while (nextToken !== undefined)
  if (end?.lines !== count) throw new Error(`${count} of ${end?.lines} lines are in the log`)
  return { programMs: end.programMs, linesPerSecond: count / ((storedMs - startedMs) / 1_000) }
}

/** @returns how long the same program takes when its lines go nowhere, by its own clock */
async function runSilently(): Promise<number> {
  const { stderr } = await promisify(execFile)('sh', ['-c', '"$1" >/dev/null', 'sh', PROGRAM])
  return Number(/took=(\S+)/.exec(stderr)?.[1])
}
