import assert from 'node:assert/strict'
import test from 'node:test'
import { PathMiss, parseJsonPath, selectJson } from './json-path.ts'

const RECORD = {
  id: 'a',
  features: [1, 2, 3],
  customer: { name: 'Ann', age: 40, address: { city: 'Bonn' } },
  SageMakerOutput: { score: 0.9 },
}

/** The first eight are of "Associate Prediction Results with Input Records". */
const SELECTIONS: readonly (readonly [string, unknown, unknown])[] = [
  ['$', RECORD, RECORD],
  ['$.features', RECORD, [1, 2, 3]],
  ["$['id','SageMakerOutput']", RECORD, { id: 'a', SageMakerOutput: { score: 0.9 } }],
  ["$.customer.['name','age']", RECORD, { name: 'Ann', age: 40 }],
  ['$[1:]', [1, 2, 3], [2, 3]],
  ['$[0,-1]', [1, 2, 3], [1, 3]],
  ['$[0, -1]', [1, 2, 3], [1, 3]],
  ['$[0,5:]', [0, 1, 2, 3, 4, 5, 6], [0, 5, 6]],
  ['$.customer.address.city', RECORD, 'Bonn'],
  ['$["id"]', RECORD, 'a'],
  ['$.features[0]', RECORD, 1],
  ['$.features[-1]', RECORD, 3],
  ['$.features[:2]', RECORD, [1, 2]],
  ['$.features[-2:]', RECORD, [2, 3]],
  ['$.features[*]', RECORD, [1, 2, 3]],
  ['$.customer.*', { customer: { a: 1, b: 2 } }, [1, 2]],
  ['$[*].a', [{ a: 1 }, { a: 2 }], [1, 2]],
  ["$['it''s']", {}, undefined],
  ["$['a b']", { 'a b': 1 }, 1],
  ["$['x\\'y']", { "x'y": 1 }, 1],
  ['$[5:]', [1, 2], []],
  [' $.id ', RECORD, 'a'],
]

for (const [path, value, expected] of SELECTIONS) {
  test(`${path} of ${JSON.stringify(value).slice(0, 40)} selects ${JSON.stringify(expected)}`, () => {
    const parsed = parseJsonPath(path)
    if (expected === undefined) return assert.equal(parsed, undefined)
    assert.ok(parsed)
    assert.deepEqual(selectJson(value, parsed), expected)
  })
}

for (const path of [
  '',
  'id',
  '$.',
  '$[',
  '$[]',
  '$[1',
  "$['a',]",
  '$..a',
  '$[?(@.a)]',
  '$[a]',
  '$[1:2:3]',
  '$ a',
]) {
  test(`'${path}' is no path that is supported`, () => {
    assert.equal(parseJsonPath(path), undefined)
  })
}

const MISSES: readonly (readonly [string, unknown])[] = [
  ['$.nothing', RECORD],
  ["$['id','nothing']", RECORD],
  ['$[3]', [1, 2, 3]],
  ['$[-4]', [1, 2, 3]],
  ['$[0]', RECORD],
  ['$.id', [1]],
  ['$.id.deeper', RECORD],
]

for (const [path, value] of MISSES) {
  test(`${path} misses in ${JSON.stringify(value).slice(0, 40)}`, () => {
    assert.throws(() => selectJson(value, parseJsonPath(path) ?? []), PathMiss)
  })
}
