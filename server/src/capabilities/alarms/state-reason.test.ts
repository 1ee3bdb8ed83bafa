import assert from 'node:assert/strict'
import test from 'node:test'
import { type AlarmPoint, type AlarmTerms, decideAlarmState } from './alarm.states.ts'
import { javaDouble, longInstant } from './java-text.ts'
import { stateReason, stateReasonData } from './state-reason.ts'

const TERMS: AlarmTerms = {
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  evaluationPeriods: 1,
  datapointsToAlarm: undefined,
  missingData: 'missing',
  samplesMin: undefined,
}

/** Values per minute up to 10:00 on 20 November 2026, the newest first. */
function minutes(...values: (number | undefined)[]): AlarmPoint[] {
  return values.map((value, index) => ({
    at: new Date(Date.UTC(2026, 10, 20, 10, -index)),
    value,
    sampleCount: value === undefined ? undefined : 2,
  }))
}

/** The texts are those of alarms of AWS that were published, with other numbers. */
const REASONS: readonly [string, Partial<AlarmTerms>, (number | undefined)[], string][] = [
  [
    'M given, one point breaches',
    { datapointsToAlarm: 1 },
    [5],
    'Threshold Crossed: 1 out of the last 1 datapoints [5.0 (20/11/26 10:00:00)] was greater than or ' +
      'equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
  ],
  [
    'M given, one point is good again',
    { datapointsToAlarm: 1, comparison: 'GreaterThanThreshold', threshold: 50 },
    [0.0666851903306472],
    'Threshold Crossed: 1 out of the last 1 datapoints [0.0666851903306472 (20/11/26 10:00:00)] was not ' +
      'greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).',
  ],
  [
    'two out of four: those that breach are listed, the newest first',
    {
      datapointsToAlarm: 2,
      evaluationPeriods: 4,
      comparison: 'GreaterThanThreshold',
      threshold: 10.7,
    },
    [1, 10.75, 1, 10.8],
    'Threshold Crossed: 2 out of the last 4 datapoints [10.75 (20/11/26 09:59:00), 10.8 (20/11/26 09:57:00)] ' +
      'were greater than the threshold (10.7) (minimum 2 datapoints for OK -> ALARM transition).',
  ],
  [
    'no M: without a minimum',
    { evaluationPeriods: 3, comparison: 'GreaterThanThreshold', threshold: 0 },
    [2, 3, 1],
    'Threshold Crossed: 3 datapoints [2.0 (20/11/26 10:00:00), 3.0 (20/11/26 09:59:00), ' +
      '1.0 (20/11/26 09:58:00)] were greater than the threshold (0.0).',
  ],
  [
    'no M, good again: only the good ones are listed',
    { evaluationPeriods: 3, comparison: 'GreaterThanThreshold', threshold: 0 },
    [0, 3, 1],
    'Threshold Crossed: 1 datapoint [0.0 (20/11/26 10:00:00)] was not greater than the threshold (0.0).',
  ],
  [
    'filled in as breaching',
    { missingData: 'breaching', evaluationPeriods: 2 },
    [undefined, undefined, undefined, undefined],
    'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as ' +
      '[Breaching].',
  ],
  [
    'filled in as not breaching, one period',
    { missingData: 'notBreaching' },
    [undefined, undefined, undefined],
    'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as ' +
      '[NonBreaching].',
  ],
  [
    'one real point among many missing',
    { missingData: 'notBreaching', datapointsToAlarm: 1, evaluationPeriods: 20 },
    [613, ...Array<undefined>(21).fill(undefined)],
    'Threshold Crossed: 1 out of the last 20 datapoints [613.0 (20/11/26 10:00:00)] was greater than or ' +
      'equal to the threshold (1.0) and 19 missing datapoints were treated as [NonBreaching] ' +
      '(minimum 1 datapoint for OK -> ALARM transition).',
  ],
  [
    'the real point is good and the missing ones decide',
    { missingData: 'breaching', datapointsToAlarm: 2, evaluationPeriods: 3 },
    [undefined, undefined, 0, undefined, undefined],
    'Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as ' +
      '[Breaching].',
  ],
  [
    'nothing known',
    {},
    [undefined, undefined, undefined],
    'Insufficient Data: 1 datapoint was unknown.',
  ],
  [
    'nothing known of several',
    { evaluationPeriods: 2 },
    [undefined, undefined, undefined, undefined],
    'Insufficient Data: 2 datapoints were unknown.',
  ],
]

for (const [title, terms, values, expected] of REASONS) {
  test(`the reason of a state reads as CloudWatch's: ${title}`, () => {
    const full = { ...TERMS, ...terms }
    assert.equal(stateReason(full, decideAlarmState(full, minutes(...values))), expected)
  })
}

test('the reason for programs lists points oldest first, and those evaluated newest first', () => {
  const terms: AlarmTerms = { ...TERMS, evaluationPeriods: 3, missingData: 'breaching' }
  const verdict = decideAlarmState(terms, minutes(undefined, 5, 4.5, undefined, undefined))
  const query = {
    at: new Date('2026-11-20T10:01:02.345Z'),
    periodSeconds: 60,
    statistic: 'Average',
    unit: 'Seconds',
  }

  assert.equal(
    stateReasonData(terms, verdict, query),
    '{"version":"1.0","queryDate":"2026-11-20T10:01:02.345+0000","startDate":"2026-11-20T09:58:00.000+0000",' +
      '"unit":"Seconds","statistic":"Average","period":60,"recentDatapoints":[4.5,5.0],"threshold":1.0,' +
      '"evaluatedDatapoints":[{"timestamp":"2026-11-20T10:00:00.000+0000"},' +
      '{"timestamp":"2026-11-20T09:59:00.000+0000","sampleCount":2.0,"value":5.0},' +
      '{"timestamp":"2026-11-20T09:58:00.000+0000","sampleCount":2.0,"value":4.5}]}',
  )
})

test('the reason for programs says no start without data and no statistic for metric maths', () => {
  const verdict = decideAlarmState(TERMS, minutes(undefined, undefined, undefined))
  const query = { at: new Date(0), periodSeconds: 10, statistic: undefined, unit: undefined }

  assert.deepEqual(Object.keys(JSON.parse(stateReasonData(TERMS, verdict, query))), [
    'version',
    'queryDate',
    'period',
    'recentDatapoints',
    'threshold',
    'evaluatedDatapoints',
  ])
})

test('numbers are written as Java does', () => {
  const texts = [0, 5, -0.5, 1e-3, 1e-4, 12345678, 1e7, 9999999, 1.5e300].map(javaDouble)

  assert.deepEqual(texts, [
    ...['0.0', '5.0', '-0.5', '0.001', '1.0E-4', '1.2345678E7', '1.0E7', '9999999.0', '1.5E300'],
  ])
})

test('instants in reasons of composite alarms are written out', () => {
  assert.equal(
    longInstant(new Date('2022-07-02T15:57:45.394Z')),
    'Saturday 02 July, 2022 15:57:45 UTC',
  )
})
