import assert from 'node:assert/strict'
import test from 'node:test'
import { PathMiss, parseJsonPath } from '../../aws/json-path.ts'
import { csvFields, csvFilter, csvRows } from './csv-row.ts'

const FILTERS: readonly (readonly [string, string, string])[] = [
  ['$', 'a,b,c', 'a,b,c'],
  ['$[*]', 'a,b,c', 'a,b,c'],
  ['$[0]', 'a,b,c', 'a'],
  ['$[2]', 'a,b,c', 'c'],
  ['$[-1]', 'a,b,c', 'c'],
  ['$[-1]', 'a', 'a'],
  ['$[-2]', 'a,b,c', 'b'],
  ['$[1:]', 'a,b,c', 'b,c'],
  ['$[:2]', 'a,b,c', 'a,b'],
  ['$[1:2]', 'a,b,c', 'b'],
  ['$[-2:]', 'a,b,c', 'b,c'],
  ['$[3:]', 'a,b,c', ''],
  ['$[0,3:]', 'a,b,c', 'a'],
  ['$[0,-1]', 'a,b,c', 'a,c'],
  ['$[2,0]', 'a,b,c', 'c,a'],
  ['$[0,1]', ',', ','],
  ['$[1:]', '"a,1",b,"c ""q"""', 'b,"c ""q"""'],
  ['$[0,-1]', '"a,1",b,"c,2"', '"a,1","c,2"'],
]

for (const [filter, row, expected] of FILTERS) {
  test(`${filter} of the row ${row} is ${expected}`, () => {
    assert.equal(csvFilter(parseJsonPath(filter) ?? [])?.(row), expected)
  })
}

test('an index beyond a row is a miss, also where commas alone are looked at', () => {
  for (const filter of ['$[3]', '$[0,3]', '$[-4]']) {
    assert.throws(() => csvFilter(parseJsonPath(filter) ?? [])?.('a,b,c'), PathMiss)
  }
})

test('paths by name, and deeper ones, are for no row', () => {
  for (const filter of ['$.a', "$['a']", '$[0][1]']) {
    assert.equal(csvFilter(parseJsonPath(filter) ?? []), undefined)
  }
})

test('a quote that is not closed is a failure', () => {
  assert.throws(() => csvFields('a,"b,c'), /a quote that is not closed/)
})

test('rows end with a newline that no quotes hold', () => {
  assert.deepEqual(csvRows('a,b\r\nc\n\nd'), ['a,b', 'c', 'd'])
  assert.deepEqual(csvRows('"a\nb",1\n"c ""\r\n""",2\r\n'), ['"a\nb",1', '"c ""\r\n""",2'])
  assert.deepEqual(csvRows(''), [])
})
