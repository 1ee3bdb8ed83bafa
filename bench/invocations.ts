import { join } from 'node:path'
import { systemClock } from '../server/src/base/clock.ts'
import { signedHeaders } from '../server/src/runner/signature.ts'
import { freePort } from '../tests/support/platform.ts'
import { startNginx } from './nginx.ts'
import { accepts, LOAD_CORE, type Program, SERVER_CORE, startProgram } from './programs.ts'
import { type WrkRequest, type WrkResult, wrk } from './wrk.ts'

const SERVER = new URL('./servers/gateway.ts', import.meta.url).pathname
const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench-only-not-a-secret' }
const REGION = 'us-east-1'
const ENDPOINT = 'iris'
/** Thirty features of one row, 269 bytes. */
const BODY = Array.from({ length: 30 }, (_, index) => (index * 1.2345 + 100).toFixed(4)).join(',')
const UPSTREAM_BODY = '0.8734215497970581'

/** A server under load. */
export interface Side {
  readonly program: Program
  readonly port: number
}

export interface Run extends WrkResult {
  readonly cpuUsPerRequest: number
}

/** One gateway process on a core of its own; `environment` says what it does beside answering. */
export async function startGatewayOn(
  folder: string,
  options: { upstreamSocket: string; environment?: NodeJS.ProcessEnv },
): Promise<Side> {
  const port = await freePort()
  const program = await startProgram([process.execPath, ...profilerFlags(), SERVER], {
    core: SERVER_CORE,
    environment: {
      ENDPOINT_NAME: ENDPOINT,
      UPSTREAM_SOCKET: options.upstreamSocket,
      SAGEBRUSH_PORT: String(port),
      SAGEBRUSH_DATA_DIR: folder,
      SAGEBRUSH_ACCESS_KEY_ID: KEY.accessKeyId,
      SAGEBRUSH_SECRET_ACCESS_KEY: KEY.secretAccessKey,
      AWS_REGION: REGION,
      ...options.environment,
    },
    isReady: () => accepts(port),
  })
  return { program, port }
}

/** A model server that answers at once. */
export function startUpstream(folder: string, socket: string): Promise<Program> {
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

/** Invokes from `connections` connections. */
export async function invoke(
  { program, port }: Side,
  load: { connections: number; seconds: number },
): Promise<Run> {
  const before = program.cpuMs()
  const result = await wrk(invocation(port), { ...load, core: LOAD_CORE })
  const cpuUs = (program.cpuMs() - before) * 1_000
  return { ...result, cpuUsPerRequest: cpuUs / result.requests }
}

export function showRun(run: Run): string {
  return `${Math.round(run.requestsPerSecond)}/s ${run.cpuUsPerRequest.toFixed(1)} µs p50 ${run.latencyMsP50} p99 ${run.latencyMsP99} ms`
}

/** BENCH_PROFILE=folder has the gateway write a CPU profile there. */
function profilerFlags(): string[] {
  const folder = process.env.BENCH_PROFILE
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
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
