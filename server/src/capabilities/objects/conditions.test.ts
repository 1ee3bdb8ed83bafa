import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  failedCondition,
  matchesEtag,
  type ReadConditions,
  refusedCopy,
  refusedRead,
} from './conditions.ts'

const present = { etag: 'now', lastModified: new Date('2026-01-02T00:00:00Z') }
const before = new Date('2026-01-01T00:00:00Z')
const after = new Date('2026-01-03T00:00:00Z')

const NONE: ReadConditions = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  ifUnmodifiedSince: undefined,
}

/** source: Amazon S3 API Reference, GetObject, "Conditional"; RFC 9110, 13.2.2 */
const CASES: { given: Partial<ReadConditions>; failed: string | undefined; because: string }[] = [
  { given: {}, failed: undefined, because: 'nothing is demanded' },
  { given: { ifMatch: '"now"' }, failed: undefined, because: 'it matches' },
  { given: { ifMatch: '"old"' }, failed: 'If-Match', because: 'it does not match' },
  { given: { ifNoneMatch: '"now"' }, failed: 'If-None-Match', because: 'it matches' },
  { given: { ifNoneMatch: '"old"' }, failed: undefined, because: 'it does not match' },
  { given: { ifModifiedSince: before }, failed: undefined, because: 'changed since' },
  { given: { ifModifiedSince: after }, failed: 'If-Modified-Since', because: 'not changed since' },
  {
    given: { ifModifiedSince: present.lastModified },
    failed: 'If-Modified-Since',
    because: 'the same second is not since',
  },
  { given: { ifUnmodifiedSince: after }, failed: undefined, because: 'not changed since' },
  { given: { ifUnmodifiedSince: before }, failed: 'If-Unmodified-Since', because: 'changed since' },
  {
    given: { ifMatch: 'now', ifUnmodifiedSince: before },
    failed: undefined,
    because: 'a true If-Match makes If-Unmodified-Since count for nothing: 200',
  },
  {
    given: { ifNoneMatch: 'now', ifModifiedSince: before },
    failed: 'If-None-Match',
    because: 'a false If-None-Match prevails over a true If-Modified-Since: 304',
  },
  {
    given: { ifNoneMatch: 'old', ifModifiedSince: after },
    failed: undefined,
    because: 'a true If-None-Match makes If-Modified-Since count for nothing',
  },
  {
    given: { ifMatch: 'old', ifNoneMatch: 'now' },
    failed: 'If-Match',
    because: '412 is found before 304',
  },
]

test('failedCondition follows the precedence of the standard', () => {
  for (const { given, failed, because } of CASES) {
    assert.equal(failedCondition({ ...NONE, ...given }, present), failed, because)
  }
})

test('a reader who has the present state gets 304, every other failure is 412', () => {
  assert.equal(refusedRead({ ...NONE, ifNoneMatch: 'now' }, present)?.code, 'NotModified')
  assert.equal(refusedRead({ ...NONE, ifModifiedSince: after }, present)?.code, 'NotModified')
  assert.equal(refusedRead({ ...NONE, ifMatch: 'old' }, present)?.code, 'PreconditionFailed')
  assert.equal(refusedCopy({ ...NONE, ifNoneMatch: 'now' }, present)?.code, 'PreconditionFailed')
  assert.equal(refusedRead(NONE, present), undefined)
})

test('matchesEtag reads quotes, weak tags, lists and the star', () => {
  for (const condition of ['now', '"now"', 'W/"now"', '"old", "now"', '*']) {
    assert.equal(matchesEtag(condition, 'now'), true, condition)
  }
  assert.equal(matchesEtag('"old"', 'now'), false)
})
