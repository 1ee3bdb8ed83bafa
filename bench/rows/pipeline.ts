import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BUCKET, deploy, packed, startHosting, XGBOOST_IMAGE } from '../hosting.ts'
import { Connection } from '../http-load.ts'
import { callAll, type LoadResult } from '../load.ts'
import type { BenchPlatform } from '../platform.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { signedRequest } from '../signed-request.ts'

const ENDPOINT = 'pipeline'
const REQUESTS = 1_000
const AT_ONCE = 4
const FIRST = new URL('../servers/pass-on/inference.py', import.meta.url)

export const row: Row = {
  name: 'pipeline',
  summary:
    'one request to an inference pipeline of two containers, beside a client that asks the same two one after the other',
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    await using hosting = await startHosting(bench)
    const { platform, line } = hosting
    await deployPipeline(platform, hosting.model)
    const sockets = await containerSockets(platform.dataDir)
    const load = (atOnce: number) => ({
      ours: () => askPipeline(platform, { line, atOnce }),
      peer: () => askContainers(sockets, { line, atOnce }),
      show: ({ latencyMsP50, callsPerSecond }: LoadResult) =>
        `${latencyMsP50.toFixed(2)} ms, ${Math.round(callsPerSecond)}/s`,
    })
    const alone = await takeTurns(bench, load(1))
    const together = await takeTurns(bench, load(AT_ONCE))
    return [
      {
        what: 'one row through a pipeline of two containers: p50 at c=1, vs both asked by a perfect client',
        unit: 'ms',
        ours: alone.ours.map(({ latencyMsP50 }) => latencyMsP50),
        peer: alone.peer.map(({ latencyMsP50 }) => latencyMsP50),
        note: 'the client has its requests ready, and is asked for no signature',
      },
      {
        what: `the same at c=${AT_ONCE}`,
        unit: 'requests/s',
        ours: together.ours.map(({ callsPerSecond }) => callsPerSecond),
        peer: together.peer.map(({ callsPerSecond }) => callsPerSecond),
      },
    ]
  },
}

/** The first container hands on what it gets, the second predicts. */
async function deployPipeline(platform: BenchPlatform, model: Buffer): Promise<void> {
  const { s3 } = platform
  const put = async (Key: string, files: Readonly<Record<string, Buffer>>): Promise<string> => {
    await s3.putObject({ Bucket: BUCKET, Key, Body: await packed(files) })
    return `s3://${BUCKET}/${Key}`
  }
  const first = await put('first.tar.gz', { 'code/inference.py': await readFile(FIRST) })
  const second = await put('second.tar.gz', { 'xgboost-model': model })
  const Environment = {
    SAGEMAKER_PROGRAM: 'inference.py',
    SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
  }
  await deploy(platform, {
    name: ENDPOINT,
    containers: [
      { Image: XGBOOST_IMAGE, ModelDataUrl: first, Environment },
      { Image: XGBOOST_IMAGE, ModelDataUrl: second },
    ],
  })
}

/** Where the containers of the only replica listen, in order. */
async function containerSockets(dataDir: string): Promise<readonly string[]> {
  const tasks = join(dataDir, 'tasks')
  const names = (await readdir(tasks)).filter((name) => name.startsWith('i-')).sort()
  return Promise.all(
    names.map(async (name) => {
      const state = JSON.parse(await readFile(join(tasks, name, 'state.json'), 'utf8')) as {
        address: { unixSocket: string }
      }
      return state.address.unixSocket
    }),
  )
}

interface Load {
  readonly line: string
  readonly atOnce: number
}

function askPipeline(platform: BenchPlatform, { line, atOnce }: Load): Promise<LoadResult> {
  const request = signedRequest(
    {
      method: 'POST',
      path: `/endpoints/${ENDPOINT}/invocations`,
      headers: { 'content-type': 'text/csv', accept: 'text/csv' },
      body: line,
    },
    { ...platform, service: 'sagemaker' },
  )
  return callAll(
    Array.from({ length: REQUESTS }, () => request),
    atOnce,
    () => {
      const connection = new Connection({ port: platform.port, host: '127.0.0.1' })
      return { call: (bytes) => connection.exchange(bytes), end: () => connection.close() }
    },
  )
}

/** What the first container answers is what it was sent, so that both requests can be ready. */
function askContainers(sockets: readonly string[], { line, atOnce }: Load): Promise<LoadResult> {
  const request = Buffer.from(
    'POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nAccept: text/csv\r\n' +
      `Content-Length: ${Buffer.byteLength(line)}\r\n\r\n${line}`,
  )
  return callAll(
    Array.from({ length: REQUESTS }, () => request),
    atOnce,
    () => {
      const connections = sockets.map((path) => new Connection({ path }))
      return {
        call: async (bytes) => {
          for (const connection of connections) await connection.exchange(bytes)
        },
        end: () => {
          for (const connection of connections) connection.close()
        },
      }
    },
  )
}
