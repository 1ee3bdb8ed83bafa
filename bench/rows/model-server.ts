import { join } from 'node:path'
import { freePort } from '../../tests/support/platform.ts'
import { atLeastTimesPeer, atMostTimesPeer } from '../goal.ts'
import { startNginx } from '../nginx.ts'
import { accepts, type Program, startProgram } from '../programs.ts'
import { type PythonBin, peerEnvironment, xgboostRuntime } from '../python.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { startContainer, trainModel } from '../script-mode.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type WrkResult, wrk } from '../wrk.ts'

const SERVERS = new URL('../servers/', import.meta.url).pathname
const WORKERS = 2
const CONNECTIONS = 8

export const row: Row = {
  name: 'model-server',
  summary: `a script-mode container with ${WORKERS} workers beside nginx + gunicorn + Flask with as many, one row to XGBoost, ${CONNECTIONS} connections`,
  programs: ['nginx', 'wrk'],
  run: async (bench): Promise<readonly Measurement[]> => {
    const peers = await peerEnvironment(bench.say)
    const runtime = await xgboostRuntime(bench.say)
    await using folder = await temporaryFolder()
    const { modelFile, row } = await trainModel(peers, folder.path)
    const [ourPort, peerPort] = [await freePort(), await freePort()]
    await using _ours = await startContainer(runtime, {
      folder: folder.path,
      address: { port: ourPort },
      workers: WORKERS,
    })
    await using stack = new AsyncDisposableStack()
    for (const server of await startFlask(peers, {
      folder: folder.path,
      port: peerPort,
      modelFile,
    })) {
      stack.use(server)
    }

    const measure = (port: number) => (): Promise<WrkResult> =>
      wrk(
        {
          url: `http://127.0.0.1:${port}/invocations`,
          headers: { 'content-type': 'text/csv', accept: 'text/csv' },
          body: row,
        },
        { connections: CONNECTIONS, seconds: bench.runSeconds },
      )
    const { ours, peer } = await takeTurns(bench, {
      ours: measure(ourPort),
      peer: measure(peerPort),
      show: ({ requestsPerSecond, latencyMsP99 }) =>
        `${Math.round(requestsPerSecond)}/s p99 ${latencyMsP99} ms`,
    })
    const what = `script mode, one row, XGBoost, c=${CONNECTIONS}`
    return [
      {
        what: `${what}, vs nginx + gunicorn + Flask`,
        unit: 'requests/s',
        ours: ours.map((result) => result.requestsPerSecond),
        peer: peer.map((result) => result.requestsPerSecond),
        goal: atLeastTimesPeer(1.8),
      },
      {
        what: `${what}: p99`,
        unit: 'ms',
        ours: ours.map((result) => result.latencyMsP99),
        peer: peer.map((result) => result.latencyMsP99),
        goal: atMostTimesPeer(0.6),
      },
    ]
  },
}

async function startFlask(
  peers: PythonBin,
  { folder, port, modelFile }: { folder: string; port: number; modelFile: string },
): Promise<Program[]> {
  const socket = join(folder, 'gunicorn.sock')
  const workers = ['--workers', String(WORKERS), '--worker-class', 'sync', '--log-level', 'error']
  const gunicorn = await startProgram(
    [peers.program('gunicorn'), ...workers, '--bind', `unix:${socket}`, 'flask_predictor'],
    {
      cwd: SERVERS,
      environment: { MODEL_FILE: modelFile, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
      isReady: () => accepts(socket),
    },
  )
  const nginx = await startNginx({
    folder: join(folder, 'nginx'),
    workers: WORKERS,
    address: port,
    http: `upstream gunicorn { server unix:${socket}; }
    server {
      listen 127.0.0.1:${port};
      location / { proxy_pass http://gunicorn; }
    }`,
  })
  return [nginx, gunicorn]
}
