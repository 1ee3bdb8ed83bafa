import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTaggingHeader, validateTags } from './object-tags.validation.ts'

test('parseTaggingHeader decodes pairs in their order', () => {
  assert.deepEqual(parseTaggingHeader('b=2&a=x%20y+z&empty='), [
    { Key: 'b', Value: '2' },
    { Key: 'a', Value: 'x y z' },
    { Key: 'empty', Value: '' },
  ])
  assert.deepEqual(parseTaggingHeader(undefined), [])
})

test('parseTaggingHeader refuses a broken encoding and a repeated key', () => {
  assert.throws(() => parseTaggingHeader('a=%zz'), { code: 'InvalidArgument' })
  assert.throws(() => parseTaggingHeader('a=1&a=2'), { code: 'InvalidTag' })
})

test('validateTags holds to the limits', () => {
  const tags = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ Key: `k${n}`, Value: '' }))
  assert.equal(validateTags(tags(10)).length, 10)
  assert.throws(() => validateTags(tags(11)), { code: 'BadRequest' })
  for (const tag of [
    { Key: '', Value: 'v' },
    { Key: 'k'.repeat(129), Value: 'v' },
    { Key: 'k', Value: 'v'.repeat(257) },
    { Key: 'k?', Value: 'v' },
    { Key: 'aws:k', Value: 'v' },
  ]) {
    assert.throws(() => validateTags([tag]), { code: 'InvalidTag' }, tag.Key)
  }
})
