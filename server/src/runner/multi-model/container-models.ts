import type { IncomingMessage } from 'node:http'
import { Agent, request } from '../../base/http.ts'

export interface ContainerReply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What a container's answer to an invocation is passed on as: the head, then the body as it comes. */
export type Answering = (answer: IncomingMessage) => Promise<void>

/**
 * The multi-model API of a container behind a unix socket. A model's name there is one of the platform's
 * making: the container must not read anything into it.
 *
 * @source Amazon SageMaker developer guide, "Create your own container for multi-model endpoints"
 */
export function createContainerModels(socketPath: string) {
  const agent = new Agent({ keepAlive: true })

  const send = (asked: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string | number>>
    readonly body?: Buffer | string
    readonly signal?: AbortSignal
  }): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { body = '', signal, ...call } = asked
      const outgoing = request(
        {
          ...{ socketPath, agent },
          ...call,
          headers: {
            host: 'localhost:8080',
            ...call.headers,
            'content-length': Buffer.byteLength(body),
          },
          ...(signal && { signal }),
        },
        resolve,
      )
      outgoing.once('error', reject)
      outgoing.end(body)
    })
  const ask = async (asked: Parameters<typeof send>[0]): Promise<ContainerReply> => {
    const answer = await send(asked)
    const pieces: Buffer[] = []
    for await (const piece of answer) pieces.push(piece as Buffer)
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces) }
  }
  return {
    load: (name: string, url: string): Promise<ContainerReply> =>
      ask({
        method: 'POST',
        path: '/models',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model_name: name, url }),
      }),
    unload: (name: string): Promise<ContainerReply> =>
      ask({ method: 'DELETE', path: `/models/${name}` }),
    invoke: (
      name: string,
      call: { headers: Readonly<Record<string, string>>; body: Buffer; signal: AbortSignal },
    ): Promise<IncomingMessage> =>
      send({ method: 'POST', path: `/models/${name}/invoke`, ...call }),
    close: (): void => agent.destroy(),
  }
}

export type ContainerModels = ReturnType<typeof createContainerModels>
