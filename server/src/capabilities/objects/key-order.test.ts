import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterMarker, afterPrefix, commonPrefixOf, urlEncodeKey } from './key-order.ts'

test('afterPrefix is the least text behind all that start with the prefix', () => {
  assert.equal(afterPrefix('a'), 'b')
  assert.equal(afterPrefix('photos/'), 'photos0')
  assert.equal(afterPrefix('\ud7ff'), '\ue000', 'surrogates are no characters')
  assert.equal(afterPrefix('a\u{10ffff}'), 'b', 'the greatest character has none behind it')
  assert.equal(afterPrefix(''), undefined)
  assert.equal(afterPrefix('\u{10ffff}'), undefined)
})

test('commonPrefixOf goes to the first delimiter behind the prefix', () => {
  const under = (prefix: string, delimiter = '/') => ({ prefix, delimiter })
  assert.equal(commonPrefixOf('a/b/c', under('')), 'a/')
  assert.equal(commonPrefixOf('a/b/c', under('a/')), 'a/b/')
  assert.equal(commonPrefixOf('a/b', under('a/')), undefined)
  assert.equal(commonPrefixOf('x--y--z', under('', '--')), 'x--')
  assert.equal(commonPrefixOf('other', under('a/')), undefined)
})

test('afterMarker goes behind a key, and behind all that a common prefix stands for', () => {
  const all = { prefix: '', delimiter: '/' }
  assert.equal(afterMarker('a/b', all), 'a/b\u0001')
  assert.equal(afterMarker('a/', all), 'a0')
  assert.equal(afterMarker('a/', { ...all, delimiter: undefined }), 'a/\u0001')
})

test('urlEncodeKey writes what the AWS documentation shows', () => {
  // source: ListObjectsV2, EncodingType: test_file(3).png appears as test_file%283%29.png
  assert.equal(urlEncodeKey('test_file(3).png'), 'test_file%283%29.png')
  assert.equal(urlEncodeKey('a b/c+d'), 'a+b/c%2Bd')
  assert.equal(urlEncodeKey('ü\n'), '%C3%BC%0A')
})
