import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, request, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { eventually } from '../../../tests/support/eventually.ts'
import { openDoor } from './door.ts'

/** A container that answers when the test lets it, behind a door. */
async function setUp() {
  const directory = await mkdtemp(join(tmpdir(), 'door-'))
  const containerSocket = join(directory, 'container.sock')
  const inWork: ServerResponse[] = []
  const container = createServer((incoming, outgoing) => {
    incoming.resume()
    incoming.once('end', () => inWork.push(outgoing))
  })
  await new Promise<void>((resolve) => container.listen(containerSocket, resolve))
  const closing = new AbortController()
  const socketPath = await openDoor(directory, { containerSocket, signal: closing.signal })
  const ask = (body = ''): Promise<{ status: number; refusal: unknown }> =>
    new Promise((resolve, reject) => {
      const agent = new Agent({ keepAlive: false })
      const asked = request({ socketPath, method: 'POST', agent }, (answer) => {
        answer.resume()
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            refusal: answer.headers['x-sagebrush-refusal'],
          }),
        )
      })
      asked.once('error', reject)
      asked.end(body)
    })
  return {
    inWork,
    ask,
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      container.closeAllConnections()
      await new Promise((resolve) => container.close(resolve))
      await rm(directory, { recursive: true, maxRetries: 10 })
    },
  }
}

test('a door lets one request in, tells the next that it is busy, and lets in again when the first is over', async () => {
  await using door = await setUp()
  const first = door.ask()
  await eventually(async () => door.inWork.length === 1)

  assert.deepEqual(await door.ask('x'.repeat(1_000_000)), { status: 503, refusal: 'Busy' })
  door.inWork[0]?.end()
  assert.equal((await first).status, 200)
  const third = door.ask()
  await eventually(async () => door.inWork.length === 2)
  door.inWork[1]?.end()
  assert.equal((await third).status, 200)
})

test('callers one after the other are never told that it is busy', async () => {
  await using door = await setUp()
  for (let round = 0; round < 30; round++) {
    const answer = door.ask()
    await eventually(async () => door.inWork.length > round)
    door.inWork[round]?.end()
    assert.equal((await answer).status, 200)
  }
})
