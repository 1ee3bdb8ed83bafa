import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { Refusal } from '../../base/refusal.ts'
import { createSteerableClock } from '../../base/steerable-clock.ts'
import { createWorkGauge } from '../../base/work-gauge.ts'
import { commandClock, openClockSteering } from './index.ts'
import { createSettling } from './settling.ts'

const MINUTE_MS = 60_000
const server = await startServer()
after(() => server.close())
const { clock, steering, platform } = server

test('advance fires each wait at its own instant, after what the one before began', async () => {
  await steering.freeze()
  const start = clock.now().getTime()
  const story: string[] = []
  const minutes = (): number => (clock.now().getTime() - start) / MINUTE_MS
  const everyMinute = async (): Promise<void> => {
    for (let minute = 1; minute <= 10; minute++) {
      await clock.until(new Date(start + minute * MINUTE_MS))
      await platform.database.query('select pg_sleep(0.02)')
      await platform.database.transaction((transaction) => transaction.query('select 1'))
      story.push(`alarm looked at ${minutes()}`)
    }
  }
  const bake = async (): Promise<void> => {
    await clock.until(new Date(start + 2.5 * MINUTE_MS))
    story.push(`bake ended at ${minutes()}`)
  }
  const done = Promise.all([everyMinute(), bake()])

  await server.advance(10 * MINUTE_MS)

  await done
  assert.deepEqual(story.slice(0, 4), [
    'alarm looked at 1',
    'alarm looked at 2',
    'bake ended at 2.5',
    'alarm looked at 3',
  ])
  assert.equal(story.at(-1), 'alarm looked at 10')
  assert.equal(clock.now().getTime(), start + 10 * MINUTE_MS)
  assert.equal(steering.show().frozen, true)
})

test('the next control begins with the setting that the last one kept', async () => {
  await steering.freeze()
  await server.advance(90 * MINUTE_MS)
  const next = createSteerableClock()

  const { database, changes } = platform
  await openClockSteering({
    clock: next,
    database,
    changes,
    gauge: createWorkGauge(),
    gatewayIds: async () => [],
    tasks: async () => [],
    lookAt: () => undefined,
  })

  assert.deepEqual(next.now(), clock.now())
  assert.equal(next.setting.speed, 0)
  assert.deepEqual(next.earlier.at(-1), clock.earlier.at(-1))
})

test('a clock that runs goes on running from where an advance took it', async () => {
  await steering.resume()
  const before = clock.now().getTime()

  await server.advance(MINUTE_MS)

  const passedMs = clock.now().getTime() - before
  assert.ok(passedMs >= MINUTE_MS && passedMs < 2 * MINUTE_MS, `${passedMs} ms`)
  assert.equal(clock.setting.speed, 1)
})

test('what the clock cannot do is refused, and it says what it can', async () => {
  for (const speed of [0, -60, 1e-9, 10_001, Infinity, NaN]) {
    await assert.rejects(steering.speed(speed), /speed is .*: give a factor from 0.001 to 10000; /)
  }
  // JSON has no such number, and a reader makes it Infinity
  await assert.rejects(commandClock(steering, JSON.parse('{"speed": 1e309}')), /speed is Infinity/)
  await assert.rejects(steering.advance(-1), Refusal)
  for (const command of [
    undefined,
    {},
    { freeze: 1 },
    { freeze: true, speed: 2 },
    { advance: 10 },
  ]) {
    await assert.rejects(commandClock(steering, command), Refusal)
  }
})

test('commands are obeyed one after another', async () => {
  await steering.freeze()
  const before = clock.now().getTime()

  await Promise.all([server.advance(MINUTE_MS), server.advance(MINUTE_MS), steering.resume()])

  assert.ok(clock.now().getTime() >= before + 2 * MINUTE_MS)
  assert.equal(steering.show().frozen, false)
})

test('the clock is put back to the wall’s', async () => {
  await server.advance(MINUTE_MS)

  const reading = await steering.reset()

  assert.equal(reading.isWall, true)
  assert.ok(Math.abs(reading.now.getTime() - reading.wall.getTime()) <= 5)
})

test('a task that comes up holds the clock, a gateway that is gone only for a moment', async () => {
  let looks = 0
  const told: string[] = []
  const settling = createSettling({
    changes: platform.changes,
    gauge: createWorkGauge(),
    gatewayIds: async () => ['a-gateway-that-is-gone'],
    tasks: async () => {
      const isSettled = ++looks >= 20
      return [{ taskId: 'replica', mark: isSettled ? 'ready' : 'starting', isSettled }]
    },
    lookAt: (taskId) => told.push(taskId),
  })

  await settling.settled()

  assert.ok(looks >= 20)
  assert.deepEqual(told, ['replica', 'replica'])
})
