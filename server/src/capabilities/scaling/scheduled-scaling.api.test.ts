import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { createSteerableClock } from '../../base/steerable-clock.ts'
import { type Host, startHost } from '../hosting/hosting-fixture.ts'
import { givenScaled, type Scaled } from './scaling-fixture.ts'

/** Berlin sets its clocks from 02:00 to 03:00 an hour after this. Source: the IANA time zone database. */
const NIGHT = new Date('2026-03-29T00:00:00Z')
const MINUTE_MS = 60_000

let host: Host
let scaled: Scaled

before(async () => {
  const offsetMs = NIGHT.getTime() - systemClock.now().getTime()
  const shifted = (instant: Date, byMs: number) => new Date(instant.getTime() + byMs)
  const wall = {
    now: () => shifted(systemClock.now(), offsetMs),
    until: (instant: Date, signal?: AbortSignal) =>
      systemClock.until(shifted(instant, -offsetMs), signal),
  }
  host = await startHost({ clock: createSteerableClock({ wall }) })
  scaled = await givenScaled(host)
  await host.server.steering.freeze()
})
after(() => host.close())

test('a scheduled action keeps to the clocks of its time zone over their change', async () => {
  const { autoScaling, advance, clock } = host.server
  await scaled.register({ MinCapacity: 1, MaxCapacity: 2 })
  await autoScaling.putScheduledAction({
    ...scaled.target,
    ScheduledActionName: 'morning',
    Schedule: 'cron(5 3 * * ? *)',
    Timezone: 'Europe/Berlin',
    ScalableTargetAction: { MinCapacity: 2 },
  })

  // 03:05 is an hour after 01:05 that night
  await advance(NIGHT.getTime() + 64 * MINUTE_MS - clock.now().getTime())
  assert.equal(await scaled.count(), 1)
  await advance(MINUTE_MS)
  await scaled.hasCount(2)

  const [set, told] = await scaled.activities()
  assert.equal(set?.Cause, 'minimum capacity was set to 2')
  assert.equal(told?.Description, 'Setting min capacity to 2')
  assert.equal(told?.Cause, 'scheduled action name morning was triggered')
  assert.equal(told?.StatusMessage, 'Successfully set min capacity to 2')
  assert.equal(told?.StartTime?.toISOString(), '2026-03-29T01:05:00.000Z')
})

test('a schedule begins with its start, ends with its end, and does nothing while suspended', async () => {
  const { autoScaling, advance, clock } = host.server
  const at = (minutes: number) => new Date(clock.now().getTime() + minutes * MINUTE_MS)
  await scaled.register({ MinCapacity: 1, MaxCapacity: 5 })
  await autoScaling.putScheduledAction({
    ...scaled.target,
    ScheduledActionName: 'often',
    Schedule: 'rate(2 minutes)',
    StartTime: at(1),
    EndTime: at(4),
    ScalableTargetAction: { MaxCapacity: 4 },
  })
  const runs = async () =>
    (await scaled.activities()).filter(({ Cause }) => Cause?.includes('often')).length

  await advance(MINUTE_MS)
  assert.equal(await runs(), 1, 'at its start')
  await advance(2 * MINUTE_MS)
  assert.equal(await runs(), 2, 'by its rate')
  await advance(4 * MINUTE_MS)
  assert.equal(await runs(), 2, 'not after its end')

  await scaled.register({ SuspendedState: { ScheduledScalingSuspended: true } })
  const wall = at(1).toISOString().slice(0, 19)
  await autoScaling.putScheduledAction({
    ...scaled.target,
    ScheduledActionName: 'once',
    Schedule: `at(${wall})`,
    ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 4 },
  })
  await advance(2 * MINUTE_MS)
  await scaled.register({ SuspendedState: { ScheduledScalingSuspended: false } })
  await advance(2 * MINUTE_MS)
  const { ScalableTargets } = await autoScaling.describeScalableTargets({
    ServiceNamespace: 'sagemaker',
    ResourceIds: [scaled.target.ResourceId],
  })
  assert.equal(
    ScalableTargets?.[0]?.MinCapacity,
    1,
    'what was missed while suspended is not made up',
  )
})

test('bounds that contradict each other when a schedule sets them are told as a failure', async () => {
  const { autoScaling, advance, clock } = host.server
  await scaled.register({ MinCapacity: 1, MaxCapacity: 2 })
  const wall = new Date(clock.now().getTime() + MINUTE_MS).toISOString().slice(0, 19)
  await autoScaling.putScheduledAction({
    ...scaled.target,
    ScheduledActionName: 'too-many',
    Schedule: `at(${wall})`,
    ScalableTargetAction: { MinCapacity: 3 },
  })

  await advance(2 * MINUTE_MS)

  const [activity] = await scaled.activities()
  assert.equal(activity?.StatusCode, 'Failed')
  assert.match(
    activity?.StatusMessage ?? '',
    /^Failed to set min capacity to 3\. Reason: Maximum capacity cannot be less/,
  )
})
