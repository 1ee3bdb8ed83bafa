import assert from 'node:assert/strict'
import test from 'node:test'
import { decideEnvironments } from './environments.states.ts'

const NOW = new Date('2030-01-01T10:00:00Z')
const IDLE_MS = 900_000
const BASE = {
  settings: { memoryMb: 2048, maxConcurrency: 10, provisionedConcurrency: 0 },
  stage: 'Serving',
  known: { count: 1, since: NOW },
  demand: { present: 0, requests: 0, peak: 0 },
  readyCount: 1,
  now: NOW,
  idleMs: IDLE_MS,
} as const
const LATER = new Date(NOW.getTime() + IDLE_MS)

const CASES: readonly {
  readonly why: string
  readonly given: Partial<Parameters<typeof decideEnvironments>[0]>
  readonly count: number
}[] = [
  {
    why: 'a fleet that is launched proves its model with one',
    given: { stage: 'Launching', known: undefined },
    count: 1,
  },
  { why: 'one that serves and was never asked needs none', given: { known: undefined }, count: 0 },
  {
    why: 'provisioned ones are always there',
    given: { settings: { ...BASE.settings, provisionedConcurrency: 3 } },
    count: 3,
  },
  {
    why: 'each concurrent request has its own',
    given: { demand: { present: 3, requests: 3, peak: 3 } },
    count: 3,
  },
  {
    why: 'a burst starts four at a time',
    given: { demand: { present: 9, requests: 9, peak: 9 } },
    count: 5,
  },
  {
    why: 'never more than MaxConcurrency',
    given: { demand: { present: 30, requests: 30, peak: 30 }, readyCount: 9 },
    count: 10,
  },
  {
    why: 'MaxConcurrency that was lowered takes some away',
    given: { known: { count: 12, since: NOW } },
    count: 10,
  },
  {
    why: 'within a watch nothing ends',
    given: { known: { count: 4, since: NOW }, now: new Date(NOW.getTime() + 1) },
    count: 4,
  },
  {
    why: 'after a watch what was not needed ends',
    given: {
      known: { count: 4, since: NOW },
      now: LATER,
      demand: { present: 0, requests: 0, peak: 2 },
    },
    count: 2,
  },
  { why: 'after a watch without requests all end', given: { now: LATER }, count: 0 },
]
for (const { why, given, count } of CASES) {
  test(`environments of a serverless variant: ${why}`, () => {
    assert.equal(decideEnvironments({ ...BASE, ...given }).count, count)
  })
}

test('a watch that is over is followed by another', () => {
  const { since, watchesAnew } = decideEnvironments({ ...BASE, now: LATER })
  assert.deepEqual({ since, watchesAnew }, { since: LATER, watchesAnew: true })
  assert.equal(decideEnvironments(BASE).watchesAnew, false)
})
