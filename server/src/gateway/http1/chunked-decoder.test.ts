import assert from 'node:assert/strict'
import test from 'node:test'
import { ChunkedDecoder } from './chunked-decoder.ts'
import { MalformedMessage } from './message-head.ts'

function decode(text: string, pieceBytes = text.length) {
  const decoder = new ChunkedDecoder()
  const bytes = Buffer.from(text, 'latin1')
  let body = ''
  let taken = 0
  while (taken < bytes.length && !decoder.done) {
    const piece = bytes.subarray(taken, taken + pieceBytes)
    taken += decoder.push(piece, (data) => {
      body += data.toString('latin1')
    })
  }
  return { body, taken, done: decoder.done, trailers: decoder.trailers }
}

test('chunks come out the same in pieces of any size, with extensions and trailers', () => {
  const text =
    '4;a=b\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET'
  for (let pieceBytes = 1; pieceBytes <= text.length; pieceBytes++) {
    const { body, taken, done, trailers } = decode(text, pieceBytes)
    assert.equal(body, 'Wikipedia in \r\n\r\nchunks.')
    assert.equal(done, true)
    assert.equal(taken, text.length - 3)
    assert.equal(trailers, 'X-Sum: 1\r\nY: 2\r\n')
  }
})

test('the last chunk without trailers ends the body at its empty line', () => {
  assert.deepEqual(decode('0\r\n\r\nrest'), { body: '', taken: 5, done: true, trailers: '' })
})

const refused: readonly [why: string, text: string][] = [
  ['a bare line feed after the size', '4\nWiki\r\n0\r\n\r\n'],
  ['a size that is no number', 'x\r\n'],
  ['an empty size', '\r\n'],
  ['a negative size', '-1\r\n'],
  ['a size with a prefix', '0x4\r\nWiki\r\n'],
  ['an immense size', 'fffffffffffff\r\n'],
  ['data that is longer than its size', '3\r\nWiki\r\n'],
  ['a line feed alone after the data', '4\r\nWiki\n0\r\n\r\n'],
  ['a control character in an extension', '4;\x01\r\nWiki\r\n'],
  ['an extension without end', `4;${'a'.repeat(2_000)}`],
  ['a trailer that is no header', '0\r\nnonsense\r\n\r\n'],
  ['a bare line feed in the trailers', '0\r\nA: b\nC: d\r\n\r\n'],
  ['trailers without end', `0\r\n${'A: b\r\n'.repeat(2_000)}`],
]
for (const [why, text] of refused) {
  test(`a chunked body with ${why} is refused`, () => {
    assert.throws(() => decode(text), MalformedMessage)
  })
}
