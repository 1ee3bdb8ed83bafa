import assert from 'node:assert/strict'
import test from 'node:test'
import { startTestGateway, startUpstream } from '../../../../tests/support/test-gateway.ts'

test('pipelined requests are answered one after the other, in their order', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream((request, response) => {
    const send = () => response.end(request.url)
    // the first takes longer than the others
    if (request.url === '/1') setImmediate(() => setImmediate(send))
    else send()
  }, server.controlSocket)
  const client = server.dial()

  client.send(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''))
  const received = await client.until(/\/3$/)

  assert.deepEqual(received.match(/\r\n\r\n\/\d/g), ['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3'])
  client.socket.destroy()
})

test('a client that has shut its side down still gets its answer', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream(
    (_request, response) => void response.end('late'),
    server.controlSocket,
  )
  const client = server.dial()
  client.socket.end('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  assert.match(await client.closed(), /late$/)
})

test('HTTP/1.0 clients are answered without chunks and the connection ends', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream((_request, response) => {
    response.write('one ')
    response.end('two')
  }, server.controlSocket)
  const client = server.dial().send('GET / HTTP/1.0\r\n\r\n')
  const received = await client.closed()
  assert.match(received, /\r\n\r\none two$/)
  assert.doesNotMatch(received, /chunked/i)
})

const malformed: readonly [what: string, text: string, status: number][] = [
  [
    'two framings',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
  ],
  [
    'an obscured coding',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a broken chunk', 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: h\n\n', 400],
  ['a head without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}`, 431],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
]
for (const [what, text, status] of malformed) {
  test(`${what}: ${status}, the connection ends, and nothing of it reaches control`, async () => {
    await using server = await startTestGateway()
    const reached: (string | undefined)[] = []
    await using _control = await startUpstream((request, response) => {
      // a body that turns out broken on the way has begun its journey; its request must not end well
      request.on('end', () => reached.push(request.url))
      request.on('error', () => undefined)
      request.resume()
      response.on('error', () => undefined)
    }, server.controlSocket)
    const received = await server.dial().send(text).closed()
    assert.match(received, new RegExp(`^HTTP/1.1 ${status} `))
    assert.equal(received.match(/HTTP\/1\.1 \d/g)?.length, 1)
    assert.deepEqual(reached, [])
  })
}

test('a head that comes too slowly is answered with 408', async () => {
  await using server = await startTestGateway({ limits: { client: { headMs: 80 } } })
  const client = server.dial().send('GET / HT')
  assert.match(await client.closed(), /^HTTP\/1\.1 408 /)
})

test('a body that comes too slowly is answered with 408', async () => {
  await using server = await startTestGateway({ limits: { client: { bodyIdleMs: 80 } } })
  await using _control = await startUpstream(
    (request) => void request.resume(),
    server.controlSocket,
  )
  const client = server.dial()
  client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc')
  assert.match(await client.closed(), /^HTTP\/1\.1 408 /)
})

test('an idle connection ends without a word', async () => {
  await using server = await startTestGateway({ limits: { client: { idleMs: 80 } } })
  await using _control = await startUpstream(
    (_request, response) => void response.end('ok'),
    server.controlSocket,
  )
  const client = server.dial().send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  assert.match(await client.closed(), /ok$/)
})

test('a stop finishes what runs, ends idle connections and takes no more', async () => {
  const server = await startTestGateway()
  let answer: () => void = () => undefined
  await using control = await startUpstream((request, response) => {
    if (request.url === '/idle') response.end('ok')
    else answer = () => void response.end('done')
  }, server.controlSocket)
  const idle = server.dial().send('GET /idle HTTP/1.1\r\nHost: h\r\n\r\n')
  await idle.until(/ok$/)
  const began = new Promise((resolve) => control.server.once('request', resolve))
  const running = server.dial().send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  await began

  const stopped = server.gateway.stop()
  await idle.closed()
  answer()
  assert.match(await running.closed(), /Connection: close\r\n[\s\S]*done$/)
  await stopped
  await assert.rejects(fetch(server.url))
  server.runtime.destroy()
})
