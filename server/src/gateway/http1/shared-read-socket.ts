import { Socket } from 'node:net'

/**
 * All clients' sockets read into this: what comes is parsed in the same turn, and what must last is copied. It
 * spares each read an allocation of its own, and the way through a stream.
 */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024)

/** A socket that reads into a buffer which it shares with others. */
export class SharedReadSocket extends Socket {
  /**
   * Takes what is read; the bytes hold for the present turn only. While there is none, they come as any socket's
   * do: as 'data', copied.
   */
  taker: ((bytes: Buffer) => void) | undefined

  /** @param accepted just accepted, paused, without listeners; it is not to be used any more */
  constructor(accepted: Socket) {
    super({
      // what `onread` is for when a client dials has no public way when a server accepts
      handle: handleOf(accepted),
      allowHalfOpen: true,
      onread: {
        buffer: RECEIVED,
        callback: (length: number, buffer: Uint8Array): boolean =>
          this.receive((buffer as Buffer).subarray(0, length)),
      },
    } as ConstructorParameters<typeof Socket>[0])
  }

  /** @returns false while no more is wanted */
  private receive(bytes: Buffer): boolean {
    if (!this.taker) return this.push(Buffer.from(bytes))
    this.taker(bytes)
    return true
  }
}

/** Takes the connection out of a socket, which ends without it. */
function handleOf(accepted: Socket): unknown {
  const holder = accepted as unknown as { _handle: unknown }
  const handle = holder._handle
  holder._handle = null
  accepted.destroy()
  return handle
}
