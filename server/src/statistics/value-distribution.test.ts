import assert from 'node:assert/strict'
import test from 'node:test'
import {
  mergeDistributions,
  partBetweenPercents,
  partBetweenValues,
  percentile,
  roundedValue,
  totalCount,
  totalValue,
  type ValueDistribution,
} from './value-distribution.ts'

const ofValues = (...values: readonly number[]): ValueDistribution =>
  mergeDistributions([{ values, counts: values.map(() => 1) }])
const TO_TEN = ofValues(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)

/** A linear congruential generator: the same numbers each time. */
function* someNumbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    yield state / 2 ** 32
  }
}

test('merging counts equal values together, in ascending order, whatever the order they came in', () => {
  const merged = mergeDistributions([
    { values: [5, -1, 5], counts: [1, 2, 3] },
    { values: [0, -0, 7], counts: [1, 1, 0.5] },
  ])

  assert.deepEqual(merged, { values: [-1, 0, 5, 7], counts: [2, 2, 4, 0.5] })
})

test('a rounded value has 7 significant bits, is off by at most 2⁻⁷ and is not rounded again', () => {
  const numbers = someNumbers(1)
  for (let round = 0; round < 20_000; round += 1) {
    const magnitude = 2 ** ((numbers.next().value ?? 0) * 700 - 350)
    const value = ((numbers.next().value ?? 0) - 0.5) * magnitude
    const rounded = roundedValue(value)
    assert.ok(Math.abs(rounded - value) <= Math.abs(value) * 2 ** -7, String(value))
    assert.equal(roundedValue(rounded), rounded)
    const scale = 2 ** (Math.floor(Math.log2(Math.abs(rounded))) - 6)
    assert.ok(Number.isInteger(rounded / scale), `${rounded} has more than 7 bits`)
  }
  assert.equal(roundedValue(0), 0)
})

test('rounding keeps the order of values', () => {
  const numbers = someNumbers(2)
  const values = Array.from({ length: 5_000 }, () => (numbers.next().value ?? 0) * 1_000 - 500)
  const rounded = values.toSorted((one, other) => one - other).map(roundedValue)

  assert.deepEqual(
    rounded,
    rounded.toSorted((one, other) => one - other),
  )
})

test('percentiles of many merged parts are within 2⁻⁷ of those of all values', () => {
  const numbers = someNumbers(3)
  const values = Array.from({ length: 30_000 }, () => Math.exp((numbers.next().value ?? 0) * 12))
  let merged: ValueDistribution = { values: [], counts: [] }
  for (let at = 0; at < values.length; at += 70) {
    merged = mergeDistributions([merged, ofValues(...values.slice(at, at + 70))])
  }

  assert.equal(totalCount(merged), 30_000)
  assert.ok(merged.values.length < 1_200, `${merged.values.length} values`)
  const exact = values.toSorted((one, other) => one - other)
  for (const percent of [0.1, 1, 25, 50, 75, 90, 99, 99.9, 99.99]) {
    const wanted = exact[Math.ceil((percent / 100) * exact.length) - 1] ?? 0
    const found = percentile(merged, percent)
    assert.ok(Math.abs(found - wanted) <= wanted * 2 ** -7, `p${percent}: ${found}, not ${wanted}`)
  }
})

test('a percentile is the nearest rank', () => {
  const cases: readonly (readonly [number, number])[] = [
    [0, 1],
    [10, 1],
    [10.1, 2],
    [50, 5],
    [90, 9],
    [95, 10],
    [100, 10],
  ]
  for (const [percent, value] of cases) assert.equal(percentile(TO_TEN, percent), value)
  // 90 of 100 are at most 1, so the 91st is 7
  assert.equal(percentile({ values: [1, 7], counts: [90, 10] }, 90), 1)
  assert.equal(percentile({ values: [1, 7], counts: [90, 10] }, 90.1), 7)
  assert.throws(() => percentile({ values: [], counts: [] }, 50), RangeError)
  assert.throws(() => percentile(TO_TEN, 101), RangeError)
})

test('a part between percents counts a value that a boundary cuts by its share', () => {
  const part = partBetweenPercents(ofValues(1, 2, 3, 4), { lower: 12.5, upper: 75 })

  assert.deepEqual(part, { values: [1, 2, 3], counts: [0.5, 1, 1] })
  assert.equal(totalValue(part), 5.5)
})

test('a part between values is without the lower one and with the upper one', () => {
  assert.deepEqual(partBetweenValues(TO_TEN, { lower: 2, upper: 5 }).values, [3, 4, 5])
  assert.deepEqual(partBetweenValues(TO_TEN, { lower: 2.5, upper: 2.9 }).values, [])
})
