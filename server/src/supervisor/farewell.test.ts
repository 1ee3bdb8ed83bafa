import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ADMIN_SOCKETS } from '../platform/run-directory.ts'
import { farewell, tellTasks } from './farewell.ts'

test('a stop says which jobs go on and which endpoints end, each once', () => {
  const tasks = [
    { kind: 'Replica', name: 'endpoint-b' },
    { kind: 'TrainingJob', name: 'job-b' },
    { kind: 'TrainingJob', name: 'job-a' },
    { kind: 'TrainingJob', name: 'job-a' },
    { kind: 'Replica', name: 'endpoint-b' },
  ]

  assert.deepEqual(farewell(tasks), [
    'jobs that go on by themselves, until the next up adopts them: job-a, job-b',
    'endpoints that end now, and come back with the next up: endpoint-b',
  ])
  assert.deepEqual(farewell([]), [])
})

test('a stop is not kept by a control that ends before it has said what runs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'farewell-'))
  const server = createServer((socket) => {
    socket.once('data', () => socket.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(join(directory, ADMIN_SOCKETS.control), resolve)
  })
  try {
    assert.deepEqual(await tellTasks(directory), [])
  } finally {
    server.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 10 })
  }
})
