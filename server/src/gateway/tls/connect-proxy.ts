import { connect, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Log } from '../../base/log.ts'
import type { Exchange } from '../http1/exchange.ts'
import { plainResponse } from '../http1/plain-response.ts'
import type { HostContexts } from './host-contexts.ts'
import { type Authority, isServedHost, parseAuthority } from './served-host.ts'

export interface ConnectProxyOptions {
  readonly ownPort: () => number
  /** True hands what is not AWS's on to where it belongs. */
  readonly passThrough: boolean
  readonly contexts: HostContexts
  /** Serves a connection whose bytes come out of TLS, or `bytes` first when they do not. */
  readonly serve: (socket: Socket, from: ServedFrom) => void
  readonly log: Log
}

export interface ServedFrom {
  readonly secure: boolean
  /** What was read before. */
  readonly bytes: Buffer
  /** The host that the client thinks it speaks to, for clients that do not say so in TLS. */
  readonly host: string
}

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n'
const CONNECT_TIMEOUT_MS = 10_000

/** Answers CONNECT: as AWS's hosts ourselves, other hosts not at all or by handing bytes on. */
export class ConnectProxy {
  private readonly options: ConnectProxyOptions
  private readonly tunnels = new Set<Socket>()

  constructor(options: ConnectProxyOptions) {
    this.options = options
  }

  connect(exchange: Exchange): void {
    const authority = parseAuthority(exchange.head.target)
    const { socket } = exchange.connection
    if (!authority) {
      exchange.refuse({ status: 400, message: 'CONNECT needs host:port' })
      return
    }
    const isServed = isServedHost(authority, this.options.ownPort())
    if (!isServed && !this.options.passThrough) {
      exchange.refuse({ status: 403, message: refusal(authority.hostname) })
      return
    }
    const bytes = exchange.detach()
    if (isServed) {
      socket.write(ESTABLISHED)
      this.options.serve(socket, { secure: false, bytes, host: authority.hostname })
    } else this.tunnel(socket, { bytes, authority })
  }

  /** Speaks TLS on `socket`, whose client has sent `bytes` of it, as the host that it names. */
  startTls(socket: Socket, { bytes, host }: { bytes: Buffer; host: string }): void {
    const { contexts, log, serve } = this.options
    const ignore = () => socket.destroy()
    socket.on('error', ignore)
    contexts.contextFor(host).then(
      (secureContext) => {
        socket.off('error', ignore)
        if (socket.destroyed) return
        if (bytes.length > 0) socket.unshift(bytes)
        const secure = new TLSSocket(socket, {
          isServer: true,
          secureContext,
          ALPNProtocols: ['http/1.1'],
          SNICallback: (name, answer) => {
            contexts.contextFor(name).then(
              (context) => answer(null, context),
              (error: Error) => answer(error),
            )
          },
        })
        secure.on('error', (error) => log.debug('a TLS connection failed', { host, error }))
        serve(secure, { secure: true, bytes: EMPTY, host })
      },
      (error: unknown) => {
        log.error('no certificate could be made', { host, error })
        socket.destroy()
      },
    )
  }

  close(): void {
    for (const socket of this.tunnels) socket.destroy()
  }

  private tunnel(
    client: Socket,
    { bytes, authority }: { bytes: Buffer; authority: Authority },
  ): void {
    const server = connect({ host: authority.hostname, port: authority.port })
    let isOpen = false
    const end = (): void => {
      client.destroy()
      server.destroy()
      this.tunnels.delete(client)
    }
    this.tunnels.add(client)
    server.setTimeout(CONNECT_TIMEOUT_MS, () => server.destroy(new Error('no answer in time')))
    server.once('connect', () => {
      isOpen = true
      server.setTimeout(0)
      client.write(ESTABLISHED)
      if (bytes.length > 0) server.write(bytes)
      client.pipe(server)
      server.pipe(client)
    })
    server.on('error', (error) => {
      if (!isOpen) client.end(plainResponse(502, `${authority.hostname}: ${error.message}`))
    })
    client.on('error', end)
    client.on('close', end)
    server.on('close', () => (isOpen ? end() : this.tunnels.delete(client)))
  }
}

const EMPTY = Buffer.alloc(0)

export function refusal(hostname: string): string {
  return (
    `${hostname} is not one of AWS's hosts, and this proxy stands for those only. ` +
    'Add it to NO_PROXY, or start with SAGEBRUSH_PROXY_PASS_THROUGH=true to have it handed on.'
  )
}
