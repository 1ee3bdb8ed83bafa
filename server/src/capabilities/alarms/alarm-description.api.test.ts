import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { freezeInMinute, givenAlarm, TOPIC } from './alarm-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server
await freezeInMinute(server)

test('DescribeAlarms filters by prefix, names, state, action and type, and pages in the order of names', async () => {
  const prefix = `page-${newShortId(8)}`
  const names = Array.from({ length: 7 }, (_, index) => `${prefix}-${index}`)
  for (const [index, AlarmName] of names.entries()) {
    const AlarmActions = index === 3 ? [`${TOPIC}-3`] : []
    await givenAlarm(server, { AlarmName, AlarmActions, TreatMissingData: 'ignore' })
  }
  await cloudwatch.putCompositeAlarm({ AlarmName: `${prefix}-c`, AlarmRule: `OK(${names[0]})` })
  await cloudwatch.setAlarmState({ AlarmName: names[5], StateValue: 'ALARM', StateReason: 'test' })
  const found = async (filter: object): Promise<string[]> => {
    const all: string[] = []
    const pages = paginateDescribeAlarms({ client: cloudwatch, pageSize: 3 }, { ...filter })
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
      all.push(...[...MetricAlarms, ...CompositeAlarms].map(({ AlarmName = '' }) => AlarmName))
    }
    return all
  }

  assert.deepEqual(await found({ AlarmNamePrefix: prefix }), names)
  assert.deepEqual(await found({ AlarmNamePrefix: prefix, AlarmTypes: ['CompositeAlarm'] }), [
    `${prefix}-c`,
  ])
  assert.deepEqual(
    await found({ AlarmNamePrefix: prefix, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    [...names, `${prefix}-c`],
  )
  assert.deepEqual(await found({ AlarmNamePrefix: prefix, StateValue: 'ALARM' }), [names[5]])
  assert.deepEqual(await found({ AlarmNamePrefix: prefix, ActionPrefix: `${TOPIC}-` }), [names[3]])
  assert.deepEqual(await found({ AlarmNames: [names[2], 'never-made', names[1]] }), [
    names[1],
    names[2],
  ])
  await assert.rejects(cloudwatch.describeAlarms({ NextToken: 'nonsense' }), {
    name: /InvalidNextToken/,
  })
  await assert.rejects(cloudwatch.describeAlarms({ AlarmNames: ['a'], AlarmNamePrefix: 'a' }), {
    name: /InvalidParameterCombination/,
  })
})

test('DescribeAlarmsForMetric answers alarms on exactly that metric', async () => {
  const Dimensions = [
    { Name: 'b', Value: '2' },
    { Name: 'a', Value: '1' },
  ]
  const alarm = await givenAlarm(server, { Dimensions })
  const { MetricName = '', Namespace = '' } = alarm.input
  await givenAlarm(server, { MetricName, Dimensions: [] })
  const found = async (filter: object) => {
    const answer = await cloudwatch.describeAlarmsForMetric({ MetricName, Namespace, ...filter })
    return answer.MetricAlarms?.map(({ AlarmName }) => AlarmName)
  }

  assert.deepEqual(await found({ Dimensions: Dimensions.toReversed() }), [alarm.name])
  assert.deepEqual(await found({ Dimensions, Statistic: 'Maximum', Period: 60 }), [alarm.name])
  assert.deepEqual(await found({ Dimensions, Statistic: 'Sum' }), [])
  assert.deepEqual(await found({ Dimensions, Unit: 'Count' }), [])
  assert.equal((await found({}))?.length, 1)
})
