import type { IncomingMessage } from 'node:http'

/** The client hung up in the middle of its request; there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/**
 * The bytes of a request's body. Ending the iteration early leaves the connection alone, so that the
 * refusal can still be sent on it.
 */
export async function* incomingBytes(incoming: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } catch (error) {
    throw new ClientGone('the client closed the connection within its request', { cause: error })
  }
  if (!incoming.complete) throw new ClientGone('the client sent less than it announced')
}
