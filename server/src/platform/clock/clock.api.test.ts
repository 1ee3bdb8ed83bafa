import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'

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
