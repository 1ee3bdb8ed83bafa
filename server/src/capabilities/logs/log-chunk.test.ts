import assert from 'node:assert/strict'
import test from 'node:test'
import { decodeChunk, encodeChunk, eventBytes } from './log-chunk.ts'

test('a chunk gives back the events that went in, and is smaller', async () => {
  const events = Array.from({ length: 1_000 }, (_, index) => ({
    timestamp: 1_700_000_000_000 + Math.floor(index / 3),
    message: `epoch ${index}: loss=0.${index} „größer“ 🌿\ttab \u0000`,
  }))

  const packed = await encodeChunk(events)

  assert.deepEqual(await decodeChunk(packed), events)
  assert.ok(packed.length < JSON.stringify(events).length / 4)
})

test('an event counts as its bytes in UTF-8 and 26', () => {
  assert.equal(eventBytes({ timestamp: 0, message: 'é' }), 28)
})
