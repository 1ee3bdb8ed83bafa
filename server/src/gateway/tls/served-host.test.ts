import assert from 'node:assert/strict'
import test from 'node:test'
import { isServedHost, parseAuthority } from './served-host.ts'

const cases: readonly [authority: string, served: boolean][] = [
  ['sts.us-east-1.amazonaws.com:443', true],
  ['bucket.s3.cn-north-1.amazonaws.com.cn:443', true],
  ['logs.us-east-1.api.aws:443', true],
  ['STS.AMAZONAWS.COM:443', true],
  ['amazonaws.com.example:443', false],
  ['notamazonaws.com:443', false],
  ['example.org:443', false],
  ['localhost:8420', true],
  ['127.0.0.1:8420', true],
  ['[::1]:8420', true],
  ['localhost:5432', false],
]
for (const [text, served] of cases) {
  test(`${text} is ${served ? '' : 'not '}served here`, () => {
    const authority = parseAuthority(text)
    assert.ok(authority)
    assert.equal(isServedHost(authority, 8420), served)
  })
}

test('what is no authority is none', () => {
  for (const text of [
    '',
    'host',
    'host:',
    'host:0',
    'host:99999',
    'a b:1',
    'u@h:1',
    '[::1',
    'h:1/x',
  ]) {
    assert.equal(parseAuthority(text), undefined, text)
  }
})
