import assert from 'node:assert/strict'
import test from 'node:test'
import { executionParameters } from './execution-parameters.ts'

const CONTAINER = '{"MaxConcurrentTransforms":8,"BatchStrategy":"SINGLE_RECORD","MaxPayloadInMB":3}'

const CASES: readonly (readonly [string, Parameters<typeof executionParameters>, unknown[]])[] = [
  ['nobody says anything', [{}, undefined], [1, 'MultiRecord', 6]],
  ['the container does', [{}, CONTAINER], [8, 'SingleRecord', 3]],
  [
    'the request does too, and wins',
    [{ maxConcurrentTransforms: 2, batchStrategy: 'MultiRecord', maxPayloadMb: 5 }, CONTAINER],
    [2, 'MultiRecord', 5],
  ],
  ['the request says a part', [{ maxPayloadMb: 1 }, CONTAINER], [8, 'SingleRecord', 1]],
  ['payloads have no bound', [{ maxPayloadMb: 0 }, CONTAINER], [8, 'SingleRecord', 0]],
  ['the container says a part', [{}, '{"MaxConcurrentTransforms":"4"}'], [4, 'MultiRecord', 6]],
  [
    'the container asks for too much at once',
    [{}, '{"MaxConcurrentTransforms":64}'],
    [16, 'MultiRecord', 6],
  ],
  ['the container answers something else', [{}, '<html>'], [1, 'MultiRecord', 6]],
  [
    'the container answers nonsense',
    [{}, '{"MaxPayloadInMB":-1,"MaxConcurrentTransforms":null}'],
    [1, 'MultiRecord', 6],
  ],
]

for (const [title, [asked, answer], expected] of CASES) {
  test(`execution parameters where ${title}`, () => {
    const found = executionParameters(asked, answer)

    assert.deepEqual([found.maxConcurrentTransforms, found.strategy, found.maxPayloadMb], expected)
  })
}
