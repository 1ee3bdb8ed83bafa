import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { newShortId } from '../../server/src/base/ids.ts'
import type { LoadResult } from '../load.ts'
import { fileStore, nginxStore, type ObjectStore, platformStore } from '../object-stores.ts'
import { startBenchPlatform } from '../platform.ts'
import { isOnPath } from '../programs.ts'
import { takeTurns } from '../rounds.ts'
import type { Bench, Measurement, Row } from '../row.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const BUCKET = 'bench'
const SMALL = randomBytes(1_024)
const LARGE = randomBytes(64 * 1_024 * 1_024)
const MEGABYTES = LARGE.length / 1e6

export const row: Row = {
  name: 'objects',
  summary:
    'PutObject and GetObject of 1 KB and 64 MB beside a file that is written with fsync and renamed, or read, and beside nginx DAV where it is; only stated',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using folder = await temporaryFolder()
    await using platform = await startBenchPlatform()
    await platform.s3.createBucket({ Bucket: BUCKET })
    const ours = platformStore(platform, BUCKET)
    const measured = await compare(bench, {
      ours,
      peer: await fileStore(join(folder.path, 'files')),
    })
    if (!isOnPath('nginx')) return measured
    const nginx = await nginxStore(join(folder.path, 'nginx'))
    await using _program = nginx.program
    return [...measured, ...(await compare(bench, { ours, peer: nginx.store }))]
  },
}

interface Sides {
  readonly ours: ObjectStore
  readonly peer: ObjectStore
}

/** All measurements of the platform beside one peer. */
async function compare(bench: Bench, sides: Sides): Promise<Measurement[]> {
  const beside = `vs ${sides.peer.name}`
  const small = await run(bench, { ...sides, body: SMALL, count: 1_000, atOnce: 8 })
  const alone = await run(bench, { ...sides, body: SMALL, count: 200, atOnce: 1 })
  const large = await run(bench, { ...sides, body: LARGE, count: 1, atOnce: 1 })
  return (['put', 'get'] as const).flatMap((verb) => {
    const operation = verb === 'put' ? 'PutObject' : 'GetObject'
    const line = (
      what: string,
      options: { unit: string; rounds: PutAndGet; value: (result: LoadResult) => number },
    ): Measurement => ({
      what: `${operation} ${what}, ${beside}`,
      unit: options.unit,
      ours: options.rounds[verb].ours.map(options.value),
      peer: options.rounds[verb].peer.map(options.value),
    })
    return [
      line('1 KB, c=8', {
        unit: 'operations/s',
        rounds: small,
        value: ({ callsPerSecond }) => callsPerSecond,
      }),
      line('1 KB, c=1: p50', {
        unit: 'ms',
        rounds: alone,
        value: ({ latencyMsP50 }) => latencyMsP50,
      }),
      line('64 MB', {
        unit: 'MB/s',
        rounds: large,
        value: ({ callsPerSecond }) => callsPerSecond * MEGABYTES,
      }),
    ]
  })
}

type PutAndGet = Readonly<
  Record<'put' | 'get', { ours: readonly LoadResult[]; peer: readonly LoadResult[] }>
>

/** Stores new objects, then reads those of the last round. */
async function run(
  bench: Bench,
  { ours, peer, body, count, atOnce }: Sides & { body: Buffer; count: number; atOnce: number },
): Promise<PutAndGet> {
  let keys: string[] = []
  const show = ({ callsPerSecond, latencyMsP50 }: LoadResult): string =>
    `${callsPerSecond.toFixed(1)}/s p50 ${latencyMsP50.toFixed(2)} ms`
  bench.say(`${count} objects of ${body.length} bytes, c=${atOnce}, beside ${peer.name}: PutObject`)
  const put = await takeTurns(bench, {
    ours: () => {
      keys = Array.from({ length: count }, () => newShortId(16))
      return ours.put(keys, { body, atOnce })
    },
    peer: () => peer.put(keys, { body, atOnce }),
    show,
  })
  bench.say('GetObject')
  const get = await takeTurns(bench, {
    ours: () => ours.get(keys, { atOnce }),
    peer: () => peer.get(keys, { atOnce }),
    show,
  })
  return { put, get }
}
