import assert from 'node:assert/strict'
import test from 'node:test'
import { atLeast, atLeastTimesPeer, atMostAbovePeer } from './goal.ts'
import { median, quantile, takeTurns } from './rounds.ts'
import { isMissed, outcomeOf, table } from './table.ts'

test('the ratio is the median of ratios within a round, so that a slow round counts once', () => {
  const measurement = { what: 'w', unit: 'u', ours: [10, 20, 2], peer: [10, 10, 1] }

  assert.deepEqual(outcomeOf(measurement), { ours: 10, peer: 10, ratio: 2 })
})

test('a goal is met at its bound and missed below it', () => {
  const measured = { what: 'w', unit: 'u', ours: [35], peer: [100] }

  assert.equal(isMissed({ ...measured, goal: atLeastTimesPeer(0.35) }), false)
  assert.equal(isMissed({ ...measured, goal: atLeastTimesPeer(0.36) }), true)
  assert.equal(isMissed({ ...measured, ours: [250], goal: atMostAbovePeer(150, 'ms') }), false)
  assert.equal(isMissed({ ...measured, ours: [251], goal: atMostAbovePeer(150, 'ms') }), true)
  assert.equal(isMissed({ ...measured, peer: [], goal: atLeast(36) }), true)
  assert.equal(isMissed(measured), false)
})

test('the table says when the machine was not quiet', () => {
  const calm = { what: 'calm', unit: 'u', ours: [100, 101], peer: [] }
  const wild = { what: 'wild', unit: 'u', ours: [100, 200], peer: [] }

  assert.doesNotMatch(table([calm]), /not quiet/)
  assert.match(table([calm, wild]), /not quiet.*in wild\./)
})

test('nothing on both sides is alike, and something beside nothing is beyond measure', () => {
  const none = { what: 'none', unit: 'u', ours: [0, 0], peer: [0, 0] }
  const some = { what: 'some', unit: 'u', ours: [2, 2], peer: [0, 0] }

  assert.match(table([none]), /none +u +0 +0% +0 +0% +1× /)
  assert.match(table([some]), /some +u +2 +0% +0 +0% +∞× /)
  assert.match(table([{ ...none, ours: [0, 0, 3] }]), /none +u +0 +∞% /)
})

test('sides take turns, and the first round only warms up', async () => {
  const calls: string[] = []
  const bench = { rounds: 2, runSeconds: 1, say: () => undefined }

  const rounds = await takeTurns(bench, {
    ours: async () => calls.push('A'),
    peer: async () => calls.push('B'),
    show: String,
  })

  assert.equal(calls.join(''), 'ABABAB')
  assert.deepEqual(rounds, { ours: [3, 5], peer: [4, 6] })
})

test('median and quantile refuse to speak of nothing', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(quantile([5, 1, 4, 2, 3], 0.99), 5)
  assert.throws(() => median([]), RangeError)
  assert.throws(() => quantile([], 0.5), RangeError)
})
