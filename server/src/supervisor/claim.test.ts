import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { claimDataDirectory } from './claim.ts'

test('a data directory is claimed by one at a time, and again once that one has let go', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'sagebrush-claim-'))
  t.after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }))
  const dataDir = join(root, 'data')

  const claim = await claimDataDirectory(dataDir)
  const second = await claimDataDirectory(dataDir)
  claim?.[Symbol.dispose]()
  using third = await claimDataDirectory(dataDir)

  assert.ok(claim)
  assert.equal(second, undefined)
  assert.ok(third)
})

test('a data directory that cannot be made is refused with its name, the cause and what to do', async () => {
  await assert.rejects(claimDataDirectory('/proc/x'), {
    message:
      'cannot make the data directory /proc/x: /proc takes no directories; choose another with --data-dir',
  })
})
