import assert from 'node:assert/strict'
import test from 'node:test'
import { HeadBuffer } from './head-buffer.ts'
import { MalformedMessage } from './message-head.ts'

test('a head is cut out wherever the pieces end, and what follows is left', () => {
  const text = '\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\nbody'
  for (let cut = 0; cut < text.length - 4; cut++) {
    const heads = new HeadBuffer(100)
    const first = heads.take(Buffer.from(text.slice(0, cut)))
    assert.equal(first, undefined)
    const second = heads.take(Buffer.from(text.slice(cut)))
    assert.equal(second?.text, 'GET / HTTP/1.1\r\nHost: h')
    assert.equal(second?.rest.toString(), 'body')
    assert.equal(heads.begun, false)
  }
})

test('a head that is too large is refused before it is complete', () => {
  const heads = new HeadBuffer(100)
  assert.throws(
    () => heads.take(Buffer.alloc(101, 'a')),
    (error) => error instanceof MalformedMessage && error.status === 431,
  )
})

test('lines that end in a bare line feed are refused at once, not at the time-out', () => {
  for (const text of ['GET / HTTP/1.1\nHost: h\n\n', '\n', 'GET / HTTP/1.1\r\nHost: h\n']) {
    assert.throws(() => new HeadBuffer(100).take(Buffer.from(text)), MalformedMessage)
  }
})
