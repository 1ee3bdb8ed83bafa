import { join } from 'node:path'
import { freePort } from '../../tests/support/platform.ts'
import { atLeastTimesPeer } from '../goal.ts'
import {
  invoke,
  type Run,
  type Side,
  showRun,
  startGatewayOn,
  startUpstream,
} from '../invocations.ts'
import { startNginx } from '../nginx.ts'
import { type Program, requireTwoCores, SERVER_CORE } from '../programs.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const CONNECTIONS = 64

export const row: Row = {
  name: 'gateway',
  summary: `signed InvokeEndpoint through one gateway process beside nginx proxy_pass to the same upstream, one core each, ${CONNECTIONS} connections`,
  programs: ['nginx', 'wrk', 'taskset'],
  run: async (bench): Promise<readonly Measurement[]> => {
    requireTwoCores()
    await using folder = await temporaryFolder()
    const upstreamSocket = join(folder.path, 'upstream.sock')
    const proxyPort = await freePort()
    await using _upstream = await startUpstream(folder.path, upstreamSocket)
    await using proxy = await startProxy(folder.path, { port: proxyPort, upstreamSocket })
    const ours = await startGatewayOn(join(folder.path, 'data'), { upstreamSocket })
    await using _gateway = ours.program
    const peer = { program: proxy, port: proxyPort }
    const measure = (side: Side, connections: number) => (): Promise<Run> =>
      invoke(side, { connections, seconds: bench.runSeconds })
    const busy = await takeTurns(bench, {
      ours: measure(ours, CONNECTIONS),
      peer: measure(peer, CONNECTIONS),
      show: showRun,
    })
    const alone = await takeTurns(bench, {
      ours: measure(ours, 1),
      peer: measure(peer, 1),
      show: showRun,
    })
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
