import assert from 'node:assert/strict'
import test from 'node:test'
import type { Clock } from './clock.ts'
import { DueHeap } from './due-heap.ts'
import {
  createSteerableClock,
  isWallSetting,
  passing,
  readingAt,
  WALL_SETTING,
  wallAt,
} from './steerable-clock.ts'

const MINUTE_MS = 60_000
const NOON = new Date('2026-03-01T12:00:00Z')

/** A wall clock that the test moves itself. */
function handClock() {
  let now = NOON
  const waits: { instant: Date; resolve: () => void }[] = []
  const wall: Clock = {
    now: () => now,
    until: (instant, signal) =>
      new Promise((resolve, reject) => {
        if (instant <= now) return resolve()
        const wait = { instant, resolve }
        waits.push(wait)
        signal?.addEventListener('abort', () => {
          waits.splice(waits.indexOf(wait), 1)
          reject(signal.reason)
        })
      }),
  }
  return {
    wall,
    armed: () => waits.map(({ instant }) => instant.getTime() - now.getTime()),
    pass: async (ms: number): Promise<void> => {
      now = new Date(now.getTime() + ms)
      for (const wait of waits.filter(({ instant }) => instant <= now)) {
        waits.splice(waits.indexOf(wait), 1)
        wait.resolve()
      }
      await turn()
    },
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function at(ms: number): Date {
  return new Date(NOON.getTime() + ms)
}

test('a clock that was never steered reads as the wall does', async () => {
  const { wall, pass } = handClock()
  const clock = createSteerableClock({ wall })
  let rang = false
  void clock.until(at(1_000)).then(() => {
    rang = true
  })

  await pass(999)
  assert.equal(rang, false)
  await pass(1)

  assert.equal(rang, true)
  assert.deepEqual(clock.now(), at(1_000))
  assert.equal(isWallSetting(clock.setting), true)
})

test('waits end in the order of their instants, whatever order they began in', async () => {
  const { wall } = handClock()
  const clock = createSteerableClock({ wall })
  const ended: number[] = []
  for (const minutes of [7, 2, 9, 2.5, 1, 8, 3]) {
    void clock.until(at(minutes * MINUTE_MS)).then(() => ended.push(minutes))
  }

  clock.steer({ at: at(8 * MINUTE_MS), since: wall.now(), speed: 1 })
  await turn()

  assert.deepEqual(ended, [1, 2, 2.5, 3, 7, 8])
  assert.deepEqual(clock.nextDue(), at(9 * MINUTE_MS))
})

test('a frozen clock stands still and arms no timer; thawed it goes on from there', async () => {
  const { wall, pass, armed } = handClock()
  const clock = createSteerableClock({ wall })
  let rang = false
  void clock.until(at(1_000)).then(() => {
    rang = true
  })

  clock.steer({ at: clock.now(), since: wall.now(), speed: 0 })
  await pass(MINUTE_MS)
  assert.deepEqual(clock.now(), NOON)
  assert.deepEqual(armed(), [])
  assert.equal(rang, false)

  clock.steer({ at: NOON, since: wall.now(), speed: 1 })
  assert.deepEqual(armed(), [1_000])
  await pass(1_000)
  assert.equal(rang, true)
})

test('a clock at sixty times the speed reaches an hour in a minute', async () => {
  const { wall, pass, armed } = handClock()
  const clock = createSteerableClock({ wall })
  clock.steer({ at: NOON, since: wall.now(), speed: 60 })
  let rang = false
  void clock.until(at(60 * MINUTE_MS)).then(() => {
    rang = true
  })

  assert.deepEqual(armed(), [MINUTE_MS])
  await pass(MINUTE_MS)

  assert.equal(rang, true)
  assert.deepEqual(clock.now(), at(60 * MINUTE_MS))
})

test('a speed that is no whole number wakes nobody early, and once', async () => {
  const { wall, pass } = handClock()
  const clock = createSteerableClock({ wall, setting: { at: NOON, since: NOON, speed: 0.1 } })
  let rang = 0
  void clock.until(at(7)).then(() => rang++)

  await pass(69)
  assert.equal(rang, 0)
  await pass(1)
  assert.equal(rang, 1)
})

test('a wait that is called off is rejected, and the timer goes to the next one', async () => {
  const { wall, armed } = handClock()
  const clock = createSteerableClock({ wall })
  const calledOff = new AbortController()
  const first = clock.until(at(10), calledOff.signal)
  void clock.until(at(20))

  calledOff.abort(new Error('not needed'))

  await assert.rejects(first, /not needed/)
  assert.deepEqual(armed(), [20])
  assert.deepEqual(clock.nextDue(), at(20))
  await assert.rejects(clock.until(at(10), calledOff.signal), /not needed/)
})

test('what follows the time is told when it has passed, and nobody goes there for it', async () => {
  const { wall, armed } = handClock()
  const clock = createSteerableClock({ wall })
  const ended: string[] = []
  void passing(clock, at(10)).then(() => ended.push('followed'))
  void clock.until(at(20)).then(() => ended.push('waited'))

  assert.deepEqual(armed(), [10])
  assert.deepEqual(clock.nextDue(), at(20))
  clock.steer({ at: at(30), since: wall.now(), speed: 1 })
  await turn()

  assert.deepEqual(ended, ['followed', 'waited'])
  assert.equal(clock.nextDue(), undefined)
})

test('only one timer of the wall is armed for many waits', () => {
  const { wall, armed } = handClock()
  const clock = createSteerableClock({ wall })

  for (let ms = 1_000; ms > 0; ms--) void clock.until(at(ms))

  assert.deepEqual(armed(), [1])
})

test('a clock that was put back waits longer', async () => {
  const { wall, armed } = handClock()
  const clock = createSteerableClock({ wall, setting: { at: at(5_000), since: NOON, speed: 1 } })
  void clock.until(at(6_000))

  clock.steer(WALL_SETTING)

  assert.deepEqual(clock.now(), NOON)
  assert.deepEqual(armed(), [6_000])
})

test('instants of the wall are read by the setting of their time', async () => {
  const { wall, pass } = handClock()
  const clock = createSteerableClock({ wall })
  await pass(10_000)
  clock.steer({ at: at(3_600_000), since: wall.now(), speed: 0 })
  await pass(10_000)
  clock.steer({ at: at(7_200_000), since: wall.now(), speed: 2 })
  await pass(10_000)

  assert.deepEqual(readingAt(clock, at(5_000)), at(5_000))
  assert.deepEqual(readingAt(clock, at(15_000)), at(3_600_000))
  assert.deepEqual(readingAt(clock, at(25_000)), at(7_210_000))
  assert.deepEqual(readingAt(wall, at(25_000)), at(25_000))
})

test('of very many settings those that held longest are remembered', async () => {
  const { wall, pass } = handClock()
  const clock = createSteerableClock({ wall })
  await pass(10_000)
  clock.steer({ at: at(3_600_000), since: wall.now(), speed: 0 })
  await pass(10_000)
  for (let hop = 0; hop < 500; hop++) {
    clock.steer({ at: at(7_200_000 + hop), since: wall.now(), speed: 0 })
    await pass(1)
  }

  assert.ok(clock.earlier.length < 100, `${clock.earlier.length} are remembered`)
  assert.deepEqual(clock.readingAt(at(5_000)), at(5_000))
  assert.deepEqual(clock.readingAt(at(15_000)), at(3_600_000))
})

test('the wall’s time of an instant is known unless the clock is frozen', () => {
  const { wall } = handClock()
  const clock = createSteerableClock({ wall, setting: { at: at(1_000), since: NOON, speed: 60 } })

  assert.deepEqual(wallAt(clock, at(61_000)), at(1_000))
  clock.steer({ at: NOON, since: NOON, speed: 0 })
  assert.equal(wallAt(clock, at(61_000)), undefined)
  assert.deepEqual(wallAt(wall, at(61_000)), at(61_000))
})

test('what is due comes out of the heap in order though most of it was called off', () => {
  const heap = new DueHeap<{ dueMs: number; order: number; isOver: boolean }>()
  const items = Array.from({ length: 2_000 }, (_, order) => ({
    dueMs: (order * 7_919) % 1_009,
    order,
    isOver: false,
  }))
  for (const item of items) heap.add(item)
  for (const item of items.filter(({ order }) => order % 5 !== 0)) {
    item.isOver = true
    heap.calledOff()
  }

  const out: number[] = []
  for (let first = heap.first(); first; first = heap.first()) {
    out.push(first.dueMs * 10_000 + first.order)
    heap.takeFirst()
  }

  assert.equal(out.length, 400)
  assert.deepEqual(
    out,
    out.toSorted((one, other) => one - other),
  )
})
