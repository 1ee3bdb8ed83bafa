import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { readDescribed } from './described.ts'
import { writeWhole } from './process/task-directory.ts'

test('a description is read anew when it was replaced, by one of the same size too, or removed', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'described-'))
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const path = join(folder, 'image.json')

  assert.equal(readDescribed(path), undefined)
  for (const tag of ['a', 'b', 'c']) {
    writeWhole(path, JSON.stringify({ tag }))
    assert.deepEqual(readDescribed(path), { tag })
    assert.equal(readDescribed(path), readDescribed(path))
  }
  rmSync(path)
  assert.equal(readDescribed(path), undefined)
  assert.equal(readDescribed(join(path, 'below')), undefined)
})
