import { hostname } from 'node:os'
import { join } from 'node:path'
import { newShortId } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { SteerableClock } from '../base/steerable-clock.ts'
import { CAPTURED_TOPIC_PREFIX, CaptureSpool, captureFolder } from '../capabilities/capture/tap.ts'
import { FaultTable } from '../capabilities/faults/index.ts'
import { createCredentialSource } from '../capabilities/identity/credential-source.ts'
import { RouteTable } from '../capabilities/inference/index.ts'
import type { Config } from '../config.ts'
import type { Installation } from '../installation.ts'
import { runDirectory } from '../platform/run-directory.ts'
import { createSecrets } from '../platform/secrets.ts'
import { ClientListener } from './client-listener.ts'
import { startFeeds } from './feeds.ts'
import { createFront } from './front.ts'
import { type GatewayLimitOverrides, type GatewayLimits, limitsWith } from './gateway-limits.ts'
import { Deadlines } from './http1/deadlines.ts'
import { CaptureTaps } from './invoke/capture-taps.ts'
import { createInvokeEndpoint } from './invoke/invoke-endpoint.ts'
import { ReplicaConnections } from './invoke/replica-connections.ts'
import { ShadowCopies } from './invoke/shadow-copies.ts'
import { WaitingRoom } from './invoke/waiting-room.ts'
import { ServerLink } from './relay/server-link.ts'
import { loadCertificateAuthority } from './tls/certificate-authority.ts'
import { ConnectProxy } from './tls/connect-proxy.ts'
import { HostContexts } from './tls/host-contexts.ts'
import type { Authority } from './tls/served-host.ts'

export interface GatewayOptions {
  readonly config: Config
  readonly installation: Installation
  /** The platform's clock: follows control's. Certificates and time-outs go by the system's in any case. */
  readonly clock: SteerableClock
  readonly log: Log
  readonly limits?: GatewayLimitOverrides
  /** Routes to begin with; they follow Postgres as soon as there is one. */
  readonly table?: RouteTable
}

/** One of the processes that own the port together. */
export interface Gateway {
  readonly port: number
  readonly url: string
  stats(): GatewayStatistics
  /** Accepts nothing new, finishes what runs, then lets go of everything. */
  stop(): Promise<void>
}

export interface GatewayStatistics {
  readonly gatewayId: string
  readonly connections: number
}

/** Opens the port, and answers from the moment this resolves. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, clock, log } = options
  const limits = limitsWith(options.limits)
  const gatewayId = `${hostname()}/${process.pid}/${newShortId(6)}`
  const table = options.table ?? new RouteTable()
  const deadlines = new Deadlines(limits.tickMs)
  const spool = new CaptureSpool({
    folder: captureFolder(config.dataDir),
    written: (minuteEndMs) => feeds?.tell(`${CAPTURED_TOPIC_PREFIX}${minuteEndMs}`),
    lost: (target, records) => table.meters.lostRecords(target, { records, at: clock.now() }),
    log,
  })
  const faults = new FaultTable()
  const feeds = await startFeeds({ ...options, table, gatewayId, spool, faults })
  const connections = new ReplicaConnections(table, deadlines)
  const control = new ServerLink(
    { unixSocket: join(runDirectory(config.dataDir), 'control.sock') },
    { deadlines, limits: limits.control },
  )
  const contexts = new HostContexts(() => loadCertificateAuthority(config.dataDir))
  const proxy = new ConnectProxy({
    ownPort: () => listener.port,
    passThrough: config.proxyPassThrough,
    contexts,
    serve: (socket, from) => listener.serve(socket, from),
    log,
  })
  const captures = new CaptureTaps({ spool, clock })
  const inferring = { table, connections, captures, clock, limits: limits.invocation }
  const front = createFront({
    invokeEndpoint: createInvokeEndpoint({
      ...inferring,
      faults,
      shadows: new ShadowCopies(inferring, limits.shadows),
      waitingRoom: new WaitingRoom(table, { limits: limits.waitingRoom, deadlines }),
      credentials: createCredentialSource({
        secrets: createSecrets(options.installation.secret),
        account: config.account,
        rootKey: options.installation.rootKey,
        clock,
      }),
      wanted: (variant) => feeds?.want(variant),
      internalFailure: (error) => log.error('an invocation failed', { error }),
    }),
    proxy,
    passThrough: config.proxyPassThrough,
    ownPort: () => listener.port,
    control,
    linkTo: linksTo({ deadlines, limits }),
    health: { gatewayId, table, control, feed: () => feeds?.routes },
    log,
  })
  const listener = new ClientListener({
    host: config.host,
    port: config.port,
    connectionsMax: limits.connectionsMax,
    deadlines,
    timeouts: limits.client,
    answer: front,
    startTls: (socket, from) => proxy.startTls(socket, from),
    log,
  })
  await listener.listen()
  // clients that trust the bundle read it before they connect; the first of them should find it
  const certified = contexts.contextFor('localhost').catch((error: unknown) => {
    log.error('the certificate authority could not be made', { error })
  })
  return {
    port: listener.port,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${listener.port}`,
    stats: () => ({ gatewayId, connections: listener.size }),
    stop: async () => {
      proxy.close()
      await listener.stop(limits.stopMsMax)
      connections.close()
      control.close()
      await spool[Symbol.asyncDispose]()
      await feeds?.stop()
      await certified
      deadlines.close()
    },
  }
}

/** Servers in the world get a link per request: nobody counts on them to come back. */
function linksTo({ deadlines, limits }: { deadlines: Deadlines; limits: GatewayLimits }) {
  return (authority: Authority): ServerLink =>
    new ServerLink(authority, { deadlines, limits: { ...limits.control, waitMsMax: 0, idleMs: 0 } })
}
