import { join } from 'node:path'
import { atLeastTimesPeer } from '../goal.ts'
import { invoke, showRun, startGatewayOn, startUpstream } from '../invocations.ts'
import { requireTwoCores } from '../programs.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const CONNECTIONS = 64

export const row: Row = {
  name: 'capture',
  summary: `signed InvokeEndpoint with every request captured beside the same gateway without capture, one core, ${CONNECTIONS} connections`,
  programs: ['nginx', 'wrk', 'taskset'],
  run: async (bench): Promise<readonly Measurement[]> => {
    requireTwoCores()
    await using folder = await temporaryFolder()
    const upstreamSocket = join(folder.path, 'upstream.sock')
    await using _upstream = await startUpstream(folder.path, upstreamSocket)
    const start = (name: string, environment?: NodeJS.ProcessEnv) =>
      startGatewayOn(join(folder.path, name), {
        upstreamSocket,
        ...(environment && { environment }),
      })
    const capturing = await start('capturing', { CAPTURE: '1' })
    await using _capturing = capturing.program
    const plain = await start('plain')
    await using _plain = plain.program
    const load = { connections: CONNECTIONS, seconds: bench.runSeconds }
    const runs = await takeTurns(bench, {
      ours: () => invoke(capturing, load),
      peer: () => invoke(plain, load),
      show: showRun,
    })
    return [
      {
        what: `InvokeEndpoint, 100 % captured, c=${CONNECTIONS}, vs none captured`,
        unit: 'requests/s',
        ours: runs.ours.map((run) => run.requestsPerSecond),
        peer: runs.peer.map((run) => run.requestsPerSecond),
        goal: atLeastTimesPeer(0.8),
      },
      {
        what: `InvokeEndpoint, 100 % captured, c=${CONNECTIONS}: processor time, vs none captured`,
        unit: 'µs/request',
        ours: runs.ours.map((run) => run.cpuUsPerRequest),
        peer: runs.peer.map((run) => run.cpuUsPerRequest),
      },
    ]
  },
}
