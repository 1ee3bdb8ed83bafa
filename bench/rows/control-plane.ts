import { newShortId } from '../../server/src/base/ids.ts'
import { freePort } from '../../tests/support/platform.ts'
import { atLeastTimesPeer } from '../goal.ts'
import { sendAll } from '../http-load.ts'
import type { LoadResult } from '../load.ts'
import { startBenchPlatform } from '../platform.ts'
import { accepts, type Program, startProgram } from '../programs.ts'
import { peerEnvironment } from '../python.ts'
import { type Rounds, takeTurns } from '../rounds.ts'
import type { Bench, Measurement, Row } from '../row.ts'
import { type Addressee, signedRequest } from '../signed-request.ts'

const CONNECTIONS = 8
/** moto serves some hundreds of requests a second: the counts make runs of some seconds on both sides. */
const REQUESTS = { ours: 4_000, peer: 800 }

export const row: Row = {
  name: 'control-plane',
  summary: `CreateModel and DescribeModel, signed, beside moto's server, ${CONNECTIONS} connections; moto keeps models in memory and checks no signature`,
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    const peers = await peerEnvironment(bench.say)
    await using platform = await startBenchPlatform()
    const motoPort = await freePort()
    await using _moto = await startMoto(peers.program('moto_server'), motoPort)
    const ours: Side = { ...platform, service: 'sagemaker', count: REQUESTS.ours, names: [] }
    const peer: Side = { ...ours, port: motoPort, count: REQUESTS.peer, names: [] }
    const model = { image: await platform.addImage('idle'), roleArn: platform.roleArn }

    bench.say('CreateModel')
    const created = await measure(bench, { ours, peer }, (side) => createModel(side, model))
    bench.say('DescribeModel')
    const described = await measure(bench, { ours, peer }, describeModel)
    return [
      ...measurementsOf('CreateModel', created, 8),
      ...measurementsOf('DescribeModel', described, 15),
    ]
  },
}

/** One of the two servers. */
interface Side extends Addressee {
  /** Requests of one run. */
  readonly count: number
  /** The models that it has. */
  readonly names: string[]
}

type MakeRequest = (side: Side, index: number) => Buffer

function createModel(side: Side, model: { image: string; roleArn: string }): Buffer {
  const name = `bench-${newShortId(16)}`
  side.names.push(name)
  const PrimaryContainer = { Image: model.image, Environment: { MODEL: name, LEVEL: 'info' } }
  const ExecutionRoleArn = model.roleArn
  return command(side, 'CreateModel', { ModelName: name, ExecutionRoleArn, PrimaryContainer })
}

function describeModel(side: Side, index: number): Buffer {
  return command(side, 'DescribeModel', { ModelName: side.names[index % side.names.length] })
}

function command(side: Side, operation: string, input: object): Buffer {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `SageMaker.${operation}`,
  }
  return signedRequest({ method: 'POST', path: '/', headers, body: JSON.stringify(input) }, side)
}

function measure(
  bench: Bench,
  { ours, peer }: { ours: Side; peer: Side },
  make: MakeRequest,
): Promise<Rounds<LoadResult>> {
  const run = (side: Side) => (): Promise<LoadResult> => {
    const requests = Array.from({ length: side.count }, (_, index) => make(side, index))
    return sendAll(requests, { port: side.port, connections: CONNECTIONS })
  }
  return takeTurns(bench, {
    ours: run(ours),
    peer: run(peer),
    show: ({ callsPerSecond, latencyMsP99 }) =>
      `${Math.round(callsPerSecond)}/s p99 ${latencyMsP99.toFixed(1)} ms`,
  })
}

function measurementsOf(
  operation: string,
  { ours, peer }: Rounds<LoadResult>,
  ratio: number,
): Measurement[] {
  const what = `${operation}, c=${CONNECTIONS}, vs moto`
  return [
    {
      what,
      unit: 'requests/s',
      ours: ours.map((result) => result.callsPerSecond),
      peer: peer.map((result) => result.callsPerSecond),
      goal: atLeastTimesPeer(ratio),
    },
    {
      what: `${what}: p99`,
      unit: 'ms',
      ours: ours.map((result) => result.latencyMsP99),
      peer: peer.map((result) => result.latencyMsP99),
    },
  ]
}

function startMoto(program: string, port: number): Promise<Program> {
  return startProgram([program, '--port', String(port)], { isReady: () => accepts(port) })
}
