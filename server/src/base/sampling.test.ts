import assert from 'node:assert/strict'
import test from 'node:test'
import { Sampling } from './sampling.ts'

for (const percentage of [0, 1, 30, 50, 99, 100]) {
  test(`of any hundred ${percentage} % are chosen, to within one`, () => {
    const sampling = new Sampling(percentage / 100)
    const chosen = Array.from({ length: 4_000 }, () => sampling.next())
    for (let start = 0; start + 100 <= chosen.length; start += 37) {
      const count = chosen.slice(start, start + 100).filter(Boolean).length
      assert.ok(Math.abs(count - percentage) <= 1, `${count} of 100 from ${start}`)
    }
  })
}

test('which of two are chosen is chance', () => {
  const sampling = new Sampling(0.5)
  const chosen = Array.from({ length: 1_000 }, () => sampling.next())
  const alternating = chosen.filter((one, index) => one !== chosen[index + 1]).length
  assert.ok(alternating < 900, `${alternating} of 1,000 differ from the one before`)
})
