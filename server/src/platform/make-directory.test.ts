import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeDirectory } from './make-directory.ts'

const root = mkdtempSync(join(tmpdir(), 'sagebrush-make-'))
after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }))

test('a directory is made with those above it, for its owner only; a second time changes nothing', async () => {
  const path = join(root, 'a', 'b', 'c')

  await makeDirectory(path)
  await makeDirectory(path)

  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o700)
})

test('a place that takes no directories is refused with its reason, and soon', async () => {
  writeFileSync(join(root, 'file'), '')
  symlinkSync('nowhere', join(root, 'link'))

  for (const [path, message] of [
    ['/proc/x', '/proc takes no directories'],
    ['/proc/x/y', '/proc takes no directories'],
    [join(root, 'file'), `${join(root, 'file')} is no directory`],
    [join(root, 'file', 'x'), `${join(root, 'file')} is no directory`],
    [join(root, 'link'), `${join(root, 'link')} is no directory`],
  ] as const) {
    await assert.rejects(makeDirectory(path), { message })
  }
})
