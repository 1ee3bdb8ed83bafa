import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TaskDirectory } from '../platform/engines/process/task-directory.ts'
import { createOutputPipe } from './output-pipe.ts'

async function taskFiles(t: TestContext): Promise<TaskDirectory> {
  const folder = await mkdtemp(join(tmpdir(), 'sagebrush-pipe-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  const files = { outputPipe: join(folder, 'output'), log: join(folder, 'output.log') }
  return files as unknown as TaskDirectory
}

test('what is written into the pipe, also by those who open it anew, is appended to the log', async (t) => {
  const directory = await taskFiles(t)
  const pipe = createOutputPipe(directory)
  const writer = await pipe.openWriter()

  await writeFile(directory.outputPipe, 'one\n')
  await writeFile(directory.outputPipe, 'two\n')
  await writer.close()
  await pipe.drained()

  assert.equal(await readFile(directory.log, 'utf8'), 'one\ntwo\n')
})

test('a pipe that nobody reads refuses the container in place of waiting for ever', async (t) => {
  const directory = await taskFiles(t)
  execFileSync('mkfifo', [directory.outputPipe])

  await assert.rejects(createOutputPipe(directory).openWriter(), /its output has no reader/)
})
