import assert from 'node:assert/strict'
import test from 'node:test'
import { dynamicLabel, plainLabels, readOffsetSeconds, searchLabels } from './metric-label.ts'

const named = (metricName: string, dimensions: Record<string, string> = {}) => ({
  namespace: 'n',
  metricName,
  dimensions,
})

test('queries without a label are named by the metric, and by what tells them apart', () => {
  type Case = readonly [stats: readonly (readonly [string, number, object?])[], labels: string[]]
  // source: recorded from AWS, see metric-label.ts; the last one is ours
  const cases: readonly Case[] = [
    [[['Sum', 60]], ['metric1']],
    [
      [
        ['Sum', 60],
        ['Minimum', 30],
      ],
      ['metric1 Sum 60', 'metric1 Minimum 30'],
    ],
    [
      [
        ['Sum', 60],
        ['Minimum', 60],
      ],
      ['metric1 Sum', 'metric1 Minimum'],
    ],
    [
      [
        ['Sum', 60],
        ['Sum', 30],
      ],
      ['metric1 60', 'metric1 30'],
    ],
    [
      [
        ['Sum', 60, { Variant: 'blue' }],
        ['Sum', 60, { Variant: 'green' }],
      ],
      ['metric1 blue', 'metric1 green'],
    ],
  ]
  for (const [stats, labels] of cases) {
    const asked = stats.map(([statName, periodSeconds, dimensions = {}]) => ({
      metric: named('metric1', { ...dimensions }),
      statName,
      periodSeconds,
    }))
    assert.deepEqual(plainLabels(asked), labels)
  }
})

test('what a search finds is named by what tells it apart', () => {
  const [blue, green] = [
    { Endpoint: 'e', Variant: 'blue' },
    { Endpoint: 'e', Variant: 'green' },
  ]

  assert.deepEqual(searchLabels([named('Errors', blue), named('Errors', green)]), ['blue', 'green'])
  assert.deepEqual(searchLabels([named('Errors', blue), named('Latency', green)]), [
    'blue Errors',
    'green Latency',
  ])
  assert.deepEqual(searchLabels([named('Errors', blue)]), ['Errors'])
})

test('dynamic labels are worked out, and what is not known stays', () => {
  const subject = {
    plain: 'Latency',
    seconds: [0, 60, 120],
    values: [2, 8.12345, 5],
    properties: { Stat: 'Sum', 'Dim.Variant': 'blue' },
    offsetSeconds: 5_400,
  }
  const label = (template: string, change: object = {}): string =>
    dynamicLabel(template.replaceAll('<', '$' + '{').replaceAll('>', '}'), {
      ...subject,
      ...change,
    })

  const cases: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['<LABEL>: <MAX>', 'Latency: 8.123'],
    ['<AVG> <SUM> <MIN> <FIRST> <LAST> <DATAPOINT_COUNT>', '5.041 15.123 2 2 5 3'],
    ['<MIN_MAX_RANGE>, <FIRST_LAST_RANGE>', '2 - 8.123, 2 - 5'],
    ['<MAX_TIME>', '1970-01-01 01:31:00'],
    ["<PROP('Stat')> of <PROP( 'Dim.Variant' )>", 'Sum of blue'],
    ["<PROP('Other')> <UNHEARD>", '$' + "{PROP('Other')} $" + '{UNHEARD}'],
  ]
  for (const [template, text] of cases) assert.equal(label(template), text)
  assert.equal(label('<MAX> <DATAPOINT_COUNT>', { seconds: [], values: [] }), '-- 0')
})

test('time zones of labels are offsets from UTC', () => {
  const cases = ['+0130', '-0800', '+0000', '0130', '+1500', '+0160', 'UTC']

  assert.deepEqual(cases.map(readOffsetSeconds), [5_400, -28_800, 0, ...Array(4).fill(undefined)])
})
