import assert from 'node:assert/strict'
import test from 'node:test'
import type { InferenceComponentRollingUpdatePolicy } from '@aws-sdk/client-sagemaker'
import {
  copiesOf,
  planChange,
  type ReachedCopies,
  rollbackTurn,
} from './inference-component.states.ts'
import type { ComponentPlan } from './inference-component.ts'

const NOW = new Date('2026-03-01T12:00:00Z')

function rolling(
  copies: { before: number; after: number },
  policy: Partial<InferenceComponentRollingUpdatePolicy> = {},
): ComponentPlan {
  return planChange({
    next: 2,
    copyCount: copies.after,
    previous: { specification: 1, copyCount: copies.before },
    config: {
      RollingUpdatePolicy: {
        MaximumBatchSize: { Type: 'COPY_COUNT', Value: 2 },
        WaitIntervalInSeconds: 60,
        ...policy,
      },
    },
    roomyBatch: 1,
    now: NOW,
  })
}

test('a change of nothing but the number of copies is one phase', () => {
  const plan = planChange({
    ...{ next: 1, copyCount: 5, config: undefined, roomyBatch: 5, now: NOW },
    previous: { specification: 1, copyCount: 2 },
  })

  assert.deepEqual(plan.phases, [{ nextCount: 5, previousCount: 0 }])
  assert.equal(plan.deadline, '2026-03-01T20:00:00.000Z')
})

test('another specification comes in batches, and never leaves fewer copies than there shall be', () => {
  assert.deepEqual(rolling({ before: 4, after: 4 }).phases, [
    { nextCount: 2, previousCount: 2 },
    { nextCount: 4, previousCount: 0 },
  ])
  assert.deepEqual(rolling({ before: 3, after: 5 }).phases, [
    { nextCount: 2, previousCount: 2 },
    { nextCount: 4, previousCount: 1 },
    { nextCount: 5, previousCount: 0 },
  ])
  assert.deepEqual(rolling({ before: 2, after: 0 }).phases, [{ nextCount: 0, previousCount: 0 }])
})

test('without a policy a batch is as great as there is room for, and at least one', () => {
  const plan = (roomyBatch: number) =>
    planChange({
      ...{ next: 2, copyCount: 3, config: undefined, roomyBatch, now: NOW },
      previous: { specification: 1, copyCount: 3 },
    }).phases.map(({ nextCount }) => nextCount)

  assert.deepEqual(plan(3), [3])
  assert.deepEqual(plan(2), [2, 3])
  assert.deepEqual(plan(0), [1, 2, 3])
})

test('batches are counted in copies, or in percent of them, rounded down', () => {
  assert.equal(copiesOf(10, { Type: 'CAPACITY_PERCENT', Value: 25 }), 2)
  assert.equal(copiesOf(3, { Type: 'CAPACITY_PERCENT', Value: 5 }), 1)
  assert.equal(copiesOf(10, { Type: 'COPY_COUNT', Value: 4 }), 4)
})

test('a way back restores old copies batch by batch, and a turn that is repeated stays the same', () => {
  const plan = rolling({ before: 4, after: 4 })
  const turns: ReachedCopies[] = []
  let reached: ReachedCopies = { nextCount: 4, previousCount: 0 }
  for (let turn = rollbackTurn(plan, reached); turn; turn = rollbackTurn(plan, reached)) {
    turns.push(turn)
    // a crash between a turn's restored copies and those that it takes away repeats it
    const restored = { ...reached, previousCount: turn.previousCount }
    const again = rollbackTurn(plan, restored)
    if (turn.previousCount < 4) assert.deepEqual(again, turn)
    reached = turn
  }

  assert.deepEqual(turns, [
    { previousCount: 2, nextCount: 2 },
    { previousCount: 4, nextCount: 0 },
  ])
  assert.equal(rollbackTurn(plan, { nextCount: 2, previousCount: 4 }), undefined)
})
