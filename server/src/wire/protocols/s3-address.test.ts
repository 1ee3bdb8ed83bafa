import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathWithBucket } from './s3-address.ts'

const CASES: readonly [host: string, rawPath: string, expected: string][] = [
  ['localhost', '/bucket/key', '/bucket/key'],
  ['127.0.0.1', '/bucket/key', '/bucket/key'],
  ['bucket.localhost', '/key', '/bucket/key'],
  ['bucket.localhost', '/', '/bucket/'],
  ['my.dotted.bucket.localhost', '/key', '/my.dotted.bucket/key'],
  ['s3.localhost', '/bucket/key', '/bucket/key'],
  ['bucket.s3.localhost', '/key', '/bucket/key'],
  ['s3.amazonaws.com', '/bucket/key', '/bucket/key'],
  ['s3.eu-west-1.amazonaws.com', '/bucket', '/bucket'],
  ['bucket.s3.amazonaws.com', '/a//b', '/bucket/a//b'],
  ['bucket.s3.eu-west-1.amazonaws.com', '/key', '/bucket/key'],
  ['bucket.s3-eu-west-1.amazonaws.com', '/key', '/bucket/key'],
  ['bucket.s3.dualstack.eu-west-1.amazonaws.com', '/key', '/bucket/key'],
  ['my.bucket.s3.cn-north-1.amazonaws.com.cn', '/key', '/my.bucket/key'],
  ['some-proxy', '/bucket/key', '/bucket/key'],
]

for (const [host, rawPath, expected] of CASES) {
  test(`S3 addresses: ${host}${rawPath}`, () => {
    assert.equal(pathWithBucket({ host, rawPath }), expected)
  })
}

test('S3 addresses: a path with a broken escape is no URI', () => {
  assert.throws(() => pathWithBucket({ host: 'localhost', rawPath: '/b/%zz' }), {
    code: 'InvalidURI',
  })
})
