import { join } from 'node:path'
import { atMostTimesPeer } from '../goal.ts'
import { invoke, showRun, startGatewayOn, startUpstream } from '../invocations.ts'
import { requireTwoCores } from '../programs.ts'
import { takeTurns } from '../rounds.ts'
import type { Measurement, Row } from '../row.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Few and many: with many the gateway's core has nothing to spare for copies. */
const CONNECTIONS = [4, 64]

export const row: Row = {
  name: 'shadow',
  summary:
    'signed InvokeEndpoint with a shadow variant that gets every request beside the same gateway without one, one core',
  programs: ['nginx', 'wrk', 'taskset'],
  run: async (bench): Promise<readonly Measurement[]> => {
    requireTwoCores()
    await using folder = await temporaryFolder()
    const upstreamSocket = join(folder.path, 'upstream.sock')
    await using _upstream = await startUpstream(folder.path, upstreamSocket)
    const shadowing = await startGatewayOn(join(folder.path, 'shadowing'), {
      upstreamSocket,
      environment: { SHADOW_SOCKET: upstreamSocket },
    })
    await using _shadowing = shadowing.program
    const plain = await startGatewayOn(join(folder.path, 'plain'), { upstreamSocket })
    await using _plain = plain.program
    const measurements: Measurement[] = []
    for (const connections of CONNECTIONS) {
      const load = { connections, seconds: bench.runSeconds }
      const runs = await takeTurns(bench, {
        ours: () => invoke(shadowing, load),
        peer: () => invoke(plain, load),
        show: showRun,
      })
      measurements.push({
        what: `InvokeEndpoint, 100 % shadowed, c=${connections}: p99, vs no shadow`,
        unit: 'ms',
        ours: runs.ours.map((run) => run.latencyMsP99),
        peer: runs.peer.map((run) => run.latencyMsP99),
        goal: atMostTimesPeer(1.5),
      })
    }
    return measurements
  },
}
