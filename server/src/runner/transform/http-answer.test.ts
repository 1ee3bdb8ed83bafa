import assert from 'node:assert/strict'
import test from 'node:test'
import { createAnswerReader } from './http-answer.ts'

interface Case {
  readonly title: string
  readonly bytes: string
  readonly status: number
  readonly body: string
  readonly keepAlive: boolean
}

const CASES: readonly Case[] = [
  {
    title: 'by length',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    status: 200,
    body: 'hello',
    keepAlive: true,
  },
  {
    title: 'in chunks, with an extension and a trailer',
    bytes:
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhel\r\n\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n',
    status: 200,
    body: 'hel\r\nlo',
    keepAlive: true,
  },
  {
    title: 'after a 100',
    bytes: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\ncontent-length: 3\r\n\r\nbad',
    status: 400,
    body: 'bad',
    keepAlive: true,
  },
  {
    title: 'without a body',
    bytes: 'HTTP/1.1 204 No Content\r\n\r\n',
    status: 204,
    body: '',
    keepAlive: true,
  },
  {
    title: 'that closes',
    bytes: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx',
    status: 200,
    body: 'x',
    keepAlive: false,
  },
  {
    title: 'of HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
    status: 200,
    body: 'x',
    keepAlive: false,
  },
]

for (const { title, bytes, status, body, keepAlive } of CASES) {
  for (const length of [1, 4, 1000]) {
    test(`an answer ${title} is read ${length} bytes at a time`, () => {
      const reader = createAnswerReader()
      const all = Buffer.from(bytes)

      let answer: ReturnType<typeof reader.push>
      for (let at = 0; at < all.length && !answer; at += length) {
        answer = reader.push(all.subarray(at, at + length))
      }

      assert.equal(answer?.status, status)
      assert.equal(answer?.body.toString(), body)
      assert.equal(answer?.keepAlive, keepAlive)
    })
  }
}

test('an answer without a length ends with its connection', () => {
  const reader = createAnswerReader()

  assert.equal(reader.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nall of')), undefined)
  assert.equal(reader.push(Buffer.from(' it')), undefined)
  assert.equal(reader.end()?.body.toString(), 'all of it')
})

test('an answer with a length that breaks off is none, and what is no HTTP is refused', () => {
  const broken = createAnswerReader()
  broken.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))

  assert.equal(broken.end(), undefined)
  assert.throws(() => createAnswerReader().push(Buffer.from('SSH-2.0\r\n\r\n')), /no HTTP/)
})
