import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../base/log.ts'
import { ClientConnection } from './http1/client-connection.ts'
import type { ClientTimeouts } from './http1/client-timeouts.ts'
import type { Deadlines } from './http1/deadlines.ts'
import type { Exchange } from './http1/exchange.ts'
import { SharedReadSocket } from './http1/shared-read-socket.ts'
import type { ServedFrom } from './tls/connect-proxy.ts'

export interface ClientListenerOptions {
  readonly host: string
  readonly port: number
  readonly connectionsMax: number
  readonly deadlines: Deadlines
  readonly timeouts: ClientTimeouts
  readonly answer: (exchange: Exchange) => void
  readonly startTls: (socket: Socket, from: { bytes: Buffer; host: string }) => void
  readonly log: Log
}

/** The port that all gateways own together, and the connections that this one has accepted. */
export class ClientListener {
  private readonly options: ClientListenerOptions
  private readonly server: Server
  private readonly connections = new Set<ClientConnection>()
  private emptied: () => void = () => undefined
  private stopping = false

  constructor(options: ClientListenerOptions) {
    this.options = options
    this.server = createServer(
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
      (accepted) => this.accept(accepted),
    )
  }

  /** @throws Error when the port is not free */
  async listen(): Promise<void> {
    const { host, port } = this.options
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen({ host, port, reusePort: true, backlog: 1_024 }, () => {
        this.server.off('error', reject)
        resolve()
      })
    })
    this.server.on('error', (error) =>
      this.options.log.error('a connection was not accepted', { error }),
    )
  }

  get port(): number {
    const address = this.server.address()
    return address !== null && typeof address === 'object' ? address.port : this.options.port
  }

  get size(): number {
    return this.connections.size
  }

  private accept(accepted: Socket): void {
    if (this.connections.size >= this.options.connectionsMax) accepted.destroy()
    else {
      const socket = new SharedReadSocket(accepted)
      this.serve(socket, { secure: false, bytes: EMPTY, host: 'localhost' })
    }
  }

  serve(socket: Socket, { secure, bytes, host }: ServedFrom): void {
    const { deadlines, timeouts, answer, startTls, log } = this.options
    const connection = new ClientConnection(socket, {
      answer,
      deadlines,
      timeouts,
      secure,
      closed: this.onClosed,
      failed: (error) => log.error('a request was cut by a fault of ours', { error }),
      ...(secure ? {} : { startTls: (raw, first) => startTls(raw, { bytes: first, host }) }),
    })
    this.connections.add(connection)
    if (bytes.length > 0) connection.receive(bytes)
    socket.resume()
    if (this.stopping) connection.drain()
  }

  /** Accepts nothing new, lets what runs finish, at most for `msMax`. */
  async stop(msMax: number): Promise<void> {
    this.stopping = true
    this.server.close()
    for (const connection of this.connections) connection.drain()
    const timer = setTimeout(() => {
      for (const connection of this.connections) connection.destroy()
    }, msMax)
    if (this.connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.emptied = resolve
      })
    }
    clearTimeout(timer)
  }

  private readonly onClosed = (connection: ClientConnection): void => {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.emptied()
  }
}

const EMPTY = Buffer.alloc(0)
