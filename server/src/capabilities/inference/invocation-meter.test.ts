import assert from 'node:assert/strict'
import test from 'node:test'
import { InvocationMeter, type InvocationOutcome } from './invocation-meter.ts'

function outcome(atMs: number, more: Partial<InvocationOutcome> = {}): InvocationOutcome {
  return {
    ...{ atMs, status: 200, isModelError: false, instances: 1 },
    ...{ overheadUs: 100, modelUs: 1_000, setupUs: undefined },
    ...more,
  }
}

test('a second is handed out once it is over, the open one with everything', () => {
  const meter = new InvocationMeter()
  meter.count(outcome(10_000))
  meter.count(outcome(10_999, { instances: 2 }))
  assert.deepEqual(meter.take(10_999), [])
  meter.count(outcome(11_000))
  const [first, ...more] = meter.take(11_500)
  assert.deepEqual(more, [])
  assert.equal(first?.second, 10)
  assert.equal(first?.invocations, 2)
  assert.equal(first?.perInstance, 1.5)
  assert.equal(first?.perInstanceMin, 0.5)
  assert.equal(first?.perInstanceMax, 1)
  assert.equal(first?.model?.sum, 2_000)
  assert.deepEqual(
    meter.takeAll().map(({ second, invocations }) => [second, invocations]),
    [[11, 1]],
  )
  assert.ok(meter.isIdle)
})

const OUTCOMES = [
  { case: 'a success', status: 200, isModelError: false, errors: [0, 0, 0] },
  { case: 'our refusal of the caller', status: 400, isModelError: false, errors: [1, 0, 0] },
  { case: 'no replica', status: 503, isModelError: false, errors: [0, 1, 0] },
  { case: 'a container that refuses', status: 415, isModelError: true, errors: [1, 0, 1] },
  { case: 'a container that fails', status: 500, isModelError: true, errors: [0, 1, 1] },
  { case: 'a container without an answer', status: 0, isModelError: true, errors: [0, 1, 1] },
  { case: 'a caller who left', status: 0, isModelError: false, errors: [0, 0, 0] },
  { case: 'a container that redirects', status: 302, isModelError: true, errors: [0, 1, 1] },
]

for (const { case: title, status, isModelError, errors } of OUTCOMES) {
  test(`${title} counts as [4XX, 5XX, model error] ${errors}`, () => {
    const meter = new InvocationMeter()
    meter.count(outcome(0, { status, isModelError }))
    const [bucket] = meter.takeAll()
    assert.deepEqual([bucket?.errors4xx, bucket?.errors5xx, bucket?.modelErrors], errors)
  })
}

test('buckets that nobody takes become minutes, then hours, and no request is forgotten', () => {
  const meter = new InvocationMeter()
  const seconds = 40_000
  for (let second = 0; second < seconds; second += 4) meter.count(outcome(second * 1_000))
  const buckets = meter.takeAll()
  assert.ok(buckets.length <= 121, `${buckets.length} buckets`)
  const total = buckets.reduce((sum, { invocations }) => sum + invocations, 0)
  assert.equal(total, seconds / 4)
  const latest = buckets.at(-1)
  assert.equal(latest?.second, seconds - 4)
  const counted = buckets.reduce((sum, { model }) => sum + (model?.count ?? 0), 0)
  assert.equal(counted, seconds / 4)
})

test('concurrency is the mean over the time since the last look', () => {
  const meter = new InvocationMeter()
  meter.enter(0)
  meter.enter(500)
  meter.leave(750)
  assert.equal(meter.takeConcurrency(0, 1_000), 1.25)
  assert.equal(meter.takeConcurrency(1_000, 2_000), 1)
  meter.leave(2_000)
  assert.equal(meter.takeConcurrency(2_000, 3_000), 0)
})
