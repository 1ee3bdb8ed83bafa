import assert from 'node:assert/strict'
import { createServer, METHODS, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import test from 'node:test'
import { BodyDecoder } from './body-decoder.ts'
import { HeadBuffer } from './head-buffer.ts'
import { MalformedMessage } from './message-head.ts'
import { HEAD_BYTES_MAX, parseRequestHead } from './request-parser.ts'

/** One request as a server understood it. */
interface Request {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: string
}

const SEED = 20_240_611
const CASES = 1_500

test('whatever is accepted here, Node reads as the very same request', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const random = generator(SEED)
  let accepted = 0
  try {
    for (let index = 0; index < CASES; index++) {
      const text = mutated(sample(random), random)
      const ours = read(text)
      if (typeof ours === 'string') continue
      // Node knows a fixed set of methods, and it is the front that refuses targets that are no paths
      const { method, target } = ours.request
      if (!METHODS.includes(method) || !target.startsWith('/')) continue
      // and Node refuses a tab that RFC 9110 allows after any value
      if (/chunked\t/.test(text)) continue
      accepted++
      const own = text.slice(0, ours.bytes)
      assert.deepEqual(await readByNode(server, own), ours.request, JSON.stringify(own))
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
  assert.ok(accepted > CASES / 10, `only ${accepted} were accepted: the test tests nothing`)
})

/** @returns the first request of `text` and how many bytes of it are that request's */
function read(text: string): { request: Request; bytes: number } | 'refused' | 'more' {
  try {
    const cut = new HeadBuffer(HEAD_BYTES_MAX).take(Buffer.from(text, 'latin1'))
    if (!cut) return 'more'
    const head = parseRequestHead(cut.text)
    const decoder = new BodyDecoder(head.framing)
    let body = ''
    const taken = decoder.push(cut.rest, (piece) => {
      body += piece.toString('latin1')
    })
    if (!decoder.done) return 'more'
    const headers = head.names.flatMap((name, at) => [name, head.values[at] ?? ''])
    const { method, target } = head
    return {
      request: { method, target, headers, body },
      bytes: text.length - cut.rest.length + taken,
    }
  } catch (error) {
    if (error instanceof MalformedMessage) return 'refused'
    throw error
  }
}

async function readByNode(server: Server, text: string): Promise<Request | 'refused'> {
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    return await new Promise<Request | 'refused'>((resolve) => {
      server.removeAllListeners()
      server.on('clientError', (_error, peer) => {
        resolve('refused')
        peer.destroy()
      })
      // 'connection' is what the server itself listens to
      server.on('connection', connectionListener)
      server.once('request', (request) => {
        let body = ''
        request.setEncoding('latin1')
        request.on('data', (piece) => {
          body += piece
        })
        request.on('end', () =>
          resolve({
            method: request.method ?? '',
            target: request.url ?? '',
            headers: request.rawHeaders.map((part, at) => (at % 2 ? part : part.toLowerCase())),
            body,
          }),
        )
      })
      socket.on('error', () => resolve('refused'))
      socket.write(text, 'latin1')
    })
  } finally {
    socket.destroy()
  }
}

const [connectionListener] = createServer().listeners('connection') as [(socket: unknown) => void]

function sample(random: () => number): string {
  const bodies = [
    ['', ''],
    ['Content-Length: 5\r\n', 'hello'],
    ['Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['Transfer-Encoding: chunked\r\n', '2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: v\r\n\r\n'],
    ['Content-Length: 0\r\n', ''],
  ]
  const [line = '', body = ''] = bodies[Math.floor(random() * bodies.length)] ?? []
  const method = ['GET', 'POST', 'PUT', 'DELETE'][Math.floor(random() * 4)]
  return `${method} /p?q=1 HTTP/1.1\r\nHost: h\r\nX-A: b\r\n${line}Connection: keep-alive\r\n\r\n${body}`
}

function mutated(text: string, random: () => number): string {
  const splices = [
    '\r',
    '\n',
    '\r\n',
    ' ',
    '\t',
    ':',
    ',',
    '0',
    'x',
    '\0',
    '\x7f',
    '\xe9',
    ';',
    '-',
  ]
  let result = text
  const count = Math.floor(random() * 3)
  for (let index = 0; index < count; index++) {
    const at = Math.floor(random() * result.length)
    const splice = splices[Math.floor(random() * splices.length)] ?? ''
    const removed = Math.floor(random() * 2)
    result = result.slice(0, at) + splice + result.slice(at + removed)
  }
  return result
}

/** Numbers in [0, 1) that are the same in every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
