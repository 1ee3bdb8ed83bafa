import assert from 'node:assert/strict'
import test from 'node:test'
import { inRealTime, keepLooking } from './lookout.ts'
import { createSteerableClock } from './steerable-clock.ts'

const LONG_MS = 3_600_000
const frozen = () => {
  const at = new Date('2026-01-01T00:00:00Z')
  return { at, setting: { at, since: new Date(), speed: 0 } }
}

test('a lookout looks again when the first of its moments has come, by whichever clock', async () => {
  const { at, setting } = frozen()
  const clock = createSteerableClock({ setting })
  const due = new Date(at.getTime() + 60_000)
  const second = Promise.withResolvers<void>()
  let looks = 0
  const lookout = keepLooking(async () => {
    if (++looks === 2) second.resolve()
    return [inRealTime(LONG_MS), ...(looks === 1 ? [{ clock, at: due }] : [])]
  })
  await lookout.first
  clock.steer({ ...setting, at: due })
  await second.promise
  await lookout[Symbol.asyncDispose]()
  assert.equal(looks, 2)
})

test('what is hinted while a lookout looks makes it look once more', async () => {
  const second = Promise.withResolvers<void>()
  let looks = 0
  const lookout = keepLooking(async () => {
    looks++
    if (looks === 1) lookout.hint()
    else second.resolve()
    return [inRealTime(LONG_MS)]
  })
  await second.promise
  await lookout[Symbol.asyncDispose]()
  assert.equal(looks, 2)
})

test('disposing of a lookout ends its pause, and waits for a look that is under way', async () => {
  const began = Promise.withResolvers<void>()
  const ends = Promise.withResolvers<void>()
  let isOver = false
  const lookout = keepLooking(async (signal) => {
    signal.addEventListener('abort', () => ends.resolve())
    began.resolve()
    await ends.promise
    isOver = true
    return [inRealTime(LONG_MS)]
  })
  await began.promise
  await lookout[Symbol.asyncDispose]()
  assert.equal(isOver, true)
})
