import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { type TaskOrder, taskDirectory } from '../platform/engines/process/task-directory.ts'
import { createPlatformClient } from './platform-client.ts'
import { relativeKey, stageInputs } from './stage-inputs.ts'

test('a key is stored under what follows its prefix, or the prefix’s last folder', () => {
  const cases = [
    ['data/a/b.csv', 'data', 'a/b.csv', 'a folder without its slash'],
    ['data/a/b.csv', 'data/', 'a/b.csv', 'a folder'],
    ['data/part-1.csv', 'data/part-', 'part-1.csv', 'a part of a name'],
    ['data-2/x', 'data', 'data-2/x', 'a part of a folder’s name'],
    ['x/y', '', 'x/y', 'a whole bucket'],
  ] as const
  for (const [key, prefix, path, reason] of cases) {
    assert.equal(relativeKey(key, prefix), path, reason)
  }
})

test('an input that takes longer than it may fails the task and says so', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const root = await mkdtemp(join(tmpdir(), 'stage-'))
  const input = {
    name: 'model',
    s3DataType: 'Object',
    s3Uri: 's3://bucket/model.tar.gz',
    path: '/opt/ml/model',
    unpack: 'tar.gz',
    required: true,
    timeoutSeconds: 0.2,
  } as const
  const order = { task: { inputs: [input], resources: { diskBytes: 1 } } } as unknown as TaskOrder
  const client = createPlatformClient({
    platformUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    taskToken: 'token',
    region: 'us-east-1',
    clock: systemClock,
  })

  const { signal } = new AbortController()
  await assert.rejects(stageInputs({ order, directory: taskDirectory(root), client, signal }), {
    name: 'TaskFailure',
    endCause: 'InputFailed',
    message: /^The download of input model took longer than the 0.2 seconds that it may take$/,
  })

  silent.closeAllConnections()
  silent.close()
  await rm(root, { recursive: true, maxRetries: 10 })
})
