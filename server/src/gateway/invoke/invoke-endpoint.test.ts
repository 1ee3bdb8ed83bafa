import assert from 'node:assert/strict'
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer as createNetServer, type Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime'
import { SignatureV4 } from '@smithy/signature-v4'
import {
  listenOn,
  startTestGateway,
  startUpstream,
  TEST_ACCOUNT,
  TEST_REGION,
} from '../../../../tests/support/test-gateway.ts'
import { newShortId } from '../../base/ids.ts'

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** As `assert.rejects`, and `status` is that of the response. */
async function assertRefused(
  promise: Promise<unknown>,
  { status, ...expected }: Readonly<Record<string, unknown>> & { status: number },
): Promise<void> {
  await assert.rejects(promise, (error: Error & { $metadata: { httpStatusCode: number } }) => {
    assert.equal(error.$metadata.httpStatusCode, status)
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(error[name as keyof Error], value)
    }
    return true
  })
}

/** A server that answers any connection with these bytes, then closes it. */
async function startGarbage(
  text: string,
): Promise<{ socket: string; server: NetServer } & AsyncDisposable> {
  const socket = join(tmpdir(), `sgb-${newShortId(10)}.sock`)
  const server = createNetServer((peer) => {
    peer.on('error', () => undefined)
    peer.once('data', () => peer.end(text))
  })
  await listenOn(server, socket)
  return {
    socket,
    server,
    [Symbol.asyncDispose]: async () => void (await new Promise((done) => server.close(done))),
  }
}

test('InvokeEndpoint gives the container what AWS documents and the caller what it answered', async () => {
  let seen: IncomingMessage | undefined
  await using container = await startUpstream(async (request, response) => {
    seen = request
    const body = await bodyOf(request)
    response.writeHead(200, {
      'content-type': 'text/csv',
      'x-amzn-sagemaker-custom-attributes': 'trace=2',
      'x-amzn-sagemaker-new-session-id': 's1; Expires=2030-01-01T00:00:00Z',
      'x-internal': 'no',
    })
    response.end(`${body.length},0.5`)
  })
  await using server = await startTestGateway()
  server.serve('churn', { AllTraffic: { sockets: [container.socket] } })

  const answer = await server.runtime.invokeEndpoint({
    EndpointName: 'churn',
    Body: Buffer.from('1,2,3'),
    ContentType: 'text/csv',
    Accept: 'application/json',
    CustomAttributes: 'trace=1',
    InferenceId: 'id 1',
    SessionId: 'NEW_SESSION',
  })

  assert.equal(Buffer.from(answer.Body).toString(), '5,0.5')
  assert.equal(answer.ContentType, 'text/csv')
  assert.equal(answer.InvokedProductionVariant, 'AllTraffic')
  assert.equal(answer.CustomAttributes, 'trace=2')
  assert.equal(answer.NewSessionId, 's1; Expires=2030-01-01T00:00:00Z')
  assert.match(answer.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(seen?.url, '/invocations')
  const { host, connection, ...headers } = seen?.headers ?? {}
  assert.deepEqual(headers, {
    'content-type': 'text/csv',
    accept: 'application/json',
    'x-amzn-sagemaker-custom-attributes': 'trace=1',
    'x-amzn-sagemaker-inference-id': 'id 1',
    'x-amzn-sagemaker-session-id': 'NEW_SESSION',
    'content-length': '5',
  })
  assert.ok(seen?.rawHeaders.includes('X-Amzn-SageMaker-Custom-Attributes'))
})

test('requests are spread by weight within two points over a thousand requests', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.end('ok')
  })
  await using server = await startTestGateway()
  const sockets = [container.socket]
  server.serve('ab', {
    One: { weight: 0.7, sockets },
    Two: { weight: 0.25, sockets },
    Three: { weight: 0.05, sockets },
  })

  const counts: Record<string, number> = {}
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let index = 0; index < 100; index++) {
        const { InvokedProductionVariant = '' } = await server.runtime.invokeEndpoint({
          EndpointName: 'ab',
          Body: Buffer.from('x'),
        })
        counts[InvokedProductionVariant] = (counts[InvokedProductionVariant] ?? 0) + 1
      }
    }),
  )

  for (const [name, share] of [
    ['One', 700],
    ['Two', 250],
    ['Three', 50],
  ] as const) {
    assert.ok(Math.abs((counts[name] ?? 0) - share) <= 20, `${name}: ${counts[name]}`)
  }
})

test('TargetVariant goes before the weights, and an unknown one is refused', async () => {
  await using container = await startUpstream((_request, response) => void response.end('ok'))
  await using server = await startTestGateway()
  const sockets = [container.socket]
  server.serve('ab', { One: { weight: 1, sockets }, Two: { weight: 0, sockets } })
  const request = { EndpointName: 'ab', Body: Buffer.from('x') }

  const answer = await server.runtime.invokeEndpoint({ ...request, TargetVariant: 'Two' })
  assert.equal(answer.InvokedProductionVariant, 'Two')
  await assert.rejects(server.runtime.invokeEndpoint({ ...request, TargetVariant: 'Three' }), {
    name: 'ValidationError',
    message: /Three/,
  })
})

test('an unknown endpoint is refused in the words of AWS', async () => {
  await using server = await startTestGateway()
  await assertRefused(
    server.runtime.invokeEndpoint({ EndpointName: 'none', Body: Buffer.from('x') }),
    {
      name: 'ValidationError',
      message: `Endpoint none of account ${TEST_ACCOUNT} not found.`,
      status: 400,
    },
  )
})

test('a wrong secret, an unknown key and an altered body are refused with 403', async () => {
  await using container = await startUpstream((_request, response) => void response.end('ok'))
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  const clientWith = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    new SageMakerRuntime({ endpoint: server.url, region: TEST_REGION, credentials, maxAttempts: 1 })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }

  await assertRefused(
    clientWith({ ...server.keys, secretAccessKey: 'wrong' }).invokeEndpoint(request),
    { name: 'InvalidSignatureException', status: 403 },
  )
  await assert.rejects(
    clientWith({ ...server.keys, accessKeyId: 'AKIAUNKNOWN' }).invokeEndpoint(request),
    { name: 'UnrecognizedClientException' },
  )
  const altering = clientWith(server.keys)
  altering.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { body: Buffer.from('y') })
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await assert.rejects(altering.invokeEndpoint(request), { name: 'InvalidSignatureException' })
})

for (const status of [400, 500]) {
  test(`a container's ${status} is a ModelError that quotes it`, async () => {
    await using container = await startUpstream((request, response) => {
      request.resume()
      response.writeHead(status).end('no such "feature"')
    })
    await using server = await startTestGateway()
    server.serve('e', { A: { sockets: [container.socket] } })

    const side = status < 500 ? 'client' : 'server'
    const console = `https://${TEST_REGION}.console.aws.amazon.com/cloudwatch/home?region=${TEST_REGION}`
    await assertRefused(
      server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') }),
      {
        name: 'ModelError',
        // source: recorded responses of AWS
        message:
          `Received ${side} error (${status}) from primary with message "no such "feature"". See ` +
          `${console}#logEventViewer:group=/aws/sagemaker/Endpoints/e in account ${TEST_ACCOUNT} for more information.`,
        OriginalStatusCode: status,
        OriginalMessage: 'no such "feature"',
        LogStreamArn: `arn:aws:logs:${TEST_REGION}:${TEST_ACCOUNT}:log-group:/aws/sagemaker/Endpoints/e:log-stream:A/${container.socket}`,
        status: 424,
      },
    )
  })
}

/** What the SDK's signer hashes with. */
class Sha256 {
  private readonly hash: Hash | Hmac

  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    const isKeyed = secret !== undefined
    this.hash = isKeyed ? createHmac('sha256', secret as Uint8Array) : createHash('sha256')
  }

  update(data: string | Uint8Array): void {
    this.hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }
}

test('InvokeEndpoint refuses a signature that is made for another service', async () => {
  await using server = await startTestGateway()
  const credentials = server.keys
  const other = new SageMakerRuntime({
    endpoint: server.url,
    region: TEST_REGION,
    credentials,
    maxAttempts: 1,
    signer: new SignatureV4({ credentials, region: TEST_REGION, service: 's3', sha256: Sha256 }),
  })

  await assertRefused(other.invokeEndpoint({ EndpointName: 'any', Body: 'x' }), {
    status: 403,
    name: 'InvalidSignatureException',
    message: "Credential should be scoped to correct service: 'sagemaker'. ",
  })
})

test('a container that hangs is a ModelError after its time, and is not asked twice', async () => {
  let asked = 0
  await using container = await startUpstream(() => {
    asked++
  })
  await using server = await startTestGateway({ limits: { invocation: { modelTimeoutMs: 150 } } })
  server.serve('e', { A: { sockets: [container.socket, container.socket] } })

  await assert.rejects(
    server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') }),
    {
      name: 'ModelError',
      message: /\(0\) from primary with message "Your invocation timed out while waiting for/,
    },
  )
  assert.equal(asked, 1)
})

test('a container that does not speak HTTP is a ModelError', async () => {
  await using container = await startGarbage('220 mail.example ESMTP\r\n\r\n')
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })

  await assert.rejects(
    server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') }),
    { name: 'ModelError', message: /not valid HTTP/ },
  )
})

test('a container that ends in the middle of its answer is a ModelError, not half an answer', async () => {
  await using container = await startGarbage('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })

  await assert.rejects(
    server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') }),
    { name: 'ModelError', message: /the model process exited/ },
  )
})

test('a request whose replica ends without a byte of answer goes to another one', async () => {
  await using dying = await startGarbage('')
  await using healthy = await startUpstream((_request, response) => void response.end('ok'))
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [dying.socket, healthy.socket] } })

  for (let index = 0; index < 4; index++) {
    const { Body } = await server.runtime.invokeEndpoint({
      EndpointName: 'e',
      Body: Buffer.from('x'),
    })
    assert.equal(Buffer.from(Body).toString(), 'ok')
  }
})

test('a request that kills what it meets is handed on once, not to every replica', async () => {
  let deaths = 0
  const mortal = () =>
    startUpstream((request) => {
      deaths++
      request.socket.destroy()
    })
  await using one = await mortal()
  await using two = await mortal()
  await using three = await mortal()
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [one.socket, two.socket, three.socket] } })

  await assert.rejects(
    server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') }),
    { name: 'ModelError', message: /the model process exited/ },
  )
  assert.equal(deaths, 2)
})

test('requests wait for a successor when all replicas are down, and spin on none of them', async () => {
  let connections = 0
  await using dead = await startGarbage('')
  dead.server.on('connection', () => connections++)
  await using container = await startUpstream((_request, response) => void response.end('ok'))
  await using server = await startTestGateway({ limits: { waitingRoom: { retryMs: 30 } } })
  server.serve('e', { A: { sockets: [dead.socket] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }
  await assert.rejects(server.runtime.invokeEndpoint(request), { name: 'ModelError' })

  const waiting = Promise.all(
    Array.from({ length: 10 }, () => server.runtime.invokeEndpoint(request)),
  )
  const before = connections
  while (connections < before + 10) await new Promise((resolve) => setImmediate(resolve))
  server.serve('e', { A: { sockets: [container.socket] } })
  for (const { Body } of await waiting) assert.equal(Buffer.from(Body).toString(), 'ok')
  assert.ok(connections < before + 200, `${connections - before} connections`)
})

test('a request waits for a replica that comes back, and only so long', async () => {
  await using container = await startUpstream((_request, response) => void response.end('ok'))
  await using server = await startTestGateway({
    limits: { waitingRoom: { waitMsMax: 400, retryMs: 20, waitingMax: 2 } },
  })
  server.serve('e', { A: { sockets: [] } })
  const request = { EndpointName: 'e', Body: Buffer.from('x') }

  await assertRefused(server.runtime.invokeEndpoint(request), {
    name: 'ServiceUnavailable',
    status: 503,
  })
  const waiting = server.runtime.invokeEndpoint(request)
  server.serve('e', { A: { sockets: [container.socket] } })
  assert.equal(Buffer.from((await waiting).Body).toString(), 'ok')
})

test('a body of 25 MB passes and comes back, a larger one is refused with 413', async () => {
  await using container = await startUpstream((request, response) => {
    request.pipe(response)
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  const limit = 25 * 1024 * 1024

  const { Body } = await server.runtime.invokeEndpoint({
    EndpointName: 'e',
    Body: Buffer.alloc(limit, 'a'),
  })
  assert.equal(Body.length, limit)
  await assertRefused(
    server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.alloc(limit + 1) }),
    // source: recorded responses of AWS, with its limit of then
    { message: `HTTP content length exceeded ${limit} bytes.`, status: 413 },
  )
})

test('an answer beyond 25 MB is a ModelError', async () => {
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.end(Buffer.alloc(26 * 1024 * 1024))
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })
  await assert.rejects(
    server.runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') }),
    { name: 'ModelError', message: /exceeded 26214400 bytes/ },
  )
})

test('InvokeEndpointWithResponseStream passes pieces on as the container sends them', async () => {
  let goOn: () => void = () => undefined
  await using container = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write('one ')
    goOn = () => void response.end('two')
  })
  await using server = await startTestGateway()
  server.serve('e', { A: { sockets: [container.socket] } })

  const answer = await server.runtime.invokeEndpointWithResponseStream({
    EndpointName: 'e',
    Body: Buffer.from('x'),
    Accept: 'text/plain',
  })
  assert.equal(answer.ContentType, 'text/plain')
  assert.equal(answer.InvokedProductionVariant, 'A')
  let text = ''
  for await (const event of answer.Body ?? []) {
    text += Buffer.from(event.PayloadPart?.Bytes ?? []).toString()
    if (text === 'one ') goOn()
  }
  assert.equal(text, 'one two')
})

test('a stream that breaks ends in a ModelStreamError, an error before it in a ModelError', async () => {
  await using breaking = await startUpstream((request, response) => {
    request.resume()
    response.write('one', () => response.destroy())
  })
  await using failing = await startUpstream((_request, response) => {
    response.writeHead(500).end('no')
  })
  await using server = await startTestGateway()
  server.serve('breaks', { A: { sockets: [breaking.socket] } })
  server.serve('fails', { A: { sockets: [failing.socket] } })
  const read = async (EndpointName: string) => {
    const { Body } = await server.runtime.invokeEndpointWithResponseStream({
      EndpointName,
      Body: Buffer.from('x'),
    })
    for await (const event of Body ?? []) assert.ok(event.PayloadPart)
  }

  await assert.rejects(read('breaks'), { name: 'ModelStreamError', ErrorCode: 'StreamBroken' })
  await assert.rejects(read('fails'), { name: 'ModelError', OriginalStatusCode: 500 })
})

test('a caller that goes away frees the replica', async () => {
  let gone: () => void = () => undefined
  const left = new Promise<void>((resolve) => {
    gone = resolve
  })
  await using container = await startUpstream((request) => request.once('close', gone))
  await using server = await startTestGateway({ limits: { client: { halfClosedMs: 50 } } })
  server.serve('e', { A: { sockets: [container.socket] } })
  const aborting = new AbortController()
  container.server.once('request', () => aborting.abort())

  await assert.rejects(
    server.runtime.invokeEndpoint(
      { EndpointName: 'e', Body: Buffer.from('x') },
      { abortSignal: aborting.signal },
    ),
  )
  await left
})
