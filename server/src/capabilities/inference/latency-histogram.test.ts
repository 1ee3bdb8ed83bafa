import assert from 'node:assert/strict'
import test from 'node:test'
import { LatencyHistogram, mergeLatencies } from './latency-histogram.ts'

test('each latency is told within 1/64, whatever its size', () => {
  for (let value = 0; value < 2 ** 31; value = Math.floor(value * 1.37) + 1) {
    const histogram = new LatencyHistogram()
    histogram.add(0)
    histogram.add(value)
    histogram.add(2 ** 31 - 1)
    const summary = histogram.take()
    assert.ok(summary)
    const told = summary.values.find((one) => Math.abs(one - value) <= value / 64)
    assert.ok(told !== undefined, `${value} is not among ${summary.values}`)
    assert.equal(
      summary.counts.reduce((sum, count) => sum + count, 0),
      3,
    )
  }
})

test('count, sum and extremes are exact, and a summary is taken once', () => {
  const histogram = new LatencyHistogram()
  for (const value of [1_200, 90, 45_000_000, 1_200]) histogram.add(value)
  const summary = histogram.take()
  assert.equal(summary?.count, 4)
  assert.equal(summary?.sum, 45_002_490)
  assert.equal(summary?.minimum, 90)
  assert.equal(summary?.maximum, 45_000_000)
  assert.equal(histogram.take(), undefined)
  histogram.add(7)
  assert.deepEqual(histogram.take(), {
    ...{ count: 1, sum: 7, minimum: 7, maximum: 7 },
    ...{ values: [7], counts: [1] },
  })
})

test('what is longer than any time-out counts as the longest', () => {
  const histogram = new LatencyHistogram()
  histogram.add(1e12)
  assert.equal(histogram.take()?.maximum, 2 ** 31 - 1)
})

test('two summaries merge as if all had been added to one', () => {
  const [one, other, both] = [0, 1, 2].map(() => new LatencyHistogram())
  for (let value = 3; value < 1e7; value *= 3) {
    one?.add(value)
    other?.add(value * 2)
    both?.add(value)
    both?.add(value * 2)
  }
  const merged = mergeLatencies(one?.take(), other?.take())
  const expected = both?.take()
  assert.ok(merged && expected)
  assert.deepEqual({ ...merged, values: [] }, { ...expected, values: [] })
  // the ends of each are told exactly, and so are nearer than the middles of their cells
  for (const [index, value] of merged.values.entries()) {
    assert.ok(Math.abs(value - (expected.values[index] ?? 0)) <= value / 64)
  }
  assert.equal(mergeLatencies(undefined, merged), merged)
})
