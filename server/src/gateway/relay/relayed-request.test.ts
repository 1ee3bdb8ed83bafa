import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import test from 'node:test'
import {
  startTestGateway,
  startUpstream,
  type TestUpstream,
} from '../../../../tests/support/test-gateway.ts'

test('a request reaches control with its lines as they were, less those of its connection', async () => {
  await using server = await startTestGateway()
  let seen: IncomingMessage | undefined
  await using _control = await startUpstream((request, response) => {
    seen = request
    response.writeHead(201, 'Made', { 'X-Answer': 'Yes', Connection: 'X-Own', 'X-Own': '1' })
    response.end('ok')
  }, server.controlSocket)

  const client = server
    .dial()
    .send(
      'POST /a%2Fb?x=%20 HTTP/1.1\r\nHost: s3.example\r\nX-Odd:  two  spaces \r\n' +
        'Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nContent-Length: 2\r\n\r\nhi',
    )
  const received = await client.until(/ok\r\n0\r\n\r\n$|ok$/)
  client.socket.destroy()

  assert.equal(seen?.url, '/a%2Fb?x=%20')
  assert.deepEqual(seen?.rawHeaders.slice(0, 4), ['Host', 's3.example', 'X-Odd', 'two  spaces'])
  assert.equal(seen?.headers['x-mine'], undefined)
  assert.equal(seen?.headers.te, undefined)
  assert.match(received, /^HTTP\/1\.1 201 Made\r\nX-Answer: Yes\r\n/)
  assert.doesNotMatch(received, /X-Own/)
})

test('many megabytes pass in both directions in flat memory', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream((request, response) => {
    request.pipe(response)
  }, server.controlSocket)
  const pieces = 256
  const piece = Buffer.alloc(1_024 * 1_024, 'x')
  const sent = createHash('md5')
  const body = Readable.from(
    (function* () {
      for (let index = 0; index < pieces; index++) {
        sent.update(piece)
        yield piece
      }
    })(),
  )
  const before = process.memoryUsage().rss
  let most = before

  const received = createHash('md5')
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest(server.url, { method: 'PUT' }, (response) => {
      response.on('data', (data: Buffer) => {
        bytes += data.length
        received.update(data)
        if (bytes % (16 * 1_024 * 1_024) < data.length) {
          most = Math.max(most, process.memoryUsage().rss)
        }
      })
      response.on('end', resolve)
    })
    request.on('error', reject)
    body.pipe(request)
  })

  assert.equal(bytes, pieces * piece.length)
  assert.equal(received.digest('hex'), sent.digest('hex'))
  assert.ok(most - before < 128 * 1_024 * 1_024, `grew by ${(most - before) / 1_048_576} MB`)
})

test('Expect: 100-continue is answered by control, and a refusal comes before the body', async () => {
  await using server = await startTestGateway()
  await using control = await startUpstream((request, response) => {
    request.resume()
    request.on('end', () => response.end('stored'))
  }, server.controlSocket)
  control.server.on('checkContinue', (request, response) => {
    if (request.url === '/no') response.writeHead(403, { 'content-length': 2 }).end('no')
    else {
      response.writeContinue()
      control.server.emit('request', request, response)
    }
  })
  const head = (path: string) =>
    `PUT ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n`

  const client = server.dial().send(head('/yes'))
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.send('x'.repeat(100_000))
  await client.until(/stored$/)
  client.socket.destroy()
  const refused = await server.dial().send(head('/no')).closed()
  assert.match(refused, /^HTTP\/1\.1 403 [\s\S]*Connection: close[\s\S]*no$/)
})

test('chunked bodies keep their trailers', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream((request, response) => {
    request.resume()
    request.on('end', () => response.end(`sum=${request.trailers['x-sum']}`))
  }, server.controlSocket)
  const client = server
    .dial()
    .send(
      'PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n' +
        '3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n',
    )
  await client.until(/sum=7/)
  client.socket.destroy()
})

test('requests wait while control restarts', async () => {
  await using server = await startTestGateway()
  const waiting = Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const response = await fetch(`${server.url}/${index}`, { method: 'POST', body: 'x' })
      return response.text()
    }),
  )
  await new Promise((resolve) => setImmediate(resolve))
  await using _control = await startUpstream((request, response) => {
    request.resume()
    response.end(request.url)
  }, server.controlSocket)
  assert.deepEqual(
    await waiting,
    Array.from({ length: 50 }, (_, index) => `/${index}`),
  )
})

test('control that stays away is a 503 that SDKs retry', async () => {
  await using server = await startTestGateway({
    limits: { control: { waitMsMax: 50, retryMs: 10 } },
  })
  const json = await fetch(server.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'SageMaker.CreateModel' },
    body: '{}',
  })
  assert.equal(json.status, 503)
  assert.equal(((await json.json()) as { __type: string }).__type, 'ServiceUnavailable')
  const xml = await fetch(`${server.url}/bucket`)
  assert.match(await xml.text(), /<Error><Code>ServiceUnavailable<\/Code>/)
})

const operations: readonly [target: string, statusAfterDeath: number][] = [
  ['SageMaker.DescribeModel', 200],
  ['SageMaker.ListModels', 200],
  ['SageMaker.CreateModel', 503],
]
for (const [target, status] of operations) {
  test(`${target} on a control that dies without answering ends with ${status}`, async () => {
    await using server = await startTestGateway()
    let asked = 0
    const start = (): Promise<TestUpstream> =>
      startUpstream((request, response) => {
        request.resume()
        if (++asked > 1) response.end('ok')
        else request.socket.destroy()
      }, server.controlSocket)
    await using _control = await start()

    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'x-amz-target': target },
      body: '{}',
    })
    assert.equal(response.status, status)
    assert.equal(asked, status === 200 ? 2 : 1)
  })
}

test('a client that goes away is gone for control too', async () => {
  await using server = await startTestGateway()
  let gone: () => void = () => undefined
  const left = new Promise<void>((resolve) => {
    gone = resolve
  })
  await using control = await startUpstream(
    (request) => request.once('close', gone),
    server.controlSocket,
  )
  const client = server.dial().send('GET /held HTTP/1.1\r\nHost: h\r\n\r\n')
  await new Promise((resolve) => control.server.once('request', resolve))
  client.socket.resetAndDestroy()
  await left
})

test('health tells of the gateway and of control', async () => {
  await using server = await startTestGateway()
  const without = await fetch(`${server.url}/_sagebrush/health`)
  assert.equal(without.status, 503)
  await using _control = await startUpstream((_request, response) => {
    response.end(JSON.stringify({ live: true, ready: true }))
  }, server.controlSocket)
  const health = (await (await fetch(`${server.url}/_sagebrush/health`)).json()) as {
    gateway: { pid: number }
    control: { ready: boolean }
  }
  assert.equal(health.gateway.pid, process.pid)
  assert.equal(health.control.ready, true)
})
