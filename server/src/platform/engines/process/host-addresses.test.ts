import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { allocateAddresses, releaseAddresses } from './host-addresses.ts'

const root = mkdtempSync(join(tmpdir(), 'sagebrush-hosts-'))
after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }))

test('the hosts of one job agree on their addresses, those of two jobs share none', async () => {
  const hosts = ['algo-1', 'algo-2']
  const [first, same, other] = await Promise.all(
    ['job', 'job', 'other'].map((key) => allocateAddresses(root, { key, hosts })),
  )

  assert.deepEqual(first, same)
  const all = [...Object.values(first ?? {}), ...Object.values(other ?? {})]
  assert.equal(new Set(all).size, 4)
})

test('released addresses can be had again, and releasing twice changes nothing', async () => {
  const job = { key: 'again', hosts: ['algo-1'] }
  const before = await allocateAddresses(root, job)

  await releaseAddresses(root, job.key)
  await releaseAddresses(root, job.key)

  assert.deepEqual(await allocateAddresses(root, job), before)
})
