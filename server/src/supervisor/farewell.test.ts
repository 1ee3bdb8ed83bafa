import assert from 'node:assert/strict'
import { test } from 'node:test'
import { farewell } from './farewell.ts'

test('a stop says which jobs go on and which endpoints end, each once', () => {
  const tasks = [
    { kind: 'Replica', name: 'endpoint-b' },
    { kind: 'TrainingJob', name: 'job-b' },
    { kind: 'TrainingJob', name: 'job-a' },
    { kind: 'TrainingJob', name: 'job-a' },
    { kind: 'Replica', name: 'endpoint-b' },
  ]

  assert.deepEqual(farewell(tasks), [
    'jobs that go on by themselves, until the next up adopts them: job-a, job-b',
    'endpoints that end now, and come back with the next up: endpoint-b',
  ])
  assert.deepEqual(farewell([]), [])
})
