import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { runPython, type StartedPlatform, startPlatform } from '../support/platform.ts'

let platform: StartedPlatform

before(async () => {
  platform = await startPlatform('--test-controls')
})
after(() => platform[Symbol.asyncDispose]())

test('the SageMaker Python SDK turns data capture on, changes it, turns it off, and reads the records', async () => {
  const output = await runPython(
    platform,
    ['tests/journeys/python/data_capture.py', platform.url],
    { proxy: true },
  )

  assert.match(output, /captured 5 and a sample of the rest/)
})
