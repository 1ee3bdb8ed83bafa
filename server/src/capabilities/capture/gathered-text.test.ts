import assert from 'node:assert/strict'
import test from 'node:test'
import { GatheredText } from './gathered-text.ts'

test('text of any length and kind comes out as it went in', () => {
  const gathered = new GatheredText()
  const pieces = Array.from({ length: 300 }, (_, index) =>
    (index % 3 === 0 ? 'é€à' : 'a').repeat(1 + ((index * 7919) % 3_000)),
  )
  pieces.splice(100, 0, 'x'.repeat(1_000_000))
  let bytes = 0
  for (const piece of pieces)
    bytes += gathered.add([piece.slice(0, 5), Buffer.from(piece.slice(5))])
  assert.equal(gathered.bytes, bytes)
  const expected = Buffer.from(pieces.join(''))
  assert.equal(bytes, expected.length)
  assert.ok(Buffer.concat(gathered.take()).equals(expected))
})
