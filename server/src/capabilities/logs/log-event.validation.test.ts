import assert from 'node:assert/strict'
import test from 'node:test'
import { acceptEvents, runnerOffset, validateBatch } from './log-event.validation.ts'

const NOW_MS = Date.parse('2026-03-01T00:00:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const at = (...offsetsMs: readonly number[]) =>
  offsetsMs.map((offset) => ({ timestamp: NOW_MS + offset, message: 'x' }))

test('events that are too old, expired or too new are left out, and named by index', () => {
  const events = at(-15 * DAY_MS, -8 * DAY_MS, -HOUR_MS, 0, 2 * HOUR_MS + 1)

  const { events: kept, rejected } = acceptEvents(events, { nowMs: NOW_MS, retentionDays: 7 })

  assert.deepEqual(kept, events.slice(2, 4))
  assert.deepEqual(rejected, {
    tooOldLogEventEndIndex: 1,
    expiredLogEventEndIndex: 2,
    tooNewLogEventStartIndex: 4,
  })
})

test('events at the very bounds are kept', () => {
  for (const events of [at(-14 * DAY_MS), at(2 * HOUR_MS)]) {
    const accepted = acceptEvents(events, { nowMs: NOW_MS, retentionDays: undefined })
    assert.deepEqual(accepted, { events, rejected: undefined })
  }
})

test('a batch that is out of order, too large or too long is refused', () => {
  const code = 'InvalidParameterException'

  assert.throws(() => validateBatch(at(1, 0)), { code, message: /chronological order/ })
  const large = [{ timestamp: NOW_MS, message: 'é'.repeat(524_276) }]
  assert.throws(() => validateBatch(large), {
    code,
    message: 'Upload too large: 1048578 bytes exceeds limit of 1048576',
  })
  validateBatch([{ timestamp: NOW_MS, message: 'é'.repeat(524_275) }])
  const long = at(-DAY_MS - 1, 0)
  assert.throws(() => acceptEvents(long, { nowMs: NOW_MS, retentionDays: undefined }), {
    code,
    message: /more than 24 hours/,
  })
})

test('only the sequence tokens of runners carry an offset', () => {
  assert.equal(runnerOffset('sagebrush-00000000000000004096'), 4096)
  for (const token of [undefined, '', 'sagebrush-', 'sagebrush-1x', '4096', 'sagebrush--1']) {
    assert.equal(runnerOffset(token), undefined, token)
  }
})
