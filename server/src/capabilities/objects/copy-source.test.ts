import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCopyRange } from './copy-part.operations.ts'
import { parseCopySource } from './copy-source.ts'

test('parseCopySource reads bucket, key and version, with or without a slash before', () => {
  const source = { bucket: 'b', key: 'a/b c', versionId: undefined }
  assert.deepEqual(parseCopySource('b/a/b%20c'), source)
  assert.deepEqual(parseCopySource('/b/a/b%20c'), source)
  assert.deepEqual(parseCopySource('b%2Fa%2Fb%20c'), source, 'the slashes encoded too')
  assert.deepEqual(parseCopySource('b/k?versionId=null').versionId, 'null')
})

test('parseCopySource refuses what names no object', () => {
  for (const header of [undefined, '', 'bucket', 'bucket/', 'b/%zz']) {
    assert.throws(() => parseCopySource(header), { code: 'InvalidArgument' })
  }
  assert.throws(() => parseCopySource('arn:aws:s3:us-east-1:1:accesspoint/a/object/k'), {
    code: 'InvalidRequest',
  })
})

test('parseCopyRange takes a full range inside the source only', () => {
  assert.deepEqual(parseCopyRange('bytes=0-9', 10), { start: 0, end: 9 })
  assert.equal(parseCopyRange(undefined, 10), undefined)
  for (const header of ['bytes=0-10', 'bytes=5-', 'bytes=-5', 'bytes=5-4', '0-9']) {
    assert.throws(() => parseCopyRange(header, 10), { code: 'InvalidArgument' }, header)
  }
})
