import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import { eventually } from '../../../../tests/support/eventually.ts'
import { testPostgres } from '../../../../tests/support/postgres.ts'
import { alarmWorld, NOON_MS } from './alarm-world-fixture.ts'
import { evaluateDueAlarms } from './due-alarm.activities.ts'
import { readAgenda } from './due-alarm.store.ts'
import { readAlarms, superviseAlarms } from './index.ts'

const MINUTE_MS = 60_000
const POLICY =
  'arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1-2:resource/sagemaker/endpoint/e/variant/v:policyName/p'
type World = Awaited<ReturnType<typeof alarmWorld>>

const postgres = await testPostgres()
after(() => postgres[Symbol.asyncDispose]())

const ALARMS: readonly Partial<PutMetricAlarmInput>[] = [
  { AlarmName: 'missing', EvaluationPeriods: 3, DatapointsToAlarm: 2 },
  { AlarmName: 'ignore', EvaluationPeriods: 2, TreatMissingData: 'ignore' },
  { AlarmName: 'breaching', EvaluationPeriods: 2, TreatMissingData: 'breaching' },
  { AlarmName: 'not-breaching', Period: 300, TreatMissingData: 'notBreaching', Statistic: 'Sum' },
  {
    AlarmName: 'long',
    Period: 3_600,
    EvaluationPeriods: 2,
    Statistic: 'SampleCount',
    Threshold: 1,
  },
  { AlarmName: 'percentile', Period: 120, ExtendedStatistic: 'p50', EvaluationPeriods: 2 },
  { AlarmName: 'below', ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' },
  {
    AlarmName: 'expression',
    EvaluationPeriods: 2,
    TreatMissingData: 'breaching',
    Metrics: [
      { Id: 'sum', Expression: 'm1 + FILL(m2, 3)' },
      ...['m', 'other'].map((MetricName, index) => ({
        Id: `m${index + 1}`,
        ReturnData: false,
        MetricStat: { Metric: { Namespace: 'Test', MetricName }, Period: 60, Stat: 'Maximum' },
      })),
    ],
  },
]

async function givenAlarms(world: World): Promise<void> {
  for (const alarm of ALARMS) {
    const { Metrics, ExtendedStatistic } = alarm
    await world.put({
      ...(Metrics ? { Namespace: undefined, MetricName: undefined, Period: undefined } : {}),
      ...(Metrics || ExtendedStatistic ? { Statistic: undefined } : {}),
      ...alarm,
    })
  }
}

/** What comes in at which minute, and for which minute: also late, early and twice. */
const REPORTS: readonly (readonly [minute: number, value: number, at: number, metric?: string])[] =
  [
    [3, 50, 3],
    [4, 60, 4],
    [5, 70, 5],
    [20, 1, 20],
    [21, 50, 21],
    [22, 50, 19, 'other'],
    [40, 90, 38],
    [41, 5, 44],
    [70, 50, 70],
    [70, 2, 70],
    [73, 50, 73, 'other'],
  ]
const MINUTES = 240

/** @returns the changes of all states in order, and how often an alarm was evaluated */
async function play(world: World, { isEveryMinute }: { readonly isEveryMinute: boolean }) {
  await givenAlarms(world)
  const { database } = world.platform
  let evaluations = 0
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    world.moveTo(minute * MINUTE_MS + 2_000)
    if (isEveryMinute) await database.query('update alarm set next_look_at = configured_at')
    await evaluateDueAlarms(world.platform)
    const [counted] = await database.query<{ count: number }>(
      'select count(*) from alarm where evaluated_at = $1',
      [world.platform.clock.now()],
    )
    evaluations += counted?.count ?? 0
    for (const [, value, at, metric] of REPORTS.filter(([told]) => told === minute)) {
      await world.report(value, at * MINUTE_MS, metric)
    }
  }
  const changes = ALARMS.map(async ({ AlarmName = '' }) =>
    (await world.history('StateUpdate', AlarmName)).map(({ Timestamp, HistorySummary }) => [
      ((Timestamp?.getTime() ?? 0) - NOON_MS) / MINUTE_MS,
      HistorySummary,
    ]),
  )
  return { changes: await Promise.all(changes), evaluations }
}

test('an alarm that rests changes when one does that is evaluated every minute', async () => {
  await using restless = await alarmWorld(postgres)
  await using resting = await alarmWorld(postgres)

  const every = await play(restless, { isEveryMinute: true })
  const few = await play(resting, { isEveryMinute: false })

  assert.deepEqual(few.changes, every.changes)
  assert.ok(few.changes.flat().length > 20, JSON.stringify(few.changes))
  assert.equal(every.evaluations, MINUTES * ALARMS.length)
  assert.ok(few.evaluations < every.evaluations / 5, `${few.evaluations} of ${every.evaluations}`)
  const agenda = await readAgenda(resting.platform.database)
  assert.equal(agenda.hasRestingAlarms, true)
})

test('a resting alarm is woken by data, and is then due at its usual time', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ TreatMissingData: 'notBreaching' })
  world.moveTo(2_000)
  await using _ = superviseAlarms(world.platform, { actions: [] })
  const nextLook = async () => (await readAgenda(world.platform.database)).nextLookAt
  await eventually(async () => (await nextLook()) === undefined, { what: 'rest' })

  await world.report(50, 0)

  const usual = NOON_MS + MINUTE_MS + 2_000
  await eventually(async () => (await nextLook())?.getTime() === usual, { what: 'a wake-up' })
  world.moveTo(MINUTE_MS + 2_000)
  await eventually(async () => {
    const [alarm] = await readAlarms(world.platform.database, world.place, ['a'])
    return alarm?.stateValue === 'ALARM'
  })
})

test('a resting alarm whose data were heard of too late is evaluated at once', async () => {
  await using world = await alarmWorld(postgres)
  await world.put({ TreatMissingData: 'notBreaching' })
  world.moveTo(2_000)
  await evaluateDueAlarms(world.platform)
  // what a control does not hear of any more
  await world.report(50, 0)
  world.moveTo(MINUTE_MS + 5_000)

  await using _ = superviseAlarms(world.platform, { actions: [] })

  await eventually(async () => {
    const [alarm] = await readAlarms(world.platform.database, world.place, ['a'])
    return alarm?.stateValue === 'ALARM'
  })
})

test('an alarm does not rest that depends on the time, or whose actions are repeated', async () => {
  await using world = await alarmWorld(postgres)
  const { database } = world.platform
  const nextLook = async () => (await readAgenda(database)).nextLookAt
  await world.put({ TreatMissingData: 'breaching', AlarmActions: [POLICY] })
  world.moveTo(2_000)

  await evaluateDueAlarms(world.platform)
  assert.deepEqual(await nextLook(), new Date(NOON_MS + MINUTE_MS + 2_000))

  await world.put({ TreatMissingData: 'breaching' })
  await evaluateDueAlarms(world.platform)
  assert.equal(await nextLook(), undefined)

  const metric = { Namespace: 'Test', MetricName: 'm' }
  await world.put({
    ...{ Namespace: undefined, MetricName: undefined, Period: undefined, Statistic: undefined },
    Metrics: [
      { Id: 'hour', Expression: 'HOUR(m1)' },
      { Id: 'm1', ReturnData: false, MetricStat: { Metric: metric, Period: 60, Stat: 'Sum' } },
    ],
  })
  await evaluateDueAlarms(world.platform)
  assert.deepEqual(await nextLook(), new Date(NOON_MS + MINUTE_MS + 2_000))
})
