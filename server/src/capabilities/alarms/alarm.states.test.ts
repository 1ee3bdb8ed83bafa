import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type AlarmPoint,
  type AlarmState,
  type AlarmTerms,
  type Comparison,
  decideAlarmState,
  type MissingData,
  samplesMinOf,
} from './alarm.states.ts'

const TERMS: AlarmTerms = {
  threshold: 3,
  comparison: 'GreaterThanThreshold',
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  missingData: 'missing',
  samplesMin: undefined,
}

/** As AWS writes them: the newest on the right, `0` good, `X` breaching, `-` missing. */
function points(text: string, sampleCount = 1): AlarmPoint[] {
  return text
    .split(' ')
    .map((letter, index) => ({
      at: new Date(Date.UTC(2026, 0, 1, 0, index)),
      value: letter === '-' ? undefined : letter === 'X' ? 9 : 1,
      sampleCount: letter === '-' ? undefined : sampleCount,
    }))
    .toReversed()
}

type Outcome = AlarmState | 'retained'

const outcome = (terms: Partial<AlarmTerms>, text: string): Outcome =>
  decideAlarmState({ ...TERMS, ...terms }, points(text)).stateValue ?? 'retained'

/** source: Amazon CloudWatch User Guide, "How alarm state is evaluated when data is missing", in its editions. */
const PUBLISHED: readonly [number, string, Record<MissingData, Outcome>][] = [
  [3, '0 - X - X', { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
  [3, '0 - - - -', { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
  [
    3,
    '- - - - -',
    { missing: 'INSUFFICIENT_DATA', ignore: 'retained', breaching: 'ALARM', notBreaching: 'OK' },
  ],
  [
    3,
    '0 X X - X',
    { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  ],
  [
    3,
    '- - X - -',
    { missing: 'ALARM', ignore: 'retained', breaching: 'ALARM', notBreaching: 'OK' },
  ],
  [
    3,
    '- - - - X',
    { missing: 'INSUFFICIENT_DATA', ignore: 'retained', breaching: 'ALARM', notBreaching: 'OK' },
  ],
  [
    3,
    'X - - - -',
    { missing: 'ALARM', ignore: 'retained', breaching: 'ALARM', notBreaching: 'OK' },
  ],
  [
    2,
    '0 - X - X',
    { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  ],
  [
    2,
    '0 0 X 0 X',
    { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  ],
  [2, '0 - X - -', { missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' }],
  [2, '- - - - 0', { missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' }],
  [
    2,
    '- - - X -',
    { missing: 'ALARM', ignore: 'retained', breaching: 'ALARM', notBreaching: 'OK' },
  ],
  [
    2,
    '- - - - X',
    { missing: 'INSUFFICIENT_DATA', ignore: 'retained', breaching: 'ALARM', notBreaching: 'OK' },
  ],
]

for (const [datapointsToAlarm, text, expected] of PUBLISHED) {
  test(`an alarm of ${datapointsToAlarm} out of 3 is evaluated over ${text} as AWS's table says`, () => {
    for (const [missingData, state] of Object.entries(expected) as [MissingData, Outcome][]) {
      assert.equal(outcome({ datapointsToAlarm, missingData }, text), state, missingData)
    }
  })
}

test('premature transitions: the next good data point is waited for', () => {
  assert.equal(outcome({}, '- - - X -'), 'INSUFFICIENT_DATA')
  assert.equal(outcome({}, '- - - X 0'), 'OK')
  assert.equal(outcome({}, '- - X - 0'), 'OK')
  assert.equal(outcome({}, '- - X X -'), 'ALARM')
})

test('an alarm without DatapointsToAlarm wants all its periods to breach', () => {
  assert.equal(outcome({ datapointsToAlarm: undefined }, '0 0 0 X X'), 'OK')
  assert.equal(outcome({ datapointsToAlarm: undefined }, '0 0 X X X'), 'ALARM')
})

test('the figure of the guide: three in a row alarm, the sixth recovers, the ninth alone does not alarm', () => {
  const series = '0 0 X X X 0 0 0 X 0'.split(' ')
  const states = series.map((_, index) =>
    outcome({}, ['0', '0', '0', '0', ...series.slice(0, index + 1)].slice(-5).join(' ')),
  )

  assert.deepEqual(states, ['OK', 'OK', 'OK', 'OK', 'ALARM', 'OK', 'OK', 'OK', 'OK', 'OK'])
})

test('each comparison holds on its own side of the threshold', () => {
  const cases: readonly [Comparison, number, boolean][] = [
    ['GreaterThanOrEqualToThreshold', 3, true],
    ['GreaterThanOrEqualToThreshold', 2.9, false],
    ['GreaterThanThreshold', 3, false],
    ['GreaterThanThreshold', 3.1, true],
    ['LessThanThreshold', 3, false],
    ['LessThanThreshold', 2.9, true],
    ['LessThanOrEqualToThreshold', 3, true],
    ['LessThanOrEqualToThreshold', 3.1, false],
  ]
  for (const [comparison, value, breaches] of cases) {
    const terms = { ...TERMS, comparison, evaluationPeriods: 1, datapointsToAlarm: 1 }
    const { stateValue } = decideAlarmState(terms, [
      { at: new Date(0), value, sampleCount: undefined },
    ])
    assert.equal(stateValue, breaches ? 'ALARM' : 'OK', `${value} ${comparison}`)
  }
})

test('a percentile of too few samples keeps the state where the alarm ignores those', () => {
  assert.deepEqual([99, 90, 50, 10].map(samplesMinOf), [1000, 100, 20, 100])
  const terms = { ...TERMS, evaluationPeriods: 1, datapointsToAlarm: 1, samplesMin: 100 }

  assert.equal(decideAlarmState(terms, points('X', 99)).stateValue, undefined)
  assert.equal(decideAlarmState(terms, points('X', 100)).stateValue, 'ALARM')
  assert.equal(decideAlarmState(terms, points('-')).stateValue, 'INSUFFICIENT_DATA')
})

test('what was evaluated are all real points up to N, and the newest of the missing ones', () => {
  const letters = (text: string): string =>
    decideAlarmState(TERMS, points(text))
      .evaluated.toReversed()
      .map(({ at, value }) => `${at.getUTCMinutes()}${value === undefined ? '-' : '+'}`)
      .join(' ')

  assert.equal(letters('0 - X - X'), '0+ 2+ 4+')
  assert.equal(letters('0 - - - -'), '0+ 3- 4-')
  assert.equal(letters('- - - - -'), '2- 3- 4-')
})
