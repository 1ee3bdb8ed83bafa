import assert from 'node:assert/strict'
import test from 'node:test'
import {
  comparePositions,
  formatEventToken,
  formatPosition,
  justAfter,
  parseEventToken,
} from './event-position.ts'

const EARLY = { timestamp: 1_700_000_000_000, streamId: 9, sequence: 12 }

test('a token says where and which way, in digits that sort as the events do', () => {
  const token = formatEventToken('forward', EARLY)

  assert.match(token, /^f\/\d{56}\/s$/)
  assert.deepEqual(parseEventToken(token), { direction: 'forward', position: EARLY })
  assert.equal(parseEventToken(formatEventToken('backward', EARLY))?.direction, 'backward')
  const later = [
    justAfter(EARLY),
    { ...EARLY, streamId: 10, sequence: 0 },
    { ...EARLY, timestamp: EARLY.timestamp + 1, streamId: 0 },
  ]
  for (const position of later) {
    assert.ok(comparePositions(EARLY, position) < 0)
    assert.ok(formatPosition(EARLY) < formatPosition(position))
  }
})

test('a token of another make is not read', () => {
  for (const token of ['', 'f/1/s', 'x/1/s', 'nonsense', `f/${'9'.repeat(56)}/s`]) {
    assert.equal(parseEventToken(token), undefined, token)
  }
})
