import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { request } from '../../base/http.ts'
import type { TaskAddress } from '../../platform/engines/engine.ts'

/** The container's answer: its body must be read to the end or destroyed. */
export interface ContainerAnswer {
  readonly status: number
  readonly contentType: string | undefined
  readonly body: IncomingMessage
}

/** The container went away before it answered: somebody else may be asked. */
export class ContainerUnreachable extends Error {
  override readonly name = 'ContainerUnreachable'
  /** False when no connection came about: the request has reached nobody. */
  readonly reached: boolean

  constructor(message: string, options: { readonly reached: boolean; readonly cause?: unknown }) {
    super(message, options)
    this.reached = options.reached
  }
}

export interface ContainerCall {
  readonly address: TaskAddress
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
  /** Aborts when the time is over. */
  readonly signal: AbortSignal
}

/**
 * Sends one invocation to a container, streaming both ways.
 * @throws ContainerUnreachable, or the signal's reason
 */
export async function callContainer(call: ContainerCall): Promise<ContainerAnswer> {
  const { address, headers, body, signal } = call
  const place =
    'unixSocket' in address
      ? { socketPath: address.unixSocket }
      : { host: address.hostname, port: address.port }
  const outgoing = request({
    ...place,
    method: 'POST',
    path: '/invocations',
    headers,
    signal,
    agent: false,
  })
  let reached = false
  outgoing.once('socket', (socket) => socket.once('connect', () => (reached = true)))
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject)
  })
  const sent = pipeline(body, outgoing)
  // a container may answer before it has read everything: what becomes of the rest is not its answer's matter
  sent.catch(() => undefined)
  try {
    const response = await answered
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'],
      body: response,
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new ContainerUnreachable((error as Error).message, { reached, cause: error })
  } finally {
    if (outgoing.destroyed) body.destroy()
  }
}
