import type { IncomingMessage } from 'node:http'
import { AwsError } from '../../../aws/errors.ts'

/** The client hung up in the middle of its request; there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** How long a client may send nothing while it is waited for. */
const IDLE_MS_MAX = 60_000

/**
 * The bytes of a request's body. Ending the iteration early leaves the connection alone, so that the
 * refusal can still be sent on it.
 *
 * @throws AwsError RequestTimeout when nothing arrives for a minute; ClientGone
 */
export async function* incomingBytes(
  incoming: IncomingMessage,
  idleMsMax: number = IDLE_MS_MAX,
): AsyncGenerator<Buffer> {
  let isIdle = false
  let wake = (): void => undefined
  const look = (): void => wake()
  const timeout = setTimeout(() => {
    isIdle = true
    wake()
  }, idleMsMax)
  timeout.unref()
  for (const event of EVENTS) incoming.on(event, look)
  try {
    while (!incoming.readableEnded) {
      const chunk: Buffer | null = incoming.read()
      if (chunk !== null) {
        yield chunk
        // time that the consumer took is not the client's
        isIdle = false
        timeout.refresh()
        continue
      }
      if (incoming.destroyed)
        throw new ClientGone('the client closed the connection within its request')
      if (isIdle) throw idleTooLong()
      // a new promise each time: what waits on one for a whole body keeps every chunk of it in memory
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (!incoming.complete) throw new ClientGone('the client sent less than it announced')
  } finally {
    clearTimeout(timeout)
    for (const event of EVENTS) incoming.off(event, look)
  }
}

/**
 * All bytes of a request's body at once, without the turns that an iteration takes for each piece. When it fails
 * it leaves the connection alone, as `incomingBytes` does.
 *
 * @throws AwsError RequestTimeout when nothing arrives for a minute, what `tooLarge` makes of more than
 *   `bytesMax`; ClientGone
 */
export function allIncomingBytes(
  incoming: IncomingMessage,
  { bytesMax, tooLarge }: { bytesMax: number; tooLarge: (bytesMax: number) => Error },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (): void => {
      clearTimeout(timeout)
      incoming.off('data', take).off('end', ended).off('close', gone).off('error', gone)
    }
    const refuse = (error: Error): void => {
      settle()
      incoming.pause()
      reject(error)
    }
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size > bytesMax) refuse(tooLarge(bytesMax))
      else {
        chunks.push(chunk)
        timeout.refresh()
      }
    }
    const ended = (): void => {
      if (!incoming.complete) refuse(new ClientGone('the client sent less than it announced'))
      else {
        settle()
        resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size))
      }
    }
    const gone = (): void => {
      refuse(new ClientGone('the client closed the connection within its request'))
    }
    const timeout = setTimeout(() => refuse(idleTooLong()), IDLE_MS_MAX)
    timeout.unref()
    if (incoming.destroyed) gone()
    else incoming.on('close', gone).on('error', gone).on('end', ended).on('data', take)
  })
}

const EVENTS = ['readable', 'end', 'close', 'error'] as const

function idleTooLong(): AwsError {
  return new AwsError(
    'RequestTimeout',
    'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  )
}
