import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { eventually } from '../../../../tests/support/eventually.ts'
import { testPostgres } from '../../../../tests/support/postgres.ts'
import { recordMetrics } from '../metrics/index.ts'
import type { AlarmActionRequest, AlarmActionRunner } from './alarm-action.ts'
import { ACCOUNT, alarmWorld, NOON_MS } from './alarm-world-fixture.ts'
import { evaluateDueAlarms } from './due-alarm.activities.ts'
import {
  deleteManagedAlarms,
  putManagedAlarm,
  readAlarms,
  settleAlarms,
  superviseAlarms,
} from './index.ts'

type World = Awaited<ReturnType<typeof alarmWorld>>

const POLICY =
  'arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1-2:resource/sagemaker/endpoint/e/variant/v:policyName/p'
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:team'

const postgres = await testPostgres()
after(() => postgres[Symbol.asyncDispose]())

async function summaries(world: World, type: string) {
  return (await world.history(type)).map(({ HistorySummary }) => HistorySummary)
}

/** Writes down what it is asked to do. */
function recorder(
  refuse: (request: AlarmActionRequest) => { failed: string } | undefined = () => undefined,
) {
  const requests: AlarmActionRequest[] = []
  const runner: AlarmActionRunner = {
    accepts: () => true,
    run: async (request) => {
      requests.push(request)
      return refuse(request)
    },
  }
  return { requests, runner }
}

test('an action is taken by the next control when one was killed after the change of the state', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ AlarmActions: [TOPIC] })
  await world.report(50, -60_000)
  world.moveTo(5_000)
  // what a control does that is killed before it comes to the actions
  await evaluateDueAlarms(world.platform)
  const { requests, runner } = recorder()

  const next = superviseAlarms(world.platform, { actions: [runner] })
  await eventually(async () => (await summaries(world, 'Action')).length === 1)
  await next[Symbol.asyncDispose]()
  const another = superviseAlarms(world.platform, { actions: [runner] })
  await another[Symbol.asyncDispose]()

  assert.deepEqual(
    requests.map(({ actionArn, alarm, isRepeat }) => [actionArn, alarm.stateValue, isRepeat]),
    [[TOPIC, 'ALARM', false]],
  )
  assert.match(requests[0]?.alarm.stateReasonData ?? '', /"recentDatapoints":\[50\.0\]/)
  assert.deepEqual(await summaries(world, 'Action'), [`Successfully executed action ${TOPIC}`])
})

test('an action whose runner throws is tried again under the same id, and one that is refused is not', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ AlarmActions: [TOPIC, POLICY] })
  await world.report(50, -60_000)
  world.moveTo(5_000)
  let falls = 2
  const { requests, runner } = recorder(({ actionArn }) => {
    if (actionArn === POLICY) return { failed: 'there is no such policy' }
    if (falls-- > 0) throw new Error('the machine is busy')
    return undefined
  })

  const supervision = superviseAlarms(world.platform, { actions: [runner] })
  await eventually(async () => (await summaries(world, 'Action')).length === 2)
  await supervision[Symbol.asyncDispose]()

  const attempts = requests.filter(({ actionArn }) => actionArn === TOPIC)
  assert.equal(attempts.length, 3)
  assert.equal(new Set(attempts.map(({ actionId }) => actionId)).size, 1)
  assert.deepEqual((await summaries(world, 'Action')).sort(), [
    `Failed to execute action ${POLICY}. Received error: "there is no such policy"`,
    `Successfully executed action ${TOPIC}`,
  ])
})

test('a scaling action is invoked every minute that the state lasts, others once', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ AlarmActions: [TOPIC, POLICY] })
  const { requests, runner } = recorder()
  await using _ = superviseAlarms(world.platform, { actions: [runner] })
  for (const [index, value] of [50, 60, 70, 1, 1].entries()) {
    await world.report(value, index * 60_000)
    world.moveTo((index + 1) * 60_000 + 2_000)
    const count = [2, 3, 4, 4, 4][index] ?? 0
    await eventually(async () => requests.length === count && isSettled(world, index + 1))
  }

  const invoked = (arn: string) =>
    requests
      .filter(({ actionArn }) => actionArn === arn)
      .map(({ alarm, isRepeat }) => [
        JSON.parse(alarm.stateReasonData ?? '').recentDatapoints[0],
        isRepeat,
      ])
  assert.deepEqual(invoked(TOPIC), [[50, false]])
  assert.deepEqual(invoked(POLICY), [
    [50, false],
    [60, true],
    [70, true],
  ])
  assert.equal((await summaries(world, 'Action')).length, 2)
})

async function isSettled({ platform }: World, minutes: number): Promise<boolean> {
  const rows = await platform.database.query<{ next_look_at: Date }>(
    'select next_look_at from alarm',
  )
  // an action is over when its row is gone: until then none of its kind is queued behind it
  const actions = await platform.database.query('select from alarm_action')
  const isLate = (row: { next_look_at: Date }): boolean =>
    row.next_look_at.getTime() > NOON_MS + minutes * 60_000 + 2_000
  return actions.length === 0 && rows.every(isLate)
}

test('a thousand alarms are evaluated once each by two controls together', async () => {
  await using world = await alarmWorld(postgres)
  const { platform, place } = world
  await platform.database.transaction(async (transaction) => {
    for (let index = 0; index < 1_000; index += 1) {
      await putManagedAlarm(transaction, place, {
        platform,
        alarm: {
          AlarmName: `many-${index}`,
          Namespace: 'Test',
          MetricName: 'm',
          Dimensions: [{ Name: 'Index', Value: String(index) }],
          Statistic: 'Average',
          Period: 60,
          EvaluationPeriods: 3,
          Threshold: 500,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          AlarmActions: [TOPIC],
        },
      })
    }
  })
  const samples = Array.from({ length: 3_000 }, (_, index) => ({
    namespace: 'Test',
    metricName: 'm',
    dimensions: { Index: String(index % 1_000) },
    at: new Date(NOON_MS - (1 + Math.floor(index / 1_000)) * 60_000),
    resolutionSeconds: 60 as const,
    sampleCount: 1,
    sum: index % 1_000,
    minimum: index % 1_000,
    maximum: index % 1_000,
  }))
  await recordMetrics(platform.database, place, samples)
  world.moveTo(5_000)
  const { requests, runner } = recorder()

  const both = [1, 2].map(() => superviseAlarms(platform, { actions: [runner] }))
  await eventually(async () => requests.length >= 500)
  for (const one of both) await one[Symbol.asyncDispose]()

  const names = Array.from({ length: 1_000 }, (_, index) => `many-${index}`)
  const readings = await readAlarms(platform.database, place, names)
  const inAlarm = readings.filter(({ stateValue }) => stateValue === 'ALARM')
  assert.equal(readings.filter(({ stateValue }) => stateValue === 'OK').length, 500)
  assert.deepEqual(
    new Set(requests.map(({ alarm }) => alarm.alarmName)),
    new Set(inAlarm.map(({ alarmName }) => alarmName)),
  )
  assert.equal(requests.length, 500)
})

test('settleAlarms decides by what is known now, and waits for data that is still on the way', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ TreatMissingData: 'breaching' })
  await world.report(1, -60_000)
  // the minute before has just ended, and its data is not there yet
  world.moveTo(60_500)
  const [early] = await settleAlarms(world.platform, world.place, ['a', 'never-made'])
  await world.report(50, 0)
  const [late] = await settleAlarms(world.platform, world.place, ['a'])

  assert.equal(early?.stateValue, 'OK')
  assert.equal(late?.stateValue, 'ALARM')
  assert.deepEqual(late.seen?.datapoints, [{ at: new Date(NOON_MS), value: 50 }])
  assert.deepEqual(await summaries(world, 'StateUpdate'), [
    'Alarm updated from INSUFFICIENT_DATA to OK',
    'Alarm updated from OK to ALARM',
  ])
  assert.deepEqual(await settleAlarms(world.platform, world.place, []), [])
})

test('a managed alarm comes and goes with the transaction of its keeper', async () => {
  await using world = await alarmWorld(postgres)
  const { platform, place } = world
  const { alarmArn } = await world.put({ AlarmName: 'kept' })
  await platform.database.transaction((transaction) =>
    deleteManagedAlarms(transaction, place, { platform, names: ['kept', 'never-made'] }),
  )

  assert.equal(alarmArn, `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:kept`)
  assert.deepEqual(await readAlarms(platform.database, place, ['kept']), [])
})

test('an alarm is evaluated after the clock was put back', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ TreatMissingData: 'notBreaching' })
  world.moveTo(86_400_000)
  await evaluateDueAlarms(world.platform)
  world.moveTo(5_000)
  await world.report(50, -60_000)
  await evaluateDueAlarms(world.platform)

  const [alarm] = await readAlarms(world.platform.database, world.place, ['a'])
  assert.equal(alarm?.stateValue, 'ALARM')
})
