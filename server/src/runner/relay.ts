import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'

/** Accepts connections and passes each on, both ways, half-closes and back-pressure included. */
export function createRelay(to: NetConnectOpts): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (from) => void carry(from, to))
}

/** Passes one connection on. @returns the other one, which closes when both ways have ended */
export function carry(from: Socket, to: NetConnectOpts): Socket {
  const onward = connect({ ...to, allowHalfOpen: true, noDelay: true } as NetConnectOpts)
  join(from, onward)
  join(onward, from)
  return onward
}

function join(source: Socket, sink: Socket): void {
  source.pipe(sink)
  // A reset on one side must be seen on the other: a half-open peer would wait for ever.
  source.on('error', () => sink.destroy())
  source.on('close', (hadError) => {
    if (hadError) sink.destroy()
  })
}
