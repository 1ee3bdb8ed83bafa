import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import test from 'node:test'
import { connect as connectTls } from 'node:tls'
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime'
import { STS } from '@aws-sdk/client-sts'
import {
  startTestGateway,
  startUpstream,
  TEST_REGION,
  type TestGateway,
} from '../../../../tests/support/test-gateway.ts'
import { ensureCertificateAuthority } from './certificate-authority.ts'

/** What HTTPS_PROXY makes of a client: CONNECT first, then TLS as if to the real host. */
class ProxyAgent extends Agent {
  private readonly port: number

  constructor(port: number, ca: string) {
    super({ ca, keepAlive: true })
    this.port = port
  }

  override createConnection(
    options: RequestOptions,
    created: (error: Error | null, socket: Duplex) => void = () => undefined,
  ): undefined {
    const { host, port } = options
    const socket = connect({ port: this.port, host: '127.0.0.1' })
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`)
    socket.once('data', (answer) => {
      if (!answer.toString().startsWith('HTTP/1.1 200')) created(new Error(`${answer}`), socket)
      else created(null, connectTls({ ...this.options, socket, servername: String(host) }))
    })
    socket.once('error', (error) => created(error, socket))
  }
}

async function agentFor(server: TestGateway): Promise<ProxyAgent> {
  const { bundlePath } = await ensureCertificateAuthority(server.dataDir)
  return new ProxyAgent(server.gateway.port, await readFile(bundlePath, 'utf8'))
}

test('SDK clients that know nothing of us reach us through the proxy, under names of AWS', async () => {
  await using server = await startTestGateway()
  await using container = await startUpstream((_request, response) => void response.end('ok'))
  let host: string | undefined
  await using _control = await startUpstream((request, response) => {
    host = request.headers.host
    response.end(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    )
  }, server.controlSocket)
  server.serve('e', { A: { sockets: [container.socket] } })
  const httpsAgent = await agentFor(server)
  const settings = {
    region: TEST_REGION,
    credentials: server.keys,
    maxAttempts: 1,
    requestHandler: { httpsAgent },
  }

  const runtime = new SageMakerRuntime(settings)
  for (let index = 0; index < 3; index++) {
    const { Body } = await runtime.invokeEndpoint({ EndpointName: 'e', Body: Buffer.from('x') })
    assert.equal(Buffer.from(Body).toString(), 'ok')
  }
  const identity = await new STS(settings).getCallerIdentity({})
  assert.equal(identity.Account, '1')
  assert.equal(host, `sts.${TEST_REGION}.amazonaws.com`)
  httpsAgent.destroy()
})

test('CONNECT to a host that is not of AWS is refused with an explanation', async () => {
  await using server = await startTestGateway()
  for (const host of ['example.com:443', 'amazonaws.com.evil.org:443', 'xamazonaws.com:443']) {
    const received = await server
      .dial()
      .send(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      .closed()
    assert.match(received, /^HTTP\/1\.1 403 [\s\S]*NO_PROXY/)
  }
  const malformed = await server.dial().send('CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n').closed()
  assert.match(malformed, /^HTTP\/1\.1 400 /)
})

test('with pass-through other hosts are reached, by CONNECT and by absolute targets', async () => {
  await using server = await startTestGateway({ config: { proxyPassThrough: true } })
  const world = createServer(
    (request, response) => void response.end(`${request.headers.host}${request.url}`),
  )
  await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(world.address() as AddressInfo).port}`
  try {
    const tunnel = server.dial().send(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    await tunnel.until(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n$/)
    tunnel.send('GET /in HTTP/1.1\r\nHost: inner\r\n\r\n')
    await tunnel.until(/inner\/in/)
    tunnel.socket.destroy()
    const plain = server.dial().send(`GET http://${host}/out?x HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    await plain.until(new RegExp(`${host}/out\\?x`))
    plain.socket.destroy()
    const closed = server.dial().send('CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: h\r\n\r\n')
    assert.match(await closed.closed(), /^HTTP\/1\.1 502 /)
  } finally {
    world.closeAllConnections()
    world.close()
  }
})

test('absolute targets of AWS are answered here under the host that they name, others refused', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream((request, response) => {
    response.end(`${request.headers.host}${request.url}`)
  }, server.controlSocket)
  const client = server.dial()
  client.send('GET http://s3.amazonaws.com/b/k?x=1 HTTP/1.1\r\nHost: other\r\n\r\n')
  await client.until(/s3\.amazonaws\.com\/b\/k\?x=1/)
  client.socket.destroy()
  const refused = await server
    .dial()
    .send('GET http://example.com/ HTTP/1.1\r\nHost: h\r\n\r\n')
    .closed()
  assert.match(refused, /^HTTP\/1\.1 403 /)
})

test('the port speaks TLS too, under a certificate for localhost that the bundle vouches for', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream(
    (_request, response) => void response.end('ok'),
    server.controlSocket,
  )
  const { caPath } = await ensureCertificateAuthority(server.dataDir)
  const ca = await readFile(caPath, 'utf8')
  for (const hostname of ['localhost', '127.0.0.1']) {
    const text = await new Promise<string>((resolve, reject) => {
      const { port } = server.gateway
      const request = httpsRequest({ hostname, port, ca, family: 4, agent: false }, (response) => {
        response.setEncoding('utf8')
        response.once('data', resolve)
      })
      request.on('error', reject).end()
    })
    assert.equal(text, 'ok')
  }
})

test('a client that does not trust the authority is turned away by itself and harms nobody', async () => {
  await using server = await startTestGateway()
  await assert.rejects(fetch(`https://localhost:${server.gateway.port}/`))
  const garbage = server.dial().send('\x16\x03\x01garbage')
  await garbage.closed()
  assert.equal((await fetch(`${server.url}/_sagebrush/health`)).status, 503)
})
