import { CloudWatch, type MetricDatum } from '@aws-sdk/client-cloudwatch'
import { monotonicMs, systemClock } from '../../server/src/base/clock.ts'
import { random } from '../../server/src/base/ids.ts'
import { createLog } from '../../server/src/base/log.ts'
import { type Database, openDatabase } from '../../server/src/platform/database/database.ts'
import { testPostgres } from '../../tests/support/postgres.ts'
import { atMost } from '../goal.ts'
import { startBenchPlatform } from '../platform.ts'
import { median, takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'

const SAMPLES = 1_000_000
const DAY_MINUTES = 1_440
const MINUTE_MS = 60_000
/** As many as one PutMetricData takes. */
const BATCH = 1_000
const CONNECTIONS = 4
/** Questions in one run; their median counts. */
const QUESTIONS = 9
const NAMESPACE = 'Bench'

export const row: Row = {
  name: 'metrics',
  summary:
    'PutMetricData, and GetMetricData of a day in minutes over 10⁶ samples, beside raw rows in Postgres and group by',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using platform = await startBenchPlatform()
    const { url, region, credentials } = platform
    const cloudwatch = new CloudWatch({ endpoint: url, region, credentials })
    await using peer = await openRawRows()
    const day = dayOfMinutes()
    bench.say(`storing ${SAMPLES.toLocaleString('en')} samples of one metric on either side`)
    await fill(cloudwatch, day)
    await peer.fill(day)

    const until = (): number => monotonicMs() + bench.runSeconds * 1_000
    const ingest = await takeTurns(bench, {
      ours: () => throughput(until(), (batch) => putBatch(cloudwatch, batch)),
      peer: () => throughput(until(), (batch) => peer.insert('ingested', batch)),
      show: (perSecond) => `${Math.round(perSecond)} samples/s`,
    })
    const read = (stat: string, peerColumn: string) =>
      takeTurns(bench, {
        ours: () => latency(() => askDay(cloudwatch, { day, stat })),
        peer: () => latency(() => peer.askDay(day, peerColumn)),
        show: (ms) => `${ms.toFixed(1)} ms`,
      })
    const average = await read('Average', 'avg(value)')
    const percentile = await read('p99', 'percentile_disc(0.99) within group (order by value)')
    cloudwatch.destroy()
    return [
      {
        what: `PutMetricData, ${BATCH} values a request, c=${CONNECTIONS}, vs inserts of raw rows into Postgres`,
        unit: 'samples/s',
        ...ingest,
        note: 'ours over HTTP with signatures, merged into minutes; the peer is a bare insert',
      },
      {
        what: 'GetMetricData of a day in minutes, Average over 10⁶ samples, vs group by over raw rows',
        unit: 'ms',
        ...average,
        goal: atMost(50),
      },
      {
        what: 'GetMetricData of a day in minutes, p99 over 10⁶ samples, vs percentile_disc over raw rows',
        unit: 'ms',
        ...percentile,
        goal: atMost(50),
        note: 'ours within 0.8 % of the value, the peer exact',
      },
    ]
  },
}

/** The minutes of the day that ends now. */
function dayOfMinutes(): readonly Date[] {
  const lastMs = Math.floor(systemClock.now().getTime() / MINUTE_MS) * MINUTE_MS
  return Array.from(
    { length: DAY_MINUTES },
    (_, index) => new Date(lastMs - (DAY_MINUTES - 1 - index) * MINUTE_MS),
  )
}

interface Sample {
  readonly at: Date
  readonly value: number
}

function someSamples(day: readonly Date[], count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    at: day[index % day.length] ?? systemClock.now(),
    value: latencyUs(),
  }))
}

/** As response times are: most near 2 ms, some far above. */
function latencyUs(): number {
  return 2_000 * Math.exp(random() + random() + random() - 1.5)
}

async function fill(cloudwatch: CloudWatch, day: readonly Date[]): Promise<void> {
  const perMinute = Math.ceil(SAMPLES / day.length)
  const data = day.flatMap((Timestamp) => {
    const values = Array.from({ length: perMinute }, latencyUs)
    const parts = Math.ceil(perMinute / 150)
    return Array.from({ length: parts }, (_, part): MetricDatum => {
      const Values = values.slice(part * 150, (part + 1) * 150)
      return { MetricName: 'Stored', Timestamp, Values }
    })
  })
  for (let at = 0; at < data.length; at += 200) {
    await cloudwatch.putMetricData({
      Namespace: NAMESPACE,
      MetricData: data.slice(at, at + 200),
    })
  }
}

async function putBatch(cloudwatch: CloudWatch, batch: readonly Sample[]): Promise<void> {
  await cloudwatch.putMetricData({
    Namespace: NAMESPACE,
    MetricData: batch.map(({ at, value }) => ({
      MetricName: 'Ingested',
      Timestamp: at,
      Value: value,
    })),
  })
}

async function askDay(
  cloudwatch: CloudWatch,
  { day, stat }: { day: readonly Date[]; stat: string },
): Promise<number> {
  const { MetricDataResults: [result] = [] } = await cloudwatch.getMetricData({
    StartTime: day[0],
    EndTime: new Date((day.at(-1)?.getTime() ?? 0) + MINUTE_MS),
    MetricDataQueries: [
      {
        Id: 'm1',
        MetricStat: {
          Metric: { Namespace: NAMESPACE, MetricName: 'Stored' },
          Period: 60,
          Stat: stat,
        },
      },
    ],
  })
  return result?.Values?.length ?? 0
}

/** Batches of samples of the last hour, from several senders until the time is up. */
async function throughput(
  untilMs: number,
  put: (batch: readonly Sample[]) => Promise<void>,
): Promise<number> {
  const batch = someSamples(dayOfMinutes().slice(-60), BATCH)
  const beganMs = monotonicMs()
  let batches = 0
  const send = async (): Promise<void> => {
    while (monotonicMs() < untilMs) {
      await put(batch)
      batches++
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  return (batches * BATCH * 1_000) / (monotonicMs() - beganMs)
}

/** @throws Error when an answer does not have every minute */
async function latency(ask: () => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let question = 0; question < QUESTIONS; question++) {
    const beganMs = monotonicMs()
    const points = await ask()
    times.push(monotonicMs() - beganMs)
    if (points !== DAY_MINUTES) throw new Error(`${points} points of ${DAY_MINUTES}`)
  }
  return median(times)
}

/** One row per sample, with an index by time: what keeping metrics takes without merging them. */
interface RawRows extends AsyncDisposable {
  fill(day: readonly Date[]): Promise<void>
  insert(metric: string, batch: readonly Sample[]): Promise<void>
  askDay(day: readonly Date[], column: string): Promise<number>
}

async function openRawRows(): Promise<RawRows> {
  const postgres = await testPostgres()
  const url = await postgres.freshDatabase()
  const log = createLog({}, { level: 'error' })
  const database: Database = openDatabase({ url, connectionsMax: CONNECTIONS, log })
  await database.query(
    'create table raw (metric text not null, at timestamptz not null, value double precision not null)',
  )
  await database.query('create index raw_at on raw (metric, at) include (value)')
  const insert: RawRows['insert'] = async (metric, batch) => {
    await database.query(
      'insert into raw select $1, at, value from unnest($2::timestamptz[], $3::float8[]) as s (at, value)',
      [metric, batch.map(({ at }) => at), batch.map(({ value }) => value)],
    )
  }
  return {
    insert,
    fill: async (day) => {
      for (let stored = 0; stored < SAMPLES; stored += 10 * BATCH) {
        await insert('stored', someSamples(day, 10 * BATCH))
      }
      await database.query('vacuum analyze raw')
    },
    askDay: async (day, column) => {
      const rows = await database.query(
        `select date_trunc('minute', at) as minute, ${column} as value from raw
         where metric = 'stored' and at >= $1 group by 1 order by 1`,
        [day[0]],
      )
      return rows.length
    },
    [Symbol.asyncDispose]: async () => {
      await database.close()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
