import assert from 'node:assert/strict'
import test from 'node:test'
import { type PeriodFigures, readStatistic } from './statistic.ts'

/** 1 to 10, each once. */
const TO_TEN: PeriodFigures = {
  sampleCount: 10,
  sum: 55,
  minimum: 1,
  maximum: 10,
  distribution: { values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], counts: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
}

const statisticOf = (name: string, figures = TO_TEN) => readStatistic(name)?.of(figures)

test('each statistic of 1 to 10 is what its definition gives', () => {
  const cases: readonly (readonly [name: string, value: number])[] = [
    ['SampleCount', 10],
    ['Sum', 55],
    ['Average', 5.5],
    ['Minimum', 1],
    ['Maximum', 10],
    ['p50', 5],
    ['p90', 9],
    ['p99.9', 10],
    ['p100', 10],
    // without the 10
    ['tm90', 5],
    ['tc90', 9],
    ['ts90', 45],
    // the 10 becomes a 9
    ['wm90', 5.4],
    ['TM(10%:90%)', 5.5],
    ['TM(20%:)', 6.5],
    ['TM(:95%)', (45 + 5) / 9.5],
    // 2 2 3 4 5 6 7 8 9 9
    ['WM(10%:90%)', 5.5],
    // half of 3, 4 to 7, half of 8
    ['IQM', (1.5 + 22 + 4) / 5],
    ['TC(2:5)', 3],
    ['TS(2:5)', 12],
    ['TM(2:5)', 4],
    ['TC(:0.5)', 0],
    ['TS(80%:)', 19],
    ['PR(:3)', 30],
    ['PR(3:8)', 50],
    ['PR(8:)', 20],
    // 2 2 3 4, then 5s
    ['WM(2:5)', (2 + 2 + 3 + 4 + 5 * 6) / 10],
  ]
  for (const [name, value] of cases) {
    const found = statisticOf(name)
    assert.ok(
      found !== undefined && Math.abs(found - value) < 1e-12,
      `${name}: ${found}, not ${value}`,
    )
  }
})

test('names that are no statistic are not read', () => {
  const names = ['', 'average', 'p', 'p101', 'P99', 'pr50', 'TM90', 'tm(10%:90%)', 'TM()', 'TM(:)']
  const more = ['TM(10%:90)', 'TM(90%:10%)', 'PR(10%:90%)', 'WM(:101%)', 'toString', 'IQM(1:2)']
  for (const name of [...names, ...more]) assert.equal(readStatistic(name), undefined, name)
})

test('extended statistics need a distribution without negative values', () => {
  assert.equal(statisticOf('p50', { ...TO_TEN, distribution: undefined }), undefined)
  const negative = { ...TO_TEN, minimum: -1, distribution: { values: [-1, 1], counts: [1, 1] } }
  assert.equal(statisticOf('p50', negative), undefined)
  assert.equal(statisticOf('TM(20:30)'), undefined)
})
