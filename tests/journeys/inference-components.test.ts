import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { runPython, type StartedPlatform, startPlatform } from '../support/platform.ts'

let platform: StartedPlatform

before(async () => {
  platform = await startPlatform()
})
after(() => platform[Symbol.asyncDispose]())

test('models deploy to one endpoint as inference components through the SageMaker Python SDK, and each answers', async () => {
  const output = await runPython(platform, ['tests/journeys/python/inference_components.py'], {
    proxy: true,
  })

  assert.match(output, /components asked, updated and deleted/)
})
