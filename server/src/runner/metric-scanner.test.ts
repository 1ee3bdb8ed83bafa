import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetricScanner } from './metric-scanner.ts'

test('the last number of each expression counts, in Python’s and Java’s spelling too', () => {
  const scanner = createMetricScanner(
    [
      { name: 'accuracy', regex: 'Accuracy: (?P<value>[0-9.]+)' },
      { name: 'loss', regex: '(?i)LOSS=([-+0-9.e]+)' },
      { name: 'none', regex: 'nothing (\\d+)' },
    ],
    assert.fail,
  )

  scanner.scan(['Accuracy: 0.5 Accuracy: 0.75', 'loss=1e-3'], 'then')
  scanner.scan(['loss=nan', 'loss=2'], 'later')

  assert.deepEqual(scanner.metrics(), [
    { name: 'accuracy', value: 0.75, at: 'then', count: 2 },
    { name: 'loss', value: 2, at: 'later', count: 2 },
  ])
})
