import { connect, type Socket } from 'node:net'
import { createAnswerReader, type HttpAnswer } from './http-answer.ts'

/** What is sent: bytes, or a stream of any length that can be begun anew. */
export type Payload = Buffer | (() => AsyncIterable<Buffer>)

/** Speaks HTTP/1.1 with one container, over as many kept connections as there are requests at once. */
export interface ModelClient {
  /** @throws NoAnswer when none came in time, or the connection broke; the signal's reason */
  send(request: ModelRequest): Promise<HttpAnswer>
  close(): void
}

export interface ModelRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: Payload
  readonly timeoutSeconds: number
  /** What is said to have been given, where this is the rest of it. */
  readonly givenSeconds?: number
}

/** The container gave no answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

export function createModelClient(
  address: { readonly socketPath: string },
  signal: AbortSignal,
): ModelClient {
  const idle: Socket[] = []
  const open = new Set<Socket>()
  const close = () => {
    for (const socket of open) socket.destroy()
  }
  signal.addEventListener('abort', close, { once: true })
  const connectNew = () => {
    const socket = connect(address.socketPath)
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      const at = idle.indexOf(socket)
      if (at >= 0) idle.splice(at, 1)
    })
    // whoever uses it hears of it by `close`
    socket.on('error', () => undefined)
    return socket
  }
  const exchangeOn = async (socket: Socket, request: ModelRequest): Promise<HttpAnswer> => {
    const answer = await exchange(socket, request)
    if (answer.keepAlive && !socket.destroyed) idle.push(socket)
    else socket.destroy()
    return answer
  }
  return {
    send: async (request) => {
      signal.throwIfAborted()
      try {
        const kept = idle.pop()
        if (!kept) return await exchangeOn(connectNew(), request)
        try {
          return await exchangeOn(kept, request)
        } catch (error) {
          // a kept connection may be closed by the other side at the moment of its use
          if (!(error instanceof NoAnswer) || !error.message.startsWith(CLOSED)) throw error
          return await exchangeOn(connectNew(), request)
        }
      } catch (error) {
        signal.throwIfAborted()
        throw error
      }
    },
    close: () => {
      signal.removeEventListener('abort', close)
      close()
    },
  }
}

const CLOSED = 'the connection was closed without an answer'

function exchange(socket: Socket, request: ModelRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const reader = createAnswerReader()
    let isAnswered = false
    let hasBytes = false
    const finish = (settle: () => void) => {
      if (isAnswered) return
      isAnswered = true
      clearTimeout(timer)
      socket.off('data', onData).off('close', onClose).off('end', onEnd)
      settle()
    }
    const fail = (error: Error) =>
      finish(() => {
        socket.destroy()
        reject(error)
      })
    const onData = (chunk: Buffer) => {
      hasBytes = true
      try {
        const answer = reader.push(chunk)
        if (answer) finish(() => resolve(answer))
      } catch (error) {
        fail(new NoAnswer(error instanceof Error ? error.message : String(error)))
      }
    }
    const onEnd = () => {
      const answer = reader.end()
      if (answer) finish(() => resolve(answer))
    }
    const onClose = () => {
      const why = hasBytes ? 'the connection broke in the middle of the answer' : CLOSED
      fail(new NoAnswer(why))
    }
    const timer = setTimeout(() => {
      const { givenSeconds = request.timeoutSeconds } = request
      fail(new NoAnswer(`there was no answer within ${givenSeconds} seconds`))
    }, request.timeoutSeconds * 1000)
    socket.on('data', onData).on('end', onEnd).on('close', onClose)
    void write(socket, request).catch((error: Error) => fail(error))
  })
}

async function write(socket: Socket, request: ModelRequest): Promise<void> {
  const { method, path, headers = {}, payload } = request
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => {
    return `${name}: ${value}\r\n`
  })
  const head = (last: string) => `${method} ${path} HTTP/1.1\r\n${lines.join('')}${last}\r\n`
  if (payload === undefined) {
    socket.write(head(''))
  } else if (Buffer.isBuffer(payload)) {
    socket.cork()
    socket.write(head(`content-length: ${payload.length}\r\n`))
    socket.write(payload)
    socket.uncork()
  } else {
    socket.write(head('transfer-encoding: chunked\r\n'))
    for await (const chunk of payload()) {
      if (socket.destroyed) return
      if (chunk.length === 0) continue
      socket.write(`${chunk.length.toString(16)}\r\n`)
      socket.write(chunk)
      if (!socket.write('\r\n')) await drained(socket)
    }
    socket.write('0\r\n\r\n')
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
