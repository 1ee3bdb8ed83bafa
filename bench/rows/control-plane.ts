import { newShortId } from '../../server/src/base/ids.ts'
import { freePort, type StartedPlatform, startPlatform } from '../../tests/support/platform.ts'
import { atLeastTimesPeer } from '../goal.ts'
import { type LoadResult, sendAll } from '../http-load.ts'
import { accepts, type Program, startProgram } from '../programs.ts'
import { peerEnvironment } from '../python.ts'
import { takeTurns } from '../rounds.ts'
import type { Bench, Measurement, Row } from '../row.ts'
import { type Addressee, signedRequest } from '../signed-request.ts'

const CONNECTIONS = 8
/** moto serves some hundreds of requests a second: the counts make runs of some seconds on both sides. */
const REQUESTS = { ours: 4_000, peer: 800 }
const FOLDER = new URL('../images/idle', import.meta.url).pathname
const IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/idle:latest'

export const row: Row = {
  name: 'control-plane',
  summary: `CreateModel and DescribeModel, signed, beside moto's server, ${CONNECTIONS} connections; moto keeps models in memory and checks no signature`,
  programs: [],
  run: async (bench): Promise<readonly Measurement[]> => {
    const peers = await peerEnvironment(bench.say)
    await using platform = await startPlatform()
    await platform.cli('image', 'add', 'idle', FOLDER)
    const motoPort = await freePort()
    await using _moto = await startMoto(peers.program('moto_server'), motoPort)
    const ours = await addresseeOf(platform)
    const peer = { ...ours, port: motoPort }
    const names: Names = { ours: [], peer: [] }

    bench.say('CreateModel')
    const created = await measure(bench, {
      ours: () =>
        requests(ours, REQUESTS.ours, (name) => create(name, platform.roleArn, names.ours)),
      peer: () =>
        requests(peer, REQUESTS.peer, (name) => create(name, platform.roleArn, names.peer)),
      ports: { ours: ours.port, peer: motoPort },
    })
    bench.say('DescribeModel')
    const described = await measure(bench, {
      ours: () => requests(ours, REQUESTS.ours, (_, index) => describe(names.ours, index)),
      peer: () => requests(peer, REQUESTS.peer, (_, index) => describe(names.peer, index)),
      ports: { ours: ours.port, peer: motoPort },
    })
    return [
      ...measurementsOf('CreateModel', { rounds: created, ratio: 8 }),
      ...measurementsOf('DescribeModel', { rounds: described, ratio: 15 }),
    ]
  },
}

interface Names {
  readonly ours: string[]
  readonly peer: string[]
}

type Command = { operation: string; input: object }

function create(name: string, roleArn: string, names: string[]): Command {
  names.push(name)
  const PrimaryContainer = { Image: IMAGE, Environment: { MODEL: name, LEVEL: 'info' } }
  return {
    operation: 'CreateModel',
    input: { ModelName: name, ExecutionRoleArn: roleArn, PrimaryContainer },
  }
}

function describe(names: readonly string[], index: number): Command {
  return { operation: 'DescribeModel', input: { ModelName: names[index % names.length] } }
}

function requests(
  addressee: Addressee,
  count: number,
  command: (name: string, index: number) => Command,
): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const { operation, input } = command(`bench-${newShortId(16)}`, index)
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `SageMaker.${operation}`,
    }
    const body = JSON.stringify(input)
    return signedRequest({ method: 'POST', path: '/', headers, body }, addressee)
  })
}

async function measure(
  bench: Bench,
  sides: {
    ours: () => Buffer[]
    peer: () => Buffer[]
    ports: { ours: number; peer: number }
  },
): Promise<{ ours: readonly LoadResult[]; peer: readonly LoadResult[] }> {
  const { ports } = sides
  return takeTurns(bench, {
    ours: () => sendAll(sides.ours(), { port: ports.ours, connections: CONNECTIONS }),
    peer: () => sendAll(sides.peer(), { port: ports.peer, connections: CONNECTIONS }),
    show: ({ requestsPerSecond, latencyMsP99 }) =>
      `${Math.round(requestsPerSecond)}/s p99 ${latencyMsP99.toFixed(1)} ms`,
  })
}

function measurementsOf(
  operation: string,
  {
    rounds: { ours, peer },
    ratio,
  }: { rounds: { ours: readonly LoadResult[]; peer: readonly LoadResult[] }; ratio: number },
): Measurement[] {
  return [
    {
      what: `${operation}, c=${CONNECTIONS}, vs moto`,
      unit: 'requests/s',
      ours: ours.map((result) => result.requestsPerSecond),
      peer: peer.map((result) => result.requestsPerSecond),
      goal: atLeastTimesPeer(ratio),
    },
    {
      what: `${operation}, c=${CONNECTIONS}, vs moto: p99`,
      unit: 'ms',
      ours: ours.map((result) => result.latencyMsP99),
      peer: peer.map((result) => result.latencyMsP99),
    },
  ]
}

function startMoto(program: string, port: number): Promise<Program> {
  return startProgram([program, '--port', String(port)], { isReady: () => accepts(port) })
}

async function addresseeOf(platform: StartedPlatform): Promise<Addressee> {
  const variables = JSON.parse(await platform.cli('env', '--json')) as Record<string, string>
  return {
    port: Number(new URL(platform.url).port),
    region: variables.AWS_REGION ?? '',
    service: 'sagemaker',
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
    },
  }
}
