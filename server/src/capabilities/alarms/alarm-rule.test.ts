import assert from 'node:assert/strict'
import test from 'node:test'
import type { AlarmState } from './alarm.states.ts'
import { evaluateAlarmRule, parseAlarmRule, referencesOf } from './alarm-rule.ts'

const STATES: Readonly<Record<string, AlarmState>> = {
  hot: 'ALARM',
  full: 'ALARM',
  calm: 'OK',
  new: 'INSUFFICIENT_DATA',
}

const holds = (text: string): boolean =>
  evaluateAlarmRule(parseAlarmRule(text), (name) => STATES[name])

test('a rule holds as its functions and operators say', () => {
  const cases: readonly [string, boolean][] = [
    ['TRUE', true],
    ['false', false],
    ['ALARM(hot)', true],
    ['ALARM("hot")', true],
    ['OK(calm)', true],
    ['OK(hot)', false],
    ['INSUFFICIENT_DATA(new)', true],
    ['ALARM(hot) AND ALARM(calm)', false],
    ['ALARM(hot) AND NOT ALARM(calm)', true],
    ['(ALARM(calm) OR ALARM(full)) AND OK(calm)', true],
    // NOT before AND before OR
    ['ALARM(hot) OR ALARM(hot) AND FALSE', true],
    ['(ALARM(hot) OR ALARM(hot)) AND FALSE', false],
    ['NOT TRUE OR TRUE', true],
    ['NOT (TRUE OR TRUE)', false],
    ['NOT NOT ALARM( hot )', true],
    ['alarm(hot) and not ok("hot")', true],
    ['ALARM(hot)AND(ALARM(full))', true],
  ]
  for (const [text, expected] of cases) assert.equal(holds(text), expected, text)
})

test('alarms are named by name or ARN, quoted or not, and each is listed once', () => {
  const arn = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:My Alarm'
  const rule = parseAlarmRule(
    `ALARM("${arn}") OR OK(${arn}) OR ALARM("with \\"quotes\\" (and) more") OR ALARM(a/b c)`,
  )

  assert.deepEqual(referencesOf(rule), [arn, 'with "quotes" (and) more', 'a/b c'])
})

test('a rule that cannot be read is refused with the place and what would be right', () => {
  const cases: readonly [string, RegExp][] = [
    ['', /at character 1 was expected: an alarm in a state/],
    ['ALARM(a) ALARM(b)', /at character 10 was expected: AND, OR or the end/],
    ['ALARM(a) AND', /at character 13 was expected/],
    ['(ALARM(a)', /at character 10 was expected: \)/],
    ['ALARM()', /at character 1 was expected: the name of an alarm/],
    ['MAYBE(a)', /at character 1 was expected: ALARM\(…\)/],
    ['ALARM(a) XOR ALARM(b)', /at character 10 was expected/],
    [
      Array.from({ length: 101 }, (_, index) => `ALARM(a${index})`).join(' OR '),
      /names 101 alarms: at most 100/,
    ],
    [Array(501).fill('TRUE').join(' AND '), /has 501 elements: at most 500/],
  ]
  for (const [text, message] of cases) {
    assert.throws(() => parseAlarmRule(text), { name: 'AlarmRuleFault', message }, text)
  }
})
