import assert from 'node:assert/strict'
import test from 'node:test'
import { runPython, startPlatform } from '../support/platform.ts'

test('boto3 tries deployment guardrails as in AWS’s notebooks: canary, rollback, linear, rolling', async () => {
  await using platform = await startPlatform('--test-controls')
  await platform.cli('image', 'add', 'rehearsal', 'tests/simulation/image')

  const output = await runPython(platform, ['tests/journeys/python/guardrails.py'])

  assert.match(output, /canary rolled back: Alarm\(s\) in ALARM state: errors/)
  for (const strategy of ['canary', 'linear', 'rolling']) {
    assert.match(output, new RegExp(`^${strategy} completed$`, 'm'))
  }
})
