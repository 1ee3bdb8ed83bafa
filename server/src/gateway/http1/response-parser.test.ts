import assert from 'node:assert/strict'
import test from 'node:test'
import { MalformedMessage } from './message-head.ts'
import { parseResponseHead } from './response-parser.ts'

test('a response ends with its connection when nothing else frames it', () => {
  const head = parseResponseHead('HTTP/1.1 200 OK\r\nContent-Type: text/csv', 'POST')
  assert.deepEqual(head.framing, { kind: 'until-close' })
  assert.equal(head.keepAlive, false)
})

test('answers to HEAD, 1xx, 204 and 304 have no body whatever their headers say', () => {
  const length = '\r\nContent-Length: 5'
  assert.equal(parseResponseHead(`HTTP/1.1 200 OK${length}`, 'HEAD').framing.kind, 'none')
  for (const status of [100, 204, 304]) {
    assert.equal(parseResponseHead(`HTTP/1.1 ${status} x${length}`, 'GET').framing.kind, 'none')
  }
})

test('a status line may lack its reason', () => {
  assert.equal(parseResponseHead('HTTP/1.1 404', 'GET').status, 404)
  assert.equal(parseResponseHead('HTTP/1.0 200 ', 'GET').reason, '')
})

for (const line of ['SSH-2.0-OpenSSH', 'HTTP/1.1 20 OK', 'HTTP/2 200', 'HTTP/1.1 099 x', '']) {
  test(`'${line}' is no status line`, () => {
    assert.throws(() => parseResponseHead(line, 'GET'), MalformedMessage)
  })
}
