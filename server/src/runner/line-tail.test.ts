import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createLineTail, type LineTail } from './line-tail.ts'

const root = mkdtempSync(join(tmpdir(), 'sagebrush-tail-'))
after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }))

function messages(tail: LineTail, isFinal = false): string[] | undefined {
  return tail.read({ at: 0, isFinal })?.lines.map(({ message }) => message)
}

test('a line is held back until it ends, and the next batch begins where the last one did not reach', () => {
  const path = join(root, 'partial')
  const tail = createLineTail(path)
  assert.equal(messages(tail), undefined)

  appendFileSync(path, 'one\ntw')
  assert.deepEqual(tail.read({ at: 7, isFinal: false }), {
    offset: 0,
    lines: [{ timestamp: 7, message: 'one' }],
  })
  assert.equal(messages(tail), undefined)
  appendFileSync(path, 'o\nend')

  assert.equal(tail.read({ at: 7, isFinal: false })?.offset, 4)
  assert.deepEqual(messages(tail, true), ['end'])
  assert.equal(messages(tail, true), undefined)
  tail.close()
})

test('a batch holds at most 10,000 events and 1,048,576 bytes with 26 for each', () => {
  const path = join(root, 'many')
  appendFileSync(path, `${'x\n'.repeat(25_000)}${'y'.repeat(999_990)}\n`)
  const tail = createLineTail(path)

  const sizes: number[] = []
  for (
    let batch = tail.read({ at: 0, isFinal: true });
    batch;
    batch = tail.read({ at: 0, isFinal: true })
  ) {
    assert.ok(batch.lines.length <= 10_000)
    const bytes = batch.lines.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0)
    assert.ok(bytes <= 1_048_576)
    sizes.push(batch.lines.length)
  }

  // The long line is four events: it is cut at 256 KB.
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    25_004,
  )
  tail.close()
})

test('a long line is not cut within a character', () => {
  const path = join(root, 'wide')
  appendFileSync(path, `${'é'.repeat(200_000)}\n`)
  const tail = createLineTail(path)

  const lines = messages(tail) ?? []

  assert.ok(lines.length > 1)
  assert.equal(lines.join(''), 'é'.repeat(200_000))
  tail.close()
})
