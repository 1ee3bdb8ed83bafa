import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import test from 'node:test'
import { sign, signingKeyOf } from './signing-key.ts'

test('a signature is the HMAC-SHA-256 of the text, for keys and texts of every length', () => {
  for (const keyBytes of [0, 1, 32, 63, 64, 65, 200]) {
    const bytes = randomBytes(keyBytes)
    const key = signingKeyOf(bytes)
    for (const length of [700, 0, 1, 55, 56, 64, 511, 512, 513, 10]) {
      const text = randomBytes(length).toString('latin1')

      const expected = createHmac('sha256', bytes).update(text, 'latin1').digest('hex')

      assert.equal(sign(key, text), expected, `key of ${keyBytes}, text of ${length} bytes`)
    }
  }
})
