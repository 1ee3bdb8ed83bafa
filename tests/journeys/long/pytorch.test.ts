import assert from 'node:assert/strict'
import test from 'node:test'
import { runPython, startPlatform } from '../../support/platform.ts'

/** Gets torch, 5 GB with its libraries, on its first run: too much for every change. */
test('PyTorch trains in script mode, deploys with its default handlers and predicts', async () => {
  await using platform = await startPlatform()

  const output = await runPython(platform, ['tests/journeys/python/pytorch.py'], { proxy: true })

  assert.match(output, /loss 0\.00/)
  assert.match(output, /answer [67]\./)
})
