import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import test from 'node:test'
import { outputOf, startPlatform } from '../support/platform.ts'

test('the TypeScript example trains a folder image, deploys it and gets its answer', async () => {
  await using platform = await startPlatform()
  await platform.cli('image', 'add', 'mean', 'examples/my-algorithm')

  const program = spawn(process.execPath, ['examples/typescript/train-and-deploy.ts'], {
    env: await platform.environment(),
  })
  const output = await outputOf(program)

  assert.match(output, /Completed, s3:\/\/.*model\.tar\.gz/)
  assert.match(output, /answer: \{"mean": 7\.0\} from AllTraffic/)
})
