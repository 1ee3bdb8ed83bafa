import assert from 'node:assert/strict'
import test from 'node:test'
import { runPython, startPlatform } from '../support/platform.ts'

test('boto3 scales endpoints as in AWS’s notebooks: by invocations, and a queue to zero and back', async () => {
  await using platform = await startPlatform('--test-controls')
  await platform.cli('image', 'add', 'rehearsal', 'tests/simulation/image')

  const output = await runPython(platform, ['tests/journeys/python/autoscaling.py'])

  assert.match(
    output,
    /^scaled out: monitor alarm TargetTracking-endpoint\/rapid\/variant\/AllTraffic-AlarmHigh-/m,
  )
  for (const line of [
    'scaled in without traffic',
    'scaled to zero',
    'scaled from zero',
    'answered',
  ]) {
    assert.match(output, new RegExp(`^${line}$`, 'm'))
  }
})
