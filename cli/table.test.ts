import assert from 'node:assert/strict'
import test from 'node:test'
import { tableLines } from './table.ts'

const ROWS = [
  ['TIME', 'DECISION', 'CAUSE'],
  ['09:33', 'BakePassed', 'the wait is over and no alarm is in ALARM'],
  ['10:33', 'Completed', ''],
]

test('columns are aligned, and each row is one line where there is no terminal', () => {
  assert.deepEqual(tableLines(ROWS, undefined), [
    'TIME   DECISION    CAUSE',
    '09:33  BakePassed  the wait is over and no alarm is in ALARM',
    '10:33  Completed',
  ])
})

test('the last column is broken between words where a terminal is narrow, and left where it is too narrow', () => {
  assert.deepEqual(tableLines(ROWS, 45).slice(1), [
    '09:33  BakePassed  the wait is over and no',
    '                   alarm is in ALARM',
    '10:33  Completed',
  ])
  assert.deepEqual(tableLines(ROWS, 30), tableLines(ROWS, undefined))
})
