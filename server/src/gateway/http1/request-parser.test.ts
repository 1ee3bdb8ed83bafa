import assert from 'node:assert/strict'
import test from 'node:test'
import { HeadBuffer } from './head-buffer.ts'
import { headerLine, headerOf, MalformedMessage } from './message-head.ts'
import { HEAD_BYTES_MAX, parseRequestHead } from './request-parser.ts'

/** As it comes from a connection. */
function head(...lines: string[]): string {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return new HeadBuffer(HEAD_BYTES_MAX).take(bytes)?.text ?? ''
}

test('a request head keeps its lines as they were sent and finds headers whatever their case', () => {
  const parsed = parseRequestHead(
    head('PUT /a%20b?x=1 HTTP/1.1', 'HOST: h', 'X-A:  one\t', 'x-a: two', 'Content-Length: 12'),
  )

  assert.equal(parsed.method, 'PUT')
  assert.equal(parsed.target, '/a%20b?x=1')
  assert.equal(headerOf(parsed, 'x-a'), 'one,two')
  assert.equal(headerLine(parsed, 1), 'X-A:  one\t\r\n')
  assert.deepEqual(parsed.framing, { kind: 'length', bytes: 12 })
  assert.equal(parsed.keepAlive, true)
})

const refused: readonly [why: string, lines: readonly string[], status: number][] = [
  ['two framings', ['Content-Length: 3', 'Transfer-Encoding: chunked'], 400],
  ['two lengths', ['Content-Length: 3', 'Content-Length: 4'], 400],
  ['two equal lengths', ['Content-Length: 3', 'Content-Length: 3'], 400],
  ['a list of lengths', ['Content-Length: 3, 3'], 400],
  ['a signed length', ['Content-Length: +3'], 400],
  ['a hexadecimal length', ['Content-Length: 0x3'], 400],
  ['an empty length', ['Content-Length:'], 400],
  ['an immense length', ['Content-Length: 9999999999999999'], 400],
  ['a coding before chunked', ['Transfer-Encoding: gzip, chunked'], 501],
  ['a coding after chunked', ['Transfer-Encoding: chunked, identity'], 400],
  ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 501],
  ['an obscured chunked', ['Transfer-Encoding: \vchunked'], 400],
  ['space before a colon', ['Transfer-Encoding : chunked'], 400],
  ['a folded line', ['X-A: one', ' two'], 400],
  ['a line without colon', ['X-A'], 400],
  ['an empty name', [': x'], 400],
  ['a name with a space', ['X A: x'], 400],
  ['a bare carriage return', ['X-A: one\rContent-Length: 5'], 400],
  ['a bare line feed', ['X-A: one\nContent-Length: 5'], 400],
  ['a null byte', ['X-A: a\0b'], 400],
  ['a second host', ['Host: other'], 400],
  ['too many headers', Array.from({ length: 130 }, (_, index) => `X-${index}: 1`), 431],
]
for (const [why, lines, status] of refused) {
  test(`a request with ${why} is refused with ${status}`, () => {
    assert.throws(
      () => parseRequestHead(head('POST / HTTP/1.1', 'Host: h', ...lines)),
      (error) => error instanceof MalformedMessage && error.status === status,
    )
  })
}

const badLines: readonly [line: string, status: number][] = [
  ['GET /', 400],
  ['GET  / HTTP/1.1', 400],
  [' GET / HTTP/1.1', 400],
  ['G(T / HTTP/1.1', 400],
  ['GET /a b HTTP/1.1', 400],
  ['GET /\x7f HTTP/1.1', 400],
  ['GET /é HTTP/1.1', 400],
  ['GET / HTTP/2.0', 505],
  ['GET / http/1.1', 400],
  ['GET / HTTP/1.1 ', 400],
  [`GET /${'a'.repeat(20_000)} HTTP/1.1`, 414],
]
for (const [line, status] of badLines) {
  test(`the request line ${JSON.stringify(line.slice(0, 24))} is refused with ${status}`, () => {
    assert.throws(
      () => parseRequestHead(head(line, 'Host: h')),
      (error) => error instanceof MalformedMessage && error.status === status,
    )
  })
}

test('HTTP/1.1 without Host is refused, HTTP/1.0 is not and ends by itself', () => {
  assert.throws(() => parseRequestHead('GET / HTTP/1.1'), MalformedMessage)
  assert.equal(parseRequestHead('GET / HTTP/1.0').keepAlive, false)
  assert.equal(parseRequestHead(head('GET / HTTP/1.0', 'Connection: Keep-Alive')).keepAlive, true)
})

test('a transfer coding in HTTP/1.0 is refused', () => {
  assert.throws(
    () => parseRequestHead(head('POST / HTTP/1.0', 'Transfer-Encoding: chunked')),
    MalformedMessage,
  )
})

test('Connection: close ends the connection, and other options are hop-by-hop', () => {
  const parsed = parseRequestHead(
    head('GET / HTTP/1.1', 'Host: h', 'Connection: X-Secret, close', 'X-Secret: 1'),
  )
  assert.equal(parsed.keepAlive, false)
  assert.deepEqual(parsed.connectionOptions, ['x-secret', 'close'])
})
