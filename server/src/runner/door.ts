import { rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { carry } from './relay.ts'

/** The socket on which gateways reach a container that takes one request at a time. */
const DOOR_SOCKET = 'door.sock'
/** The caller before may be leaving at this moment. */
const PATIENCE_MS = 10
/** One that has left is followed by its container: soon, but on a busy machine not at once. */
const LEAVING_MS_MAX = 2_000
/** A container that works on for nobody is given another request then. */
const ABANDONED_MS_MAX = 60_000
/** To be read by gateways: somebody else's request is in. */
const REFUSAL =
  'HTTP/1.1 503 Service Unavailable\r\nx-sagebrush-refusal: Busy\r\n' +
  'Content-Length: 0\r\nConnection: close\r\n\r\n'

/**
 * Stands before a container and lets one connection in at a time, whichever gateways they come from: to
 * whom a connection is a request. The others are told at once that it is busy. The container is free again
 * when it has let go of the connection, also where the caller has gone before.
 *
 * @returns the socket's path, once it takes connections
 */
export async function openDoor(
  socketDir: string,
  options: { readonly containerSocket: string; readonly signal: AbortSignal },
): Promise<string> {
  const { containerSocket, signal } = options
  const waiting: Waiting[] = []
  let present: Socket | undefined

  const letIn = (caller: Socket): void => {
    present = caller
    const container = carry(caller, { path: containerSocket })
    let forgetting: NodeJS.Timeout | undefined
    caller.once('end', () => {
      forgetting = setTimeout(() => container.destroy(), ABANDONED_MS_MAX)
    })
    container.once('close', () => {
      clearTimeout(forgetting)
      present = undefined
      const next = waiting.shift()
      if (!next) return
      clearTimeout(next.timer)
      letIn(next.caller)
    })
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    if (!present) return letIn(caller)
    // one that goes away is nobody's concern
    caller.on('error', () => caller.destroy())
    const giveUp = (): void => {
      waiting.splice(waiting.indexOf(one), 1)
      refuse(caller)
    }
    const one: Waiting = {
      caller,
      timer: setTimeout(() => {
        if (present?.readableEnded) one.timer = setTimeout(giveUp, LEAVING_MS_MAX)
        else giveUp()
      }, PATIENCE_MS),
    }
    waiting.push(one)
  })
  const path = join(socketDir, DOOR_SOCKET)
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve)
  })
  signal.addEventListener('abort', () => {
    server.close()
    for (const { caller, timer } of waiting.splice(0)) {
      clearTimeout(timer)
      caller.destroy()
    }
    present?.destroy()
  })
  return path
}

interface Waiting {
  readonly caller: Socket
  timer: NodeJS.Timeout
}

/** What is still to come is read: a socket that is closed on unread data would take the answer with it. */
function refuse(caller: Socket): void {
  caller.end(REFUSAL)
  caller.resume()
}
