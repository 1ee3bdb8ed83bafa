import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { startServer } from '../../../../tests/support/server.ts'
import { newShortId } from '../../base/ids.ts'
import { describe, freezeInMinute, givenAlarm, historyOf, stateOf, TOPIC } from './alarm-fixture.ts'

const server = await startServer()
after(() => server.close())
const { cloudwatch } = server
await freezeInMinute(server)

const named = (word: string): string => `${word}-${newShortId(10)}`
const minute = () => server.advance(60_000)

/** A metric alarm that keeps the state it is set to. */
async function givenSwitch(
  word: string,
): Promise<{ name: string; set(state: 'OK' | 'ALARM'): Promise<void> }> {
  const { name } = await givenAlarm(server, { AlarmName: named(word), TreatMissingData: 'ignore' })
  const set = async (StateValue: 'OK' | 'ALARM'): Promise<void> => {
    await cloudwatch.setAlarmState({ AlarmName: name, StateValue, StateReason: 'set by the test' })
  }
  await set('OK')
  return { name, set }
}

async function givenComposite(AlarmRule: string, settings: object = {}): Promise<string> {
  const AlarmName = named('composite')
  await cloudwatch.putCompositeAlarm({ AlarmName, AlarmRule, ...settings })
  return AlarmName
}

test('a composite alarm follows its children, and tells which of them changed it', async () => {
  const [hot, full] = [await givenSwitch('hot'), await givenSwitch('full')]
  const name = await givenComposite(`ALARM(${hot.name}) AND NOT OK("${full.name}")`)
  const created = await describe(cloudwatch, name)
  await hot.set('ALARM')
  const withOne = await stateOf(cloudwatch, name)
  await full.set('ALARM')

  assert.equal(created.StateValue, 'OK')
  assert.equal(
    created.StateReason,
    `${created.AlarmArn} was created and its alarm rule evaluates to OK`,
  )
  assert.equal(withOne, 'OK')
  const found = await describe(cloudwatch, name)
  const arn = found.AlarmArn?.replace(name, full.name)
  assert.equal(found.StateValue, 'ALARM')
  assert.match(
    found.StateReason ?? '',
    new RegExp(`^${arn} transitioned to ALARM at \\w+day \\d\\d \\w+, \\d{4} [\\d:]{8} UTC$`),
  )
  const { triggeringAlarms } = JSON.parse(found.StateReasonData ?? '')
  assert.equal(triggeringAlarms.length, 1)
  assert.equal(triggeringAlarms[0].arn, arn)
  assert.equal(triggeringAlarms[0].state.value, 'ALARM')
})

test('composites of composites change once, after all that they look at', async () => {
  const base = await givenSwitch('base')
  const inner = await givenComposite(`ALARM(${base.name})`)
  const outer = await givenComposite(`ALARM(${base.name}) AND NOT ALARM(${inner})`)
  const top = await givenComposite(`ALARM(${inner}) OR ALARM(${outer})`)
  await base.set('ALARM')

  assert.deepEqual(
    await Promise.all([inner, outer, top].map((name) => stateOf(cloudwatch, name))),
    ['ALARM', 'OK', 'ALARM'],
  )
  assert.deepEqual(await historyOf(cloudwatch, outer, 'StateUpdate'), [
    'Alarm updated from INSUFFICIENT_DATA to OK',
  ])
})

test('a metric that puts an alarm in ALARM puts the composite above in ALARM, with its actions', async () => {
  const alarm = await givenAlarm(server)
  const name = await givenComposite(`ALARM(${alarm.name})`, { AlarmActions: [TOPIC] })
  await alarm.report([50])
  await minute()

  assert.equal(await stateOf(cloudwatch, name), 'ALARM')
  const actions = await historyOf(cloudwatch, name, 'Action')
  assert.equal(actions.length, 1)
  assert.match(
    actions[0] ?? '',
    /^Failed to execute action arn:aws:sns:.* not delivered by this platform/,
  )
})

test('a suppressor keeps the actions of a composite alarm back, by WaitPeriod and ExtensionPeriod', async () => {
  const [child, maintenance] = [await givenSwitch('child'), await givenSwitch('maintenance')]
  const name = await givenComposite(`ALARM(${child.name})`, {
    AlarmActions: [TOPIC],
    ActionsSuppressor: maintenance.name,
    ActionsSuppressorWaitPeriod: 60,
    ActionsSuppressorExtensionPeriod: 90,
  })
  const suppressedBy = async () => {
    const alarm = await describe(cloudwatch, name)
    return 'ActionsSuppressedBy' in alarm ? alarm.ActionsSuppressedBy : undefined
  }
  const actionsTaken = async () => (await historyOf(cloudwatch, name, 'Action')).length
  const seen: unknown[] = []
  const look = async () => seen.push([await suppressedBy(), await actionsTaken()])

  await child.set('ALARM')
  await look()
  await maintenance.set('ALARM')
  await look()
  await server.advance(120_000)
  await look()
  await maintenance.set('OK')
  await look()
  await server.advance(80_000)
  await look()
  await server.advance(20_000)
  await look()

  assert.deepEqual(seen, [
    ['WaitPeriod', 0],
    ['Alarm', 0],
    ['Alarm', 0],
    ['ExtensionPeriod', 0],
    ['ExtensionPeriod', 0],
    [undefined, 1],
  ])
})

test('a suppressor that does not come in lets actions through after WaitPeriod', async () => {
  const [child, maintenance] = [await givenSwitch('child'), await givenSwitch('maintenance')]
  const name = await givenComposite(`ALARM(${child.name})`, {
    AlarmActions: [TOPIC],
    ActionsSuppressor: maintenance.name,
    ActionsSuppressorWaitPeriod: 30,
    ActionsSuppressorExtensionPeriod: 0,
  })
  await child.set('ALARM')
  await server.advance(29_000)
  const before = await historyOf(cloudwatch, name, 'Action')
  await server.advance(2_000)

  assert.equal(before.length, 0)
  assert.equal((await historyOf(cloudwatch, name, 'Action')).length, 1)
})

test('a composite alarm that is put anew is evaluated by its new rule', async () => {
  const child = await givenSwitch('child')
  const name = await givenComposite(`ALARM(${child.name})`)
  await cloudwatch.putCompositeAlarm({ AlarmName: name, AlarmRule: `OK(${child.name})` })
  const put = await describe(cloudwatch, name)
  await cloudwatch.setAlarmState({ AlarmName: name, StateValue: 'OK', StateReason: 'a rehearsal' })
  await minute()

  assert.equal(put.StateValue, 'ALARM')
  assert.match(put.StateReason ?? '', / was updated and its alarm rule evaluates to ALARM$/)
  // a composite alarm comes back when a child changes, not by itself
  assert.equal(await stateOf(cloudwatch, name), 'OK')
})

test('rules that name what is not there, or lead back to themselves, are refused', async () => {
  const child = await givenSwitch('child')
  const inner = await givenComposite(`ALARM(${child.name})`)
  const outer = await givenComposite(`ALARM(${inner})`)
  const put = (AlarmName: string, AlarmRule: string, more: object = {}) =>
    cloudwatch.putCompositeAlarm({ AlarmName, AlarmRule, ...more })
  const refusals: readonly [() => Promise<unknown>, RegExp][] = [
    [
      () => put('x', 'ALARM(never-made) OR ALARM(nor-this)'),
      /^Could not save the composite alarm as alarms \[never-made, nor-this\] in the alarm rule do not exist$/,
    ],
    [
      () => put('x', 'ALARM("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:far")'),
      /in the alarm rule do not exist/,
    ],
    [() => put('x', 'ALARM(a) AND'), /^Invalid AlarmRule: at character 13 was expected/],
    [() => put(inner, `ALARM(${outer})`), /would depend on itself/],
    [() => put('x', 'ALARM(x)'), /do not exist/],
    [() => put(outer, `ALARM(${outer})`), /would depend on itself/],
    [
      () => put('x', 'TRUE', { ActionsSuppressor: child.name }),
      /ActionsSuppressorWaitPeriod is required/,
    ],
    [() => put('x', 'TRUE', { ActionsSuppressorWaitPeriod: 5 }), /only with ActionsSuppressor/],
    [
      () =>
        put('x', 'TRUE', {
          ActionsSuppressor: 'never-made',
          ActionsSuppressorWaitPeriod: 5,
          ActionsSuppressorExtensionPeriod: 5,
        }),
      /ActionsSuppressor never-made does not exist/,
    ],
    [
      () => put('x', 'TRUE', { AlarmActions: ['arn:aws:automate:us-east-1:ec2:stop'] }),
      /cannot perform the action/,
    ],
    [() => put(child.name, 'TRUE'), /a metric alarm named .* exists/],
  ]
  for (const [refused, message] of refusals) {
    await assert.rejects(refused(), { name: 'ValidationException', message }, String(message))
  }
})

test('DescribeAlarms tells children and parents, and DeleteAlarms keeps what others depend on', async () => {
  const [one, other] = [await givenSwitch('one'), await givenSwitch('other')]
  const inner = await givenComposite(`ALARM(${one.name})`)
  const outer = await givenComposite(`ALARM(${inner}) OR ALARM(${other.name})`)

  const children = await cloudwatch.describeAlarms({ ChildrenOfAlarmName: outer })
  assert.deepEqual(
    children.MetricAlarms?.map(({ AlarmName }) => AlarmName),
    [other.name],
  )
  assert.deepEqual(
    children.CompositeAlarms?.map((alarm) => Object.keys(alarm).sort()),
    [['AlarmArn', 'AlarmName', 'StateUpdatedTimestamp', 'StateValue']],
  )
  const parents = await cloudwatch.describeAlarms({ ParentsOfAlarmName: one.name })
  assert.deepEqual(
    parents.CompositeAlarms?.map((alarm) => [alarm.AlarmName, Object.keys(alarm).length]),
    [[inner, 2]],
  )
  await assert.rejects(
    cloudwatch.describeAlarms({ ChildrenOfAlarmName: outer, StateValue: 'OK' }),
    {
      name: /InvalidParameterCombination/,
      message: /^ChildrenOfAlarmName cannot be specified with StateValue/,
    },
  )

  await assert.rejects(cloudwatch.deleteAlarms({ AlarmNames: [one.name] }), {
    name: 'ValidationException',
    message: `Cannot delete ${one.name} as there are composite alarm(s) depending on it.`,
  })
  await assert.rejects(cloudwatch.deleteAlarms({ AlarmNames: [inner, outer] }), {
    name: 'ValidationException',
    message: /^Only one composite alarm can be deleted at a time/,
  })
  await cloudwatch.deleteAlarms({ AlarmNames: [outer, other.name] })
  await cloudwatch.deleteAlarms({ AlarmNames: [inner, one.name] })
  const left = await cloudwatch.describeAlarms({ AlarmNames: [one.name, other.name, inner, outer] })
  assert.deepEqual(left.MetricAlarms, [])
})
