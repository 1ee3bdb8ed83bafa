import assert from 'node:assert/strict'
import test from 'node:test'
import { formatDuration, parseDurationMs } from './duration.ts'

const MINUTE_MS = 60_000

test('durations are read as people write them', () => {
  for (const [text, ms] of [
    ['90s', 90_000],
    ['10m', 10 * MINUTE_MS],
    ['2h', 120 * MINUTE_MS],
    ['1d', 1_440 * MINUTE_MS],
    ['200ms', 200],
    ['1h30m', 90 * MINUTE_MS],
    ['0.5s', 500],
  ] as const) {
    assert.equal(parseDurationMs(text), ms, text)
  }
  for (const text of ['', '10', 'm', '10 m', '-5m', '1y', '5m?']) {
    assert.equal(parseDurationMs(text), undefined, text)
  }
})

test('durations are written with their two largest units', () => {
  assert.equal(formatDuration(0), '0s')
  assert.equal(formatDuration(250), '250ms')
  assert.equal(formatDuration(599_400), '9m 59s')
  assert.equal(formatDuration(26 * 60 * MINUTE_MS), '1d 2h')
  assert.equal(formatDuration(-3_600_000), '1h')
  assert.equal(formatDuration(3_605_000), '1h')
})
