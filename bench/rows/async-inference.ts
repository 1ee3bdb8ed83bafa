import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../server/src/base/clock.ts'
import { BUCKET, deployXgboost, startHosting, type XgboostEndpoint } from '../hosting.ts'
import { callAll } from '../load.ts'
import type { BenchPlatform } from '../platform.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'

const REQUESTS = 400
const AT_ONCE = 8
const POLL_MS = 25

export const row: Row = {
  name: 'async-inference',
  summary: `${REQUESTS} queued requests until all their outputs are in S3, beside as many direct ones to the same container, ${AT_ONCE} at once`,
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using hosting = await startHosting(bench)
    const { platform, line } = hosting
    const model = { file: hosting.model, bytes: 0 }
    const direct = await deployXgboost(platform, { name: 'direct', model })
    const queued = await deployXgboost(platform, {
      name: 'queued',
      model,
      asyncInference: {
        OutputConfig: { S3OutputPath: `s3://${BUCKET}/answers` },
        ClientConfig: { MaxConcurrentInvocationsPerInstance: AT_ONCE },
      },
    })
    let answers = 0
    const { ours, peer } = await takeTurns(bench, {
      ours: async () => {
        answers += REQUESTS
        return queue(platform, queued, { line, answers })
      },
      peer: async () => {
        const works = Array.from({ length: REQUESTS }, () => undefined)
        const caller = () => ({ call: () => direct.invoke(line, undefined) })
        return (await callAll(works, AT_ONCE, caller)).callsPerSecond
      },
      show: (perSecond) => `${Math.round(perSecond)}/s`,
    })
    return [
      {
        what: `asynchronous requests, accepted → output in S3, vs direct ones at c=${AT_ONCE}`,
        unit: 'requests/s',
        ours,
        peer,
      },
    ]
  },
}

async function queue(
  platform: BenchPlatform,
  endpoint: XgboostEndpoint,
  { line, answers }: { readonly line: string; readonly answers: number },
): Promise<number> {
  const startMs = monotonicMs()
  const works = Array.from({ length: REQUESTS }, () => undefined)
  const Body = Buffer.from(line)
  await callAll(works, AT_ONCE, () => ({
    call: () =>
      platform.runtime.invokeEndpointAsync({
        EndpointName: endpoint.name,
        Body,
        ContentType: 'text/csv',
      }),
  }))
  while ((await countAnswers(platform)) < answers) await delay(POLL_MS)
  return REQUESTS / ((monotonicMs() - startMs) / 1_000)
}

async function countAnswers({ s3 }: BenchPlatform): Promise<number> {
  let count = 0
  let ContinuationToken: string | undefined
  do {
    const page = await s3.listObjectsV2({
      Bucket: BUCKET,
      Prefix: 'answers/',
      ...(ContinuationToken !== undefined && { ContinuationToken }),
    })
    count += page.KeyCount ?? 0
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return count
}
