import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { paginateDescribeAlarmHistory } from '@aws-sdk/client-cloudwatch'
import { startServer } from '../../../../tests/support/server.ts'
import { freezeInMinute, givenAlarm, historyOf, inState, TOPIC } from './alarm-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server
await freezeInMinute(server)

test('DescribeAlarmHistory tells all that happened, in both orders, by type and page, after the end too', async () => {
  const alarm = await givenAlarm(server, { AlarmActions: [TOPIC] })
  await inState(cloudwatch, alarm.name, 'INSUFFICIENT_DATA')
  await cloudwatch.setAlarmState({
    AlarmName: alarm.name,
    StateValue: 'ALARM',
    StateReason: 'testing purposes',
  })
  await server.advance(1_000)
  await cloudwatch.putMetricAlarm({ ...alarm.input, AlarmDescription: 'changed' })
  await server.advance(1_000)
  await cloudwatch.deleteAlarms({ AlarmNames: [alarm.name] })

  const summaries = await historyOf(cloudwatch, alarm.name)
  assert.equal(summaries[0], `Alarm "${alarm.name}" created`)
  assert.equal(summaries[1], 'Alarm updated from INSUFFICIENT_DATA to ALARM')
  assert.match(summaries[2] ?? '', /^Failed to execute action/)
  assert.equal(summaries[3], `Alarm "${alarm.name}" updated`)
  assert.equal(summaries.at(-1), `Alarm "${alarm.name}" deleted`)

  const paged: string[] = []
  const pages = paginateDescribeAlarmHistory(
    { client: cloudwatch, pageSize: 2 },
    { AlarmName: alarm.name, ScanBy: 'TimestampDescending' },
  )
  for await (const { AlarmHistoryItems = [] } of pages) {
    paged.push(...AlarmHistoryItems.map(({ HistorySummary = '' }) => HistorySummary))
  }
  assert.deepEqual(paged.toReversed(), summaries)

  const items = async (filter: object) =>
    (await cloudwatch.describeAlarmHistory({ AlarmName: alarm.name, ...filter }))
      .AlarmHistoryItems ?? []
  const [change] = await items({ HistoryItemType: 'StateUpdate', ScanBy: 'TimestampAscending' })
  assert.deepEqual(JSON.parse(change?.HistoryData ?? ''), {
    version: '1.0',
    oldState: { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation' },
    newState: { stateValue: 'ALARM', stateReason: 'testing purposes' },
  })
  const [made] = await items({
    HistoryItemType: 'ConfigurationUpdate',
    ScanBy: 'TimestampAscending',
  })
  const { type, createdAlarm } = JSON.parse(made?.HistoryData ?? '')
  assert.deepEqual(
    [type, createdAlarm.alarmName, createdAlarm.threshold, createdAlarm.okactions],
    ['Create', alarm.name, 10, []],
  )
  assert.deepEqual(await items({ StartDate: new Date(server.clock.now().getTime() + 1) }), [])
  await assert.rejects(items({ NextToken: 'nonsense' }), { name: /InvalidNextToken/ })
})
