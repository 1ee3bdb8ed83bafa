import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { newShortId } from '../../server/src/base/ids.ts'
import { sendAll } from '../http-load.ts'
import { callAll, type LoadResult } from '../load.ts'
import { type BenchPlatform, startBenchPlatform } from '../platform.ts'
import { type Rounds, takeTurns } from '../rounds.ts'
import type { Bench, Measurement, Row } from '../row.ts'
import { signedRequest } from '../signed-request.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const BUCKET = 'bench'
const SMALL_BYTES = 1_024
const LARGE_BYTES = 64 * 1_024 * 1_024
const SMALL_REQUESTS = { 8: 1_500, 1: 300 } as const

export const row: Row = {
  name: 'objects',
  summary:
    'PutObject and GetObject of 1 KB and 64 MB beside a file that is written with fsync and renamed, or read; only stated',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using folder = await temporaryFolder()
    await using platform = await startBenchPlatform()
    await platform.s3.createBucket({ Bucket: BUCKET })
    const sides: Sides = { platform, folder: join(folder.path, 'files'), keys: [] }
    await mkdir(sides.folder)
    const at = async (
      connections: 8 | 1,
      operation: 'PutObject' | 'GetObject',
    ): Promise<Rounds<LoadResult>> => {
      bench.say(`${operation}, 1 KB, c=${connections}`)
      return operation === 'PutObject'
        ? putSmall(bench, sides, connections)
        : getSmall(bench, sides, connections)
    }
    const measured: Measurement[] = []
    for (const operation of ['PutObject', 'GetObject'] as const) {
      measured.push(...smallMeasurements(operation, await at(8, operation), await at(1, operation)))
    }
    for (const operation of ['PutObject', 'GetObject'] as const) {
      bench.say(`${operation}, 64 MB`)
      const rounds = await large(bench, sides, operation)
      measured.push({ what: `${operation} 64 MB, vs file`, unit: 'MB/s', ...rounds })
    }
    return measured
  },
}

interface Sides {
  readonly platform: BenchPlatform
  /** Where the peer's files are. */
  readonly folder: string
  /** Names of all objects and of all files: both sides have the same. */
  readonly keys: string[]
}

function putSmall(bench: Bench, sides: Sides, connections: 8 | 1): Promise<Rounds<LoadResult>> {
  const body = randomBytes(SMALL_BYTES)
  let fresh: string[] = []
  return takeTurns(bench, {
    ours: () => {
      fresh = Array.from({ length: SMALL_REQUESTS[connections] }, () => newShortId(16))
      sides.keys.push(...fresh)
      const requests = fresh.map((key) => put(sides.platform, key, body))
      return sendAll(requests, { port: sides.platform.port, connections })
    },
    peer: () =>
      callAll(fresh, connections, () => ({
        call: (key) => writeDurably(join(sides.folder, key), body),
      })),
    show,
  })
}

function getSmall(bench: Bench, sides: Sides, connections: 8 | 1): Promise<Rounds<LoadResult>> {
  const keys = sides.keys.slice(0, SMALL_REQUESTS[connections])
  return takeTurns(bench, {
    ours: () => {
      const requests = keys.map((key) => get(sides.platform, key))
      return sendAll(requests, { port: sides.platform.port, connections })
    },
    peer: () =>
      callAll(keys, connections, () => ({ call: (key) => readFile(join(sides.folder, key)) })),
    show,
  })
}

async function large(
  bench: Bench,
  { platform, folder }: Sides,
  operation: 'PutObject' | 'GetObject',
): Promise<Rounds<number>> {
  const body = randomBytes(LARGE_BYTES)
  const request = operation === 'PutObject' ? put(platform, 'large', body) : get(platform, 'large')
  const path = join(folder, 'large')
  const rate = async (work: () => Promise<unknown>): Promise<number> => {
    const startMs = monotonicMs()
    await work()
    return LARGE_BYTES / 1e6 / ((monotonicMs() - startMs) / 1_000)
  }
  return takeTurns(bench, {
    ours: () => rate(() => sendAll([request], { port: platform.port, connections: 1 })),
    peer: () => rate(() => (operation === 'PutObject' ? writeDurably(path, body) : readFile(path))),
    show: (megabytes) => `${Math.round(megabytes)} MB/s`,
  })
}

function put(platform: BenchPlatform, key: string, body: Buffer): Buffer {
  const path = `/${BUCKET}/${key}`
  return signedRequest({ method: 'PUT', path, body }, { ...platform, service: 's3' })
}

function get(platform: BenchPlatform, key: string): Buffer {
  const path = `/${BUCKET}/${key}`
  return signedRequest({ method: 'GET', path }, { ...platform, service: 's3' })
}

/** What a store of objects cannot do without: the bytes on disk, then their name, at once or not at all. */
async function writeDurably(path: string, body: Buffer): Promise<void> {
  const own = `${path}.new`
  const file = await open(own, 'w')
  try {
    await file.writeFile(body)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(own, path)
}

function show({ callsPerSecond, latencyMsP50 }: LoadResult): string {
  return `${Math.round(callsPerSecond)}/s p50 ${latencyMsP50.toFixed(2)} ms`
}

function smallMeasurements(
  operation: string,
  busy: Rounds<LoadResult>,
  alone: Rounds<LoadResult>,
): Measurement[] {
  return [
    {
      what: `${operation} 1 KB, c=8, vs file`,
      unit: 'operations/s',
      ours: busy.ours.map((result) => result.callsPerSecond),
      peer: busy.peer.map((result) => result.callsPerSecond),
    },
    {
      what: `${operation} 1 KB, c=1: p50, vs file`,
      unit: 'ms',
      ours: alone.ours.map((result) => result.latencyMsP50),
      peer: alone.peer.map((result) => result.latencyMsP50),
    },
  ]
}
