import type { Socket } from 'node:net'
import type { ClientConnection } from './client-connection.ts'
import type { ClientTimeouts } from './client-timeouts.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'

export interface ClientConnectionOptions {
  readonly answer: (exchange: Exchange) => void
  readonly deadlines: Deadlines
  readonly timeouts: ClientTimeouts
  /** True when the bytes come out of TLS. */
  readonly secure: boolean
  readonly closed: (connection: ClientConnection) => void
  /** Takes a socket over whose first byte begins a TLS handshake; absent where that is no request. */
  readonly startTls?: (socket: Socket, bytes: Buffer) => void
  /** Our own fault: the connection is cut, everything else goes on. */
  readonly failed: (error: unknown) => void
}
