import assert from 'node:assert/strict'
import test from 'node:test'
import { compileFilterPattern } from './filter-pattern.ts'

const MESSAGE = JSON.stringify({
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  bandwidth: 75,
  latency: 0.0012,
  isOpen: true,
  error: null,
  codes: [200, 404],
  objectList: [{ name: 'a', id: 1 }],
  user: { id: 4, 'full.name': 'Ana (ops)' },
})

// source: CloudWatch Logs User Guide, "Using filter patterns to match terms in JSON log events"; the rows
// about properties that are not there, objects and quoted selectors are ours
const CASES: readonly [pattern: string, isMeant: boolean][] = [
  ['{ $.eventType = "UpdateTrail" }', true],
  ['{ $.eventType = UpdateTrail }', true],
  ['{$.eventType="Update*"}', true],
  ['{ $.eventType = "*Trail" }', true],
  ['{ $.eventType = "Trail" }', false],
  ['{ $.eventType != "DeleteTrail" }', true],
  ['{ $.eventType = %Trail% }', true],
  ['{ $.eventType != %^Trail% }', true],
  ['{ $.eventType = "*" }', true],
  ['{ $.user = "*" }', true],
  ['{ $.nothing = "*" }', false],
  ['{ $.nothing != "x" }', false],
  ['{ $.sourceIPAddress = 111.111.* }', true],
  ['{ $.sourceIPAddress != 123.123.* }', true],
  ['{ $.bandwidth = 75 }', true],
  ['{ $.bandwidth > 74.5 }', true],
  ['{ $.bandwidth >= 75 && $.bandwidth <= 75 }', true],
  ['{ $.bandwidth < 75 }', false],
  ['{ $.bandwidth = 7* }', true],
  ['{ $.latency < 1.3e-3 }', true],
  ['{ $.eventType > 3 }', false],
  ['{ $.isOpen IS TRUE }', true],
  ['{ $.isOpen IS FALSE }', false],
  ['{ $.error IS NULL }', true],
  ['{ $.nothing IS NULL }', false],
  ['{ $.nothing NOT EXISTS }', true],
  ['{ $.error NOT EXISTS }', false],
  ['{ $.codes[1] = 404 }', true],
  ['{ $.codes[2] = 404 }', false],
  ['{ $.codes.length = 2 }', false],
  ['{ $.objectList[0].name = "a" }', true],
  ['{ $.user.id = 4 }', true],
  ['{ $.user.["full.name"] = "Ana (ops)" }', true],
  ['{ $.user[\'full.name\'] = "Ana*" }', true],
  ['{ $.bandwidth = 1 || $.user.id = 4 && $.isOpen IS TRUE }', true],
  ['{ ($.bandwidth = 75 || $.user.id = 4) && $.isOpen IS FALSE }', false],
]

test('a JSON pattern means the messages whose properties are so', () => {
  for (const [pattern, isMeant] of CASES) {
    assert.equal(compileFilterPattern(pattern)(MESSAGE), isMeant, pattern)
  }
})

test('a JSON pattern means no message that is not JSON', () => {
  const filter = compileFilterPattern('{ $.a NOT EXISTS }')

  assert.equal(filter('{}'), true)
  assert.equal(filter('plain {}'), false)
  assert.equal(filter('12'), false)
})

test('a JSON pattern that cannot be read is refused', () => {
  const patterns = [
    '{ }',
    '{ $.a = 1',
    '{ a = 1 }',
    '{ $.a }',
    '{ $.a = }',
    '{ $.a > "x" }',
    '{ $.a IS MAYBE }',
    '{ $.a NOT THERE }',
    '{ ($.a = 1 }',
    '{ $.a = 1 $.b = 2 }',
    '{ $.a = 1 && }',
    '{ $.a = %(% }',
    '{ $.a = %a% && $.a = %b% && $.a = %c% }',
    '{ $.a == 1 }',
  ]
  for (const pattern of patterns) {
    assert.throws(
      () => compileFilterPattern(pattern),
      { code: 'InvalidParameterException', message: /^Invalid filter pattern/ },
      pattern,
    )
  }
})
