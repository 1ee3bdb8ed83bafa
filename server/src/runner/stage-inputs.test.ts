import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relativeKey } from './stage-inputs.ts'

test('a key is stored under what follows its prefix, or the prefix’s last folder', () => {
  const cases = [
    ['data/a/b.csv', 'data', 'a/b.csv', 'a folder without its slash'],
    ['data/a/b.csv', 'data/', 'a/b.csv', 'a folder'],
    ['data/part-1.csv', 'data/part-', 'part-1.csv', 'a part of a name'],
    ['data-2/x', 'data', 'data-2/x', 'a part of a folder’s name'],
    ['x/y', '', 'x/y', 'a whole bucket'],
  ] as const
  for (const [key, prefix, path, reason] of cases) {
    assert.equal(relativeKey(key, prefix), path, reason)
  }
})
