import assert from 'node:assert/strict'
import test from 'node:test'
import { evaluateMath } from './math-evaluation.ts'
import { parseMath } from './math-expression.ts'
import { MathFault, MathNotBuilt } from './math-fault.ts'
import { evaluated, MATH_START_SECONDS, mathScope, seriesOf } from './math-fixture.ts'

type Case = readonly [expression: string, result: string]

const M = { m1: '30 20 0 0', m2: '20 - 20 -', m3: '4 8 - -' }

function check(metrics: Parameters<typeof mathScope>[0], cases: readonly Case[]): void {
  for (const [expression, result] of cases) {
    assert.equal(evaluated(expression, metrics), result, expression)
  }
}

test('arithmetic takes a missing value for 0, and leaves out what is divided by 0', () => {
  check(M, [
    ['m1 + m2', '50 20 20 0'],
    ['m1 - m2', '10 20 -20 0'],
    ['m1 * m3', '120 160 0 0'],
    ['m1 / m2', '1.5 - 0'],
    ['m2 / m1', '0.666667 0'],
    ['m1 * 2', '60 40 0 0'],
    ['100 / m2', '5 - 5'],
    ['-m2', '-20 - -20'],
    ['m3 ^ 2', '16 64'],
    ['m1 / 0', ''],
  ])
})

// source: Amazon CloudWatch User Guide, "Using metric math", "Comparison and logical operators"
test('comparisons and logical operators give 0 and 1', () => {
  check(M, [
    ['m1 < m2', '0 0 1 0'],
    ['m1 >= 30', '1 0 0 0'],
    ['m1 > 15 AND m2 > 15', '1 0 0 0'],
    ['m1 > 15 || m2 > 15', '1 1 1 0'],
    ['m2 == 20', '1 - 1'],
    ['m1 != m2', '1 1 1 0'],
    ['m1 <= 20', '0 1 1 1'],
  ])
})

test('arrays go element by element', () => {
  check(M, [
    ['[m1, m3] * 10', '300 200 0 0 | 40 80'],
    ['100 / [m2, m3]', '5 - 5 | 25 12.5'],
    ['[m1, m3] - m2', '10 20 -20 0 | -16 8 -20'],
    ['[m1, m3] + [m3, m3]', '34 28 0 0 | 8 16'],
    ['-[m3]', '-4 -8'],
    ['METRICS() + 1', '31 21 1 1 | 21 - 21 | 5 9'],
    ['METRICS("3")', '4 8'],
    ['[METRICS("1"), m3, 5]', '30 20 0 0 | 4 8 | 5 5 5 5 5'],
  ])
})

test('an aggregate of a series is a number, of an array a series', () => {
  check({ ...M, m4: '2 4 4 4 5' }, [
    ['SUM(m1)', '= 50'],
    ['AVG(m1)', '= 12.5'],
    ['AVG(m2)', '= 20'],
    ['MIN(m3)', '= 4'],
    ['MAX(m1)', '= 30'],
    // mean 3.8, squares 3.24 + 3·0.04 + 1.44 = 4.8 of 5
    ['STDDEV(m4)', `= ${Math.sqrt(0.96)}`],
    ['DATAPOINT_COUNT(m2)', '= 2'],
    ['METRIC_COUNT(METRICS())', '= 4'],
    ['SUM([m1, m2, m3])', '54 28 20 0'],
    // of three series, the missing ones as 0
    ['AVG([m1, m2, m3])', '18 9.333333 6.666667 0'],
    ['MIN([m1, m2, m3])', '4 8 0 0'],
    ['MAX([m1, m2, m3])', '30 20 20 0'],
    ['STDDEV([m1, m2])', '5 0 10 0'],
    ['DATAPOINT_COUNT([m1, m2, m3])', '3 2 2 1'],
    ['MAX([m1, 10])', '30 20 10 10 10'],
    ['m1 - AVG(m1)', '17.5 7.5 -12.5 -12.5'],
    ['SUM(METRICS("1"))/SUM(m1)*100', '60 40 0 0'],
  ])
})

test('functions of each value and each instant', () => {
  check({ m1: '-1.5 2.4 - 100', m2: '1 0 - 1000' }, [
    ['ABS(m1)', '1.5 2.4 - 100'],
    ['CEIL(m1)', '-1 3 - 100'],
    ['FLOOR(m1)', '-2 2 - 100'],
    ['LOG(m2)', `0 - - ${Math.round(Math.log(1000) * 1e6) / 1e6}`],
    ['LOG10(m1)', '- 0.380211 - 2'],
    ['LOG10([m1, m2])', '- 0.380211 - 2 | 0 - - 3'],
    ['MINUTE(m1)', '0 1 2 3 4'],
    ['HOUR(m1)', '12 12 12 12 12'],
    // a Sunday
    ['DAY(m1)', '7 7 7 7 7'],
    ['DATE(m1)', '1 1 1 1 1'],
    ['MONTH(m1)', '3 3 3 3 3'],
    ['YEAR(m1)', '2026 2026 2026 2026 2026'],
    ['EPOCH(m1) - 1772366400', '0 60 120 180 240'],
    ['PERIOD(m1)', '= 60'],
    ['m2 / PERIOD(m2)', '0.016667 0 - 16.666667'],
    ['TIME_SERIES(7)', '7 7 7 7 7'],
    ['IF(DAY(m1) < 6, m1)', ''],
    ['IF(MONTH(m1) == 3, m1)', '-1.5 2.4 0 100 0'],
  ])
})

test('functions of a value and its neighbours', () => {
  check({ m1: '10 - 16 13', m2: '- 4 - - 10' }, [
    ['DIFF(m1)', '- - 6 -3'],
    ['DIFF_TIME(m1)', '- - 120 60'],
    ['RATE(m1)', '- - 0.05 -0.05'],
    ['RUNNING_SUM(m1)', '10 - 26 39'],
    ['RUNNING_SUM([m1, m2])', '10 - 26 39 | - 4 - - 14'],
    ['FILL(m1, 0)', '10 0 16 13 0'],
    ['FILL(m1, REPEAT)', '10 10 16 13 13'],
    ['FILL(m1, LINEAR)', '10 13 16 13'],
    ['FILL(m2, REPEAT)', '- 4 4 4 10'],
    ['FILL(m2, LINEAR)', '- 4 6 8 10'],
    ['FILL(m1, m2)', '10 4 16 13 10'],
    ['FILL(METRICS(), MIN(m1))', '10 10 16 13 10 | 10 4 10 10 10'],
    ['DIFF(m2)', '- - - - 6'],
  ])
})

test('functions that pick and order', () => {
  check({ m1: '1 9', m2: '5 5', m3: '-', m4: '7 2' }, [
    ['FIRST(METRICS())', '1 9'],
    ['LAST(METRICS())', '7 2'],
    ['REMOVE_EMPTY(METRICS())', '1 9 | 5 5 | 7 2'],
    ['SLICE(METRICS(), 1)', '5 5 |  | 7 2'],
    ['SLICE(METRICS(), 0, 2)', '1 9 | 5 5'],
    // 5, 5, none, 4.5
    ['SORT(METRICS(), AVG, ASC)', '7 2 | 1 9 | 5 5 | '],
    ['SORT(METRICS(), MAX, DESC)', '1 9 | 7 2 | 5 5 | '],
    ['SORT(METRICS(), MIN, DESC, 2)', '5 5 | 7 2'],
    ['SORT([m1, m4], SUM, ASC, 1)', '7 2'],
    ['IF(FIRST(SORT(METRICS(), MAX, DESC)) > 5, 1, 0)', '0 1'],
  ])
})

// source: Amazon CloudWatch User Guide, "Using IF expressions"
test('IF takes the branch of each instant, as AWS tabulates', () => {
  check({ m1: '1 1 0 0 -', m2: '30 - 0 0 30', m3: '0 0 20 - 20' }, [
    ['IF(m1, m2, m3)', '30 0 20'],
    ['IF(m1, 5, m3)', '5 5 20'],
    ['IF(m1, m2, 5)', '30 0 5 5'],
    ['IF(m1, 8, 9)', '8 8 9 9'],
    ['IF(m1, m2)', '30 0'],
    ['IF(1, m2, m3)', '30 - 0 0 30'],
    ['IF(0, m2, m3)', '0 0 20 - 20'],
    ['IF(0, m2)', ''],
    ['IF(m2 < 10, 1, 0)', '0 - 1 1 0'],
    ['IF(-1, 2, 3)', '= 2'],
  ])
})

test('series of different periods meet at the instants of the longer one', () => {
  const metrics = { m1: seriesOf('1 2 3 4 5'), m2: seriesOf('10 20 30', 120) }

  assert.equal(evaluated('m1 + m2', metrics), '11 23 35')
})

test('what a function cannot take is refused in words', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['m9', /no query of the id m9/],
    ['NOPE(m1)', /no function NOPE/],
    ['ABS()', /ABS has 0 parameters: it takes 1/],
    ['ABS(1)', /ABS takes a series or an array/],
    ['SORT(m1, MEDIAN, ASC)', /no query of the id MEDIAN/],
    ['SORT(m1, AVG, UP)', /UP/],
    ['FILL(m1, "x")', /number, a series, REPEAT or LINEAR/],
    ['IF([m1], 1, 0)', /not arrays/],
    ['[m1, m2] + [m1]', /arrays of 2 and 1 series/],
    ['m1 + "x"', /between Series and Text/],
    ['METRICS(m1)', /one text in quotes/],
    ['SEARCH(m1)', /SEARCH takes a text/],
    ['FIRST(METRICS("none"))', /at least one series/],
  ]
  for (const [expression, message] of cases) {
    assert.throws(
      () => evaluated(expression, M),
      (error) => error instanceof MathFault && message.test(error.message),
      expression,
    )
  }
  const week = { startSeconds: MATH_START_SECONDS, endSeconds: MATH_START_SECONDS + 604_800 * 52 }
  assert.throws(
    () => evaluateMath(parseMath('FILL(m1, 0)'), { ...mathScope(M), range: week }),
    /too long: at most 100800/,
  )
})

test('functions of AWS that are not built say so', () => {
  for (const name of ['ANOMALY_DETECTION_BAND', 'INSIGHT_RULE_METRIC', 'SERVICE_QUOTA']) {
    assert.throws(() => evaluated(`${name}(m1)`, M), MathNotBuilt)
  }
})
