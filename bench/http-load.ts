import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { callAll, type LoadResult } from './load.ts'

/**
 * Sends requests that were made before, from `connections` at a time, each on a connection that is kept for as
 * long as the server keeps it. Its own few lines because Node's client costs more per request than what is
 * measured.
 *
 * @throws Error with the answer, when one is not a success
 */
export function sendAll(
  requests: readonly Buffer[],
  options: { port: number; connections: number },
): Promise<LoadResult> {
  return callAll(requests, options.connections, () => {
    const connection = new Connection({ port: options.port, host: '127.0.0.1' })
    return {
      call: (request) => connection.exchange(request),
      end: () => connection.close(),
    }
  })
}

/** One connection to a server that frames its answers by Content-Length, or by closing. */
export class Connection {
  private readonly to: NetConnectOpts
  private socket: Socket | undefined

  constructor(to: NetConnectOpts) {
    this.to = to
  }

  close(): void {
    this.socket?.destroy()
  }

  /** Sends a request and takes its answer. @throws Error with the answer when it is not a success */
  async exchange(request: Buffer): Promise<void> {
    this.socket ??= connect({ ...this.to, noDelay: true } as NetConnectOpts)
    const answer = await answerOf(this.socket, request)
    if (answer.closes) {
      this.socket.destroy()
      this.socket = undefined
    }
  }
}

function answerOf(socket: Socket, request: Buffer): Promise<{ closes: boolean }> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader()
    const settle = (finish: () => void): void => {
      socket.off('data', read).off('end', ended).off('error', failed)
      finish()
    }
    const done = (closes: boolean): void =>
      settle(() =>
        reader.isSuccess ? resolve({ closes }) : reject(new Error(`refused: ${reader.excerpt}`)),
      )
    const read = (bytes: Buffer): void => {
      reader.take(bytes)
      if (reader.isWhole) done(reader.closes)
    }
    const ended = (): void => {
      if (reader.endsWithConnection) done(true)
      else settle(() => reject(new Error('the server hung up in the middle of an answer')))
    }
    const failed = (error: Error): void => settle(() => reject(error))
    socket.on('data', read).on('end', ended).on('error', failed)
    socket.write(request)
  })
}

/** Reads one answer; counts its body and keeps only the beginning. */
class AnswerReader {
  private head = ''
  private beginning: Buffer = Buffer.alloc(0)
  private bodyBytesLeft: number | undefined = 0
  private hasHead = false

  take(bytes: Buffer): void {
    if (this.hasHead) {
      if (this.bodyBytesLeft !== undefined) this.bodyBytesLeft -= bytes.length
      return
    }
    this.beginning = this.beginning.length > 0 ? Buffer.concat([this.beginning, bytes]) : bytes
    const end = this.beginning.indexOf('\r\n\r\n')
    if (end < 0) return
    this.hasHead = true
    this.head = this.beginning.toString('latin1', 0, end)
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.head)?.[1]
    const isBodiless = this.head.startsWith('HTTP/1.1 204')
    const taken = this.beginning.length - end - 4
    if (length === undefined && !isBodiless) this.bodyBytesLeft = undefined
    else this.bodyBytesLeft = Number(length ?? 0) - taken
  }

  get isWhole(): boolean {
    return this.hasHead && this.bodyBytesLeft !== undefined && this.bodyBytesLeft <= 0
  }

  get endsWithConnection(): boolean {
    return this.hasHead && this.bodyBytesLeft === undefined
  }

  get closes(): boolean {
    return /\r\nconnection: *close/i.test(this.head)
  }

  get isSuccess(): boolean {
    return /^HTTP\/1\.[01] 2/.test(this.head)
  }

  get excerpt(): string {
    return this.beginning.toString('utf8', 0, 1_000)
  }
}
