import assert from 'node:assert/strict'
import test from 'node:test'
import { invocationTarget } from './invocation-target.ts'

const cases: readonly [method: string, path: string, expected: [string, boolean] | undefined][] = [
  ['POST', '/endpoints/churn/invocations', ['churn', false]],
  ['POST', '/endpoints/churn/invocations-response-stream', ['churn', true]],
  ['POST', '/endpoints/a%2Db/invocations', ['a-b', false]],
  ['POST', '/endpoints/churn/async-invocations', undefined],
  ['GET', '/endpoints/churn/invocations', undefined],
  ['POST', '/endpoints//invocations', undefined],
  ['POST', '/endpoints/a/b/invocations', undefined],
  ['POST', '/endpoints/%E0%A4%A/invocations', undefined],
  ['POST', '/bucket/endpoints/churn/invocations', undefined],
]
for (const [method, path, expected] of cases) {
  test(`${method} ${path} is ${expected ? `an invocation of ${expected[0]}` : 'none'}`, () => {
    const target = invocationTarget(method, path)
    assert.deepEqual(target && [target.endpointName, target.streaming], expected)
  })
}
