import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import {
  describe,
  freezeInMinute,
  givenAlarm,
  historyOf,
  inState,
  stateOf,
  TOPIC,
} from './alarm-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server
await freezeInMinute(server)

const MINUTE_MS = 60_000
const minute = () => server.advance(MINUTE_MS)

test('an alarm of two out of three follows its metric minute by minute', async () => {
  const alarm = await givenAlarm(server, { EvaluationPeriods: 3, DatapointsToAlarm: 2 })
  const states: (string | undefined)[] = []
  for (const value of [1, 50, 1, 50, 1, 1]) {
    await alarm.report([value])
    await minute()
    states.push(await stateOf(cloudwatch, alarm.name))
  }

  assert.deepEqual(states, ['OK', 'OK', 'OK', 'ALARM', 'OK', 'OK'])
  assert.deepEqual(await historyOf(cloudwatch, alarm.name, 'StateUpdate'), [
    'Alarm updated from INSUFFICIENT_DATA to OK',
    'Alarm updated from OK to ALARM',
    'Alarm updated from ALARM to OK',
  ])
})

test('each treatment of missing data leads where AWS says once a metric falls silent', async () => {
  const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const
  const alarms = await Promise.all(
    treatments.map((TreatMissingData) => givenAlarm(server, { TreatMissingData })),
  )
  for (const alarm of alarms) await alarm.report([1])
  await minute()
  const first = await Promise.all(alarms.map(({ name }) => stateOf(cloudwatch, name)))

  // the data point stays within the evaluation range for two more minutes
  await server.advance(3 * MINUTE_MS)

  assert.deepEqual(first, ['OK', 'OK', 'OK', 'OK'])
  assert.deepEqual(await Promise.all(alarms.map(({ name }) => stateOf(cloudwatch, name))), [
    ...['INSUFFICIENT_DATA', 'OK', 'ALARM', 'OK'],
  ])
})

test('an alarm of a two-minute period is in ALARM within minutes of the clock, with reason and data', async () => {
  const alarm = await givenAlarm(server, {
    Statistic: 'Average',
    Period: 120,
    DatapointsToAlarm: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  })
  await alarm.report([4, 6])
  await server.advance(2 * MINUTE_MS)

  const found = await describe(cloudwatch, alarm.name)
  assert.equal(found.StateValue, 'ALARM')
  assert.match(
    found.StateReason ?? '',
    /^Threshold Crossed: 1 out of the last 1 datapoints \[5\.0 \(\d\d\/\d\d\/\d\d \d\d:\d\d:00\)\] was greater than or equal to the threshold \(1\.0\) \(minimum 1 datapoint for OK -> ALARM transition\)\.$/,
  )
  const data = JSON.parse(found.StateReasonData ?? '')
  assert.deepEqual(
    [data.version, data.statistic, data.period, data.recentDatapoints, data.threshold],
    ['1.0', 'Average', 120, [5], 1],
  )
  assert.equal(data.evaluatedDatapoints[0].sampleCount, 2)
  assert.match(data.queryDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/)
})

test('a percentile of few samples keeps its state where the alarm says ignore', async () => {
  const settings = { ExtendedStatistic: 'p90', TreatMissingData: 'missing' }
  const strict = await givenAlarm(server, settings)
  const patient = await givenAlarm(server, {
    ...settings,
    MetricName: strict.input.MetricName,
    EvaluateLowSampleCountPercentile: 'ignore',
  })
  await strict.report([50, 60])
  await minute()
  const withFew = [await stateOf(cloudwatch, strict.name), await stateOf(cloudwatch, patient.name)]
  await strict.report(Array.from({ length: 100 }, (_, index) => index))
  await minute()

  assert.deepEqual(withFew, ['ALARM', 'INSUFFICIENT_DATA'])
  assert.equal(await stateOf(cloudwatch, patient.name), 'ALARM')
})

test('an alarm on an expression follows what its metrics come to', async () => {
  const namespace = `Maths-${newShortId(8)}`
  const stat = (Id: string, MetricName: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: namespace, MetricName }, Period: 60, Stat: 'Sum' },
    ReturnData: false,
  })
  const alarm = await givenAlarm(server, {
    Metrics: [
      { Id: 'rate', Expression: '100 * errors / requests', Label: 'error rate' },
      stat('errors', 'Errors'),
      stat('requests', 'Requests'),
    ],
  })
  const report = (errors: number, requests: number) =>
    cloudwatch.putMetricData({
      Namespace: namespace,
      MetricData: [
        { MetricName: 'Errors', Value: errors, Timestamp: server.clock.now() },
        { MetricName: 'Requests', Value: requests, Timestamp: server.clock.now() },
      ],
    })
  await report(1, 100)
  await minute()
  const calm = await stateOf(cloudwatch, alarm.name)
  await report(30, 100)
  await minute()

  assert.equal(calm, 'OK')
  const found = await describe(cloudwatch, alarm.name)
  assert.equal(found.StateValue, 'ALARM')
  assert.match(found.StateReason ?? '', /1 datapoint \[30\.0 /)
  assert.equal('statistic' in JSON.parse(found.StateReasonData ?? ''), false)
})

test('an alarm of ten seconds decides as soon as the data of a period is there', async () => {
  const alarm = await givenAlarm(server, { Period: 10, TreatMissingData: 'notBreaching' })
  await inState(cloudwatch, alarm.name, 'OK')
  const evaluatedAt = server.clock.now()

  // a late report of a period that is over: nobody moves the clock, and still it is decided at once
  await alarm.report([50], { at: new Date(evaluatedAt.getTime() - 8_000), resolution: 1 })
  await inState(cloudwatch, alarm.name, 'ALARM')

  assert.deepEqual(server.clock.now(), evaluatedAt)
  await server.advance(40_000)
  assert.equal(await stateOf(cloudwatch, alarm.name), 'OK')
})

test('a state that was set lasts until the next evaluation, with the actions of the change', async () => {
  const alarm = await givenAlarm(server, {
    TreatMissingData: 'notBreaching',
    AlarmActions: [TOPIC],
  })
  await inState(cloudwatch, alarm.name, 'OK')

  await cloudwatch.setAlarmState({
    AlarmName: alarm.name,
    StateValue: 'ALARM',
    StateReason: 'a rehearsal',
    StateReasonData: '{"version":"1.0"}',
  })
  const set = await describe(cloudwatch, alarm.name)
  await minute()

  assert.deepEqual(
    [set.StateValue, set.StateReason, set.StateReasonData],
    [...['ALARM', 'a rehearsal', '{"version":"1.0"}']],
  )
  assert.equal(await stateOf(cloudwatch, alarm.name), 'OK')
  const history = await historyOf(cloudwatch, alarm.name)
  assert.equal(history.length, 5)
  assert.equal(
    history.filter((summary) =>
      summary.startsWith(`Failed to execute action ${TOPIC}. Received error: "`),
    ).length,
    1,
  )
})

test('PutMetricAlarm over an alarm keeps its state, until it is evaluated by what is new', async () => {
  const alarm = await givenAlarm(server)
  await alarm.report([50])
  await minute()
  const before = await describe(cloudwatch, alarm.name)

  await cloudwatch.putMetricAlarm({ ...alarm.input, Threshold: 20, AlarmDescription: 'other' })
  const after = await describe(cloudwatch, alarm.name)

  assert.equal(before.StateValue, 'ALARM')
  assert.equal(after.StateValue, 'ALARM')
  assert.equal(after.AlarmDescription, 'other')
  assert.deepEqual(after.StateTransitionedTimestamp, before.StateTransitionedTimestamp)
  await cloudwatch.putMetricAlarm({ ...alarm.input, Threshold: 60 })
  await inState(cloudwatch, alarm.name, 'OK')
})

test('actions that are disabled are not taken, and are once enabled', async () => {
  const alarm = await givenAlarm(server, { ActionsEnabled: false, AlarmActions: [TOPIC] })
  const set = (StateValue: 'OK' | 'ALARM') =>
    cloudwatch.setAlarmState({ AlarmName: alarm.name, StateValue, StateReason: 'test' })
  await set('ALARM')
  await set('OK')
  await minute()
  const disabled = await historyOf(cloudwatch, alarm.name, 'Action')
  await cloudwatch.enableAlarmActions({ AlarmNames: [alarm.name, 'never-made'] })
  await set('ALARM')
  await minute()

  assert.deepEqual(disabled, [])
  assert.equal((await historyOf(cloudwatch, alarm.name, 'Action')).length, 1)
  await cloudwatch.disableAlarmActions({ AlarmNames: [alarm.name] })
  assert.equal((await describe(cloudwatch, alarm.name)).ActionsEnabled, false)
})
