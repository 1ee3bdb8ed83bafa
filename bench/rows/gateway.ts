import { join } from 'node:path'
import { systemClock } from '../../server/src/base/clock.ts'
import { signedHeaders } from '../../server/src/runner/signature.ts'
import { freePort } from '../../tests/support/platform.ts'
import { atLeastTimesPeer } from '../goal.ts'
import { startNginx } from '../nginx.ts'
import {
  accepts,
  LOAD_CORE,
  type Program,
  requireTwoCores,
  SERVER_CORE,
  startProgram,
} from '../programs.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type WrkRequest, type WrkResult, wrk } from '../wrk.ts'

const SERVER = new URL('../servers/gateway.ts', import.meta.url).pathname
const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench-only-not-a-secret' }
const REGION = 'us-east-1'
const ENDPOINT = 'iris'
const CONNECTIONS = 64
/** Thirty features of one row, 269 bytes. */
const BODY = Array.from({ length: 30 }, (_, index) => (index * 1.2345 + 100).toFixed(4)).join(',')
const UPSTREAM_BODY = '0.8734215497970581'

export const row: Row = {
  name: 'gateway',
  summary: `signed InvokeEndpoint through one gateway process beside nginx proxy_pass to the same upstream, one core each, ${CONNECTIONS} connections`,
  programs: ['nginx', 'wrk', 'taskset'],
  run: async (bench): Promise<readonly Measurement[]> => {
    requireTwoCores()
    await using folder = await temporaryFolder()
    const upstreamSocket = join(folder.path, 'upstream.sock')
    const [gatewayPort, proxyPort] = [await freePort(), await freePort()]
    await using _upstream = await startUpstream(folder.path, upstreamSocket)
    await using proxy = await startProxy(folder.path, { port: proxyPort, upstreamSocket })
    await using gateway = await startProgram([process.execPath, ...profilerFlags(), SERVER], {
      core: SERVER_CORE,
      environment: {
        ENDPOINT_NAME: ENDPOINT,
        UPSTREAM_SOCKET: upstreamSocket,
        SAGEBRUSH_PORT: String(gatewayPort),
        SAGEBRUSH_DATA_DIR: join(folder.path, 'data'),
        SAGEBRUSH_ACCESS_KEY_ID: KEY.accessKeyId,
        SAGEBRUSH_SECRET_ACCESS_KEY: KEY.secretAccessKey,
        AWS_REGION: REGION,
      },
      isReady: () => accepts(gatewayPort),
    })
    const measure = (side: Side, connections: number) => async (): Promise<Run> => {
      const before = side.program.cpuMs()
      const load = { connections, seconds: bench.runSeconds, core: LOAD_CORE }
      const result = await wrk(invocation(side.port), load)
      const cpuUs = (side.program.cpuMs() - before) * 1_000
      return { ...result, cpuUsPerRequest: cpuUs / result.requests }
    }
    const ours = { program: gateway, port: gatewayPort }
    const peer = { program: proxy, port: proxyPort }
    const show = (run: Run): string =>
      `${Math.round(run.requestsPerSecond)}/s ${run.cpuUsPerRequest.toFixed(1)} µs p50 ${run.latencyMsP50} ms`
    const busy = await takeTurns(bench, {
      ours: measure(ours, CONNECTIONS),
      peer: measure(peer, CONNECTIONS),
      show,
    })
    const alone = await takeTurns(bench, { ours: measure(ours, 1), peer: measure(peer, 1), show })
    return [
      {
        what: `InvokeEndpoint, signed, c=${CONNECTIONS}, vs nginx proxy_pass`,
        unit: 'requests/s',
        ours: busy.ours.map((run) => run.requestsPerSecond),
        peer: busy.peer.map((run) => run.requestsPerSecond),
        goal: atLeastTimesPeer(0.35),
      },
      {
        what: `InvokeEndpoint, signed, c=${CONNECTIONS}: processor time, vs nginx proxy_pass`,
        unit: 'µs/request',
        ours: busy.ours.map((run) => run.cpuUsPerRequest),
        peer: busy.peer.map((run) => run.cpuUsPerRequest),
        note: 'on a core of its own a server that is never idle does 1,000,000 ÷ this per second; other work on the machine changes this little',
      },
      {
        what: 'InvokeEndpoint, signed, c=1: p50, vs nginx proxy_pass',
        unit: 'ms',
        ours: alone.ours.map((run) => run.latencyMsP50),
        peer: alone.peer.map((run) => run.latencyMsP50),
      },
    ]
  },
}

interface Side {
  readonly program: Program
  readonly port: number
}

interface Run extends WrkResult {
  readonly cpuUsPerRequest: number
}

/** BENCH_PROFILE=folder has the gateway write a CPU profile there. */
function profilerFlags(): string[] {
  const folder = process.env.BENCH_PROFILE
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}

function startUpstream(folder: string, socket: string): Promise<Program> {
  return startNginx({
    folder: join(folder, 'upstream'),
    workers: 1,
    core: LOAD_CORE,
    address: socket,
    http: `server {
      listen unix:${socket};
      location / { default_type text/csv; return 200 "${UPSTREAM_BODY}"; }
    }`,
  })
}

function startProxy(
  folder: string,
  { port, upstreamSocket }: { port: number; upstreamSocket: string },
): Promise<Program> {
  return startNginx({
    folder: join(folder, 'proxy'),
    workers: 1,
    core: SERVER_CORE,
    address: port,
    http: `upstream model { server unix:${upstreamSocket}; keepalive ${CONNECTIONS}; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://model;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
      }
    }`,
  })
}

/** As boto3 sends it, signed once: a signature holds for a quarter of an hour. */
function invocation(port: number): WrkRequest {
  const host = `127.0.0.1:${port}`
  const path = `/endpoints/${ENDPOINT}/invocations`
  const { host: _, ...headers } = signedHeaders(
    {
      method: 'POST',
      host,
      path,
      query: {},
      headers: { 'content-type': 'text/csv', accept: 'text/csv' },
      body: BODY,
    },
    { credentials: KEY, region: REGION, service: 'sagemaker', now: systemClock.now() },
  )
  const agent =
    'Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.1 cfg/retry-mode#legacy Botocore/1.40.0'
  return {
    // wrk takes the host from here and would send it twice
    url: `http://${host}${path}`,
    headers: {
      ...headers,
      'user-agent': agent,
      'amz-sdk-invocation-id': '7b1d0f3e-6c55-4b0f-9a53-0f1f2ad2c6de',
      'amz-sdk-request': 'attempt=1',
    },
    body: BODY,
  }
}
