import assert from 'node:assert/strict'
import test from 'node:test'
import { functionsOf, namesOf, parseMath } from './math-expression.ts'
import { MathFault } from './math-fault.ts'
import { evaluated } from './math-fixture.ts'

test('operators bind as in mathematics', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['1+2*3', '= 7'],
    ['(1+2)*3', '= 9'],
    ['10-4-3', '= 3'],
    ['24/4/2', '= 3'],
    ['2^3^2', '= 512'],
    ['-2^2', '= -4'],
    ['-2*3', '= -6'],
    ['2*-3', '= -6'],
    ['2--3', '= 5'],
    ['2^-1', '= 0.5'],
    ['1+1 == 2', '= 1'],
    ['1 < 2 == 2 > 1', '= 1'],
    ['1 == 2 OR 2 == 2 AND 3 == 3', '= 1'],
    ['(1 == 1 || 1 == 1) && 1 == 2', '= 0'],
    ['1 == 1 || 1 == 1 && 1 == 2', '= 1'],
    ['1.5e3 + .5', '= 1500.5'],
    ['5 != 5', '= 0'],
  ]
  for (const [expression, result] of cases)
    assert.equal(evaluated(expression, {}), result, expression)
})

test('an expression tells which ids and functions it names', () => {
  const read = parseMath('IF(m1 > AVG(m2), [m1, e1], SORT(METRICS("m"), MAX, DESC))')

  assert.deepEqual([...namesOf(read)], ['m1', 'm2', 'e1', 'MAX', 'DESC'])
  assert.deepEqual([...functionsOf(read)], ['IF', 'AVG', 'SORT', 'METRICS'])
})

test('what cannot be read is refused with the place and what was expected', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /the expression ends at 0 where a number, an id/],
    ['m1 +', /the expression ends at 4/],
    ['m1 m2', /'m2' stands at 3 where an operator or the end/],
    ['(m1', /the expression ends at 3 where \) was expected/],
    ['[m1, m2', /where \] was expected/],
    ['SUM(m1,)', /'\)' stands at 7/],
    ['m1 $ m2', /'\$' at 3 cannot be read/],
    ["'open", /''' at 0 cannot be read/],
    ['* m1', /'\*' stands at 0/],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, /nested more than 100 deep/],
    ['-'.repeat(200), /nested more than 100 deep/],
  ]
  for (const [expression, message] of cases) {
    assert.throws(
      () => parseMath(expression),
      (error) => error instanceof MathFault && message.test(error.message),
      expression.slice(0, 20),
    )
  }
})
