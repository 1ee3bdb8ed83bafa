import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener, Server } from 'node:http'
import { connect, type Server as NetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime'
import { createServer } from '../../server/src/base/http.ts'
import { newShortId } from '../../server/src/base/ids.ts'
import { createLog } from '../../server/src/base/log.ts'
import { createSteerableClock } from '../../server/src/base/steerable-clock.ts'
import { type EndpointRoute, RouteTable } from '../../server/src/capabilities/inference/index.ts'
import { type Config, readConfig } from '../../server/src/config.ts'
import type { GatewayLimitOverrides } from '../../server/src/gateway/gateway-limits.ts'
import { type Gateway, startGateway } from '../../server/src/gateway/index.ts'
import { runDirectory } from '../../server/src/platform/run-directory.ts'

export const TEST_ACCOUNT = '123456789012'
export const TEST_REGION = 'us-east-1'

/** A gateway alone: no control and no Postgres unless the test starts them; routes as the test sets them. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway
  readonly url: string
  readonly dataDir: string
  /** Where control would listen. */
  readonly controlSocket: string
  readonly table: RouteTable
  readonly runtime: SageMakerRuntime
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Publishes an endpoint's variants: name → weight and the unix sockets of its replicas. */
  serve(endpointName: string, variants: TestVariants): EndpointRoute
  /** A raw connection, for what no HTTP client would send. */
  dial(): RawClient
}

export type TestVariants = Readonly<
  Record<string, { readonly weight?: number; readonly sockets: readonly string[] }>
>

export async function startTestGateway(
  options: { limits?: GatewayLimitOverrides; config?: Partial<Config> } = {},
): Promise<TestGateway> {
  const dataDir = options.config?.dataDir ?? (await mkdtemp(join(tmpdir(), 'sgb-gw-')))
  const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: newShortId(40) }
  const table = new RouteTable()
  const gateway = await startGateway({
    config: { ...readConfig({}), databaseUrl: undefined, port: 0, ...options.config, dataDir },
    installation: { rootKey: keys, secret: Buffer.alloc(32, newShortId(32)) },
    clock: createSteerableClock(),
    log: createLog({}, { level: process.env.SAGEBRUSH_TEST_LOG ? 'debug' : 'error' }),
    table,
    limits: { tickMs: 10, ...options.limits },
  })
  const runtime = new SageMakerRuntime({
    endpoint: gateway.url,
    region: TEST_REGION,
    credentials: keys,
    maxAttempts: 1,
  })
  return {
    gateway,
    url: gateway.url,
    dataDir,
    controlSocket: join(runDirectory(dataDir), 'control.sock'),
    table,
    runtime,
    keys,
    serve: (endpointName, variants) => {
      const route = testRoute(endpointName, { variants, version: table.version + 1 })
      table.update(route.version, { routes: [route], withdrawn: [] })
      return route
    },
    dial: () => new RawClient(gateway.port),
    [Symbol.asyncDispose]: async () => {
      runtime.destroy()
      await gateway.stop()
      await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

export function testRoute(
  endpointName: string,
  { variants, version }: { variants: TestVariants; version: number },
): EndpointRoute {
  return {
    account: TEST_ACCOUNT,
    region: TEST_REGION,
    endpointName,
    endpointArn: `arn:aws:sagemaker:${TEST_REGION}:${TEST_ACCOUNT}:endpoint/${endpointName}`,
    realm: 1,
    version,
    fleets: [
      {
        generation: 1,
        endpointConfigName: `${endpointName}-config`,
        share: 1,
        variants: Object.entries(variants).map(([variantName, { weight = 1, sockets }]) => ({
          variantName,
          weight,
          replicas: sockets.map((unixSocket) => ({
            replicaId: unixSocket,
            address: { unixSocket },
          })),
        })),
      },
    ],
  }
}

/** A real HTTP server on a unix socket, in the place of a container or of control. */
export interface TestUpstream extends AsyncDisposable {
  readonly socket: string
  readonly server: Server
}

export async function startUpstream(
  answer: RequestListener,
  socket = join(tmpdir(), `sgb-${newShortId(10)}.sock`),
): Promise<TestUpstream> {
  const server = createServer({ keepAliveTimeout: 60_000 }, answer)
  await listenOn(server, socket)
  return {
    socket,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function listenOn(server: NetServer, socket: string): Promise<void> {
  await rm(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(socket, resolve)
  })
}

/** Writes bytes and reads text, with no idea of HTTP. */
export class RawClient {
  readonly socket: Socket
  received = ''
  private waiters: (() => void)[] = []
  private ended = false

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text) => {
      this.received += text
      this.wake()
    })
    this.socket.on('error', () => undefined)
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.ended = true
        this.wake()
      })
    }
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** Resolves when what was received matches. */
  async until(form: RegExp): Promise<string> {
    while (!form.test(this.received)) {
      if (this.ended) throw new Error(`ended without ${form}: ${JSON.stringify(this.received)}`)
      await new Promise<void>((resolve) => this.waiters.push(resolve))
    }
    return this.received
  }

  /** Resolves with all that was received when the server has ended the connection. */
  async closed(): Promise<string> {
    while (!this.ended) await new Promise<void>((resolve) => this.waiters.push(resolve))
    this.socket.destroy()
    return this.received
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter()
  }
}
