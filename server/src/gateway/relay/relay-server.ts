import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Log } from '../../base/log.ts'
import type { HttpExchange } from '../../wire/http-exchange.ts'
import { ClientConnection } from '../http1/client-connection.ts'
import { CLIENT_TIMEOUTS } from '../http1/client-timeouts.ts'
import { Deadlines } from '../http1/deadlines.ts'
import { SharedReadSocket } from '../http1/shared-read-socket.ts'
import { ServedExchange } from './served-exchange.ts'

/** Longer than gateways keep a connection idle, so that it is they who close it. */
const IDLE_MS = 120_000
const TICK_MS = 500

/**
 * The relay's other end: serves in control what gateways hand over, by the same HTTP/1.1 that they read clients
 * with. Node's own server costs several times as much CPU per request.
 */
export class RelayServer {
  private readonly deadlines = new Deadlines(TICK_MS)
  private readonly connections = new Set<ClientConnection>()
  private readonly server: Server
  private readonly answer: (exchange: HttpExchange) => void
  private readonly log: Log

  constructor(options: { answer: (exchange: HttpExchange) => void; log: Log }) {
    this.answer = options.answer
    this.log = options.log
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) =>
      this.serve(new SharedReadSocket(accepted)),
    )
  }

  /** @throws Error when the address cannot be had */
  async listen(address: ListenOptions): Promise<void> {
    const { server, log } = this
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(address, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', (error) => log.error('a connection was not accepted', { error }))
  }

  /** Where it listens, on TCP. */
  get port(): number {
    const address = this.server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  /** Accepts nothing new; connections end with what they are answering. */
  drain(): void {
    this.server.close()
    for (const connection of this.connections) connection.drain()
  }

  /** As when every client hangs up at once. */
  cut(): void {
    for (const connection of this.connections) connection.destroy()
  }

  /** Ends everything, after `drain`. */
  close(): void {
    this.cut()
    this.deadlines.close()
  }

  private serve(socket: Socket): void {
    // gateways end their side of a connection only when nobody waits for its answer
    socket.allowHalfOpen = false
    const connection = new ClientConnection(socket, {
      answer: (exchange) => this.answer(new ServedExchange(exchange)),
      deadlines: this.deadlines,
      timeouts: { ...CLIENT_TIMEOUTS, idleMs: IDLE_MS },
      secure: false,
      closed: () => this.connections.delete(connection),
      failed: (error) => this.log.error('a request was cut by a fault of ours', { error }),
    })
    this.connections.add(connection)
    socket.resume()
  }
}
