import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import test from 'node:test'
import { startTestGateway, startUpstream } from '../../../../tests/support/test-gateway.ts'
import { SharedReadSocket } from './shared-read-socket.ts'

test('bodies that come at once over many connections reach control as they were sent', async () => {
  await using server = await startTestGateway()
  await using _control = await startUpstream((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => response.end(Buffer.concat(pieces)))
  }, server.controlSocket)
  const bodies = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(300_000))

  const answers = await Promise.all(
    bodies.map(async (body) => {
      const response = await fetch(`${server.url}/`, { method: 'POST', body })
      return await response.text()
    }),
  )

  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.length, 300_000)
    assert.ok(answer === bodies[index], `the body of request ${index} holds another's bytes`)
  }
})

test('a socket that nobody takes the bytes of gives them as any other does, and ends', async () => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) => {
    const socket = new SharedReadSocket(accepted)
    const pieces: Buffer[] = []
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('end', () => socket.end(Buffer.concat(pieces)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const client = connect({ port, host: '127.0.0.1' })
  const echoed: Buffer[] = []
  client.on('data', (piece) => echoed.push(piece))

  client.write('one ')
  client.end('x'.repeat(200_000))
  await once(client, 'close')

  assert.equal(Buffer.concat(echoed).toString(), `one ${'x'.repeat(200_000)}`)
  server.close()
})
