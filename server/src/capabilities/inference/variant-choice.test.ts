import assert from 'node:assert/strict'
import test from 'node:test'
import { chooseByWeight } from './variant-choice.ts'

const cases: readonly [weights: readonly number[], why: string][] = [
  [[1], 'one variant gets all'],
  [[1, 1], 'equals share'],
  [[0.9, 0.1], 'a canary of ten per cent'],
  [[0.7, 0.25, 0.05], 'fractions need not be exact in binary'],
  [[99, 1], 'rare ones come'],
  [[1, 0], 'no weight, no request'],
  [[0.05, 0.95], 'the order does not matter'],
  [[25, 75, 300], 'weights need not sum to one'],
]
for (const [weights, why] of cases) {
  test(`weights ${weights.join(':')} are kept at every moment, since ${why}`, () => {
    const candidates = weights.map((weight) => ({ weight, due: 0, chosen: 0 }))
    const sum = weights.reduce((total, weight) => total + weight)
    for (let requests = 1; requests <= 1_000; requests++) {
      const chosen = chooseByWeight(candidates)
      if (chosen) chosen.chosen++
      for (const { weight, chosen: count } of candidates) {
        assert.ok(Math.abs(count - (requests * weight) / sum) < weights.length)
      }
    }
  })
}

test('without any weight nobody is chosen', () => {
  assert.equal(chooseByWeight([{ weight: 0, due: 0 }]), undefined)
  assert.equal(chooseByWeight([]), undefined)
})
