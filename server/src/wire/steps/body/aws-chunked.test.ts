import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AwsError } from '../../../aws/errors.ts'
import { signingKey } from '../signature/signing-key.ts'
import { type AwsChunkedOptions, decodeAwsChunked } from './aws-chunked.ts'
import { collect } from './whole-body.ts'

/** The example of "Signature Calculations … Transferring Payload in Multiple Chunks", Amazon S3 API Reference. */
const SIGNATURES = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
]
/**
 * The example of "… Including Trailing Headers", ibid. The page's own signature of the trailer (63bddb24…) is
 * not what its string to sign gives; the one below is, and is what clients send.
 */
const TRAILER_SIGNATURES = [
  'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
  '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
  '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
]
const SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
const TRAILER_SEED = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
const BODY = 'a'.repeat(65_536 + 1_024)
const CLAIM = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  date: '20130524',
  region: 'us-east-1',
  service: 's3',
  scope: '20130524/us-east-1/s3/aws4_request',
}

function signing(seed: string): AwsChunkedOptions['signing'] {
  return {
    key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', CLAIM),
    timestamp: '20130524T000000Z',
    scope: CLAIM.scope,
    seed,
  }
}

function encoded(signatures: readonly (string | undefined)[], trailer = ''): string {
  const chunks = ['a'.repeat(65_536), 'a'.repeat(1_024), '']
  const frames = chunks.map((chunk, index) => {
    const signature = signatures[index] === undefined ? '' : `;chunk-signature=${signatures[index]}`
    return `${chunk.length.toString(16)}${signature}\r\n${chunk}${chunk === '' ? '' : '\r\n'}`
  })
  return `${frames.join('')}${trailer}\r\n`
}

async function decode(
  text: string,
  options: Partial<AwsChunkedOptions> & { pieceBytes?: number } = {},
): Promise<string> {
  const bytes = Buffer.from(text, 'latin1')
  const { pieceBytes = bytes.length } = options
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  const decoded = decodeAwsChunked(pieces(), {
    signing: undefined,
    decodedBytes: BODY.length,
    trailerNames: [],
    onTrailers: () => undefined,
    ...options,
  })
  return (await collect(decoded, Number.MAX_SAFE_INTEGER)).toString('latin1')
}

const refusedWith = (code: string) => (error: unknown) =>
  error instanceof AwsError && error.code === code

test('aws-chunked: published chunk signatures are accepted, whatever pieces they arrive in', async () => {
  for (const pieceBytes of [7, 1_000, 65_536, 100_000]) {
    assert.equal(await decode(encoded(SIGNATURES), { signing: signing(SEED), pieceBytes }), BODY)
  }
})

test('aws-chunked: a chunk that was changed, left out or not signed is refused', async () => {
  const options = { signing: signing(SEED) }
  const sent = encoded(SIGNATURES)
  await assert.rejects(
    decode(sent.replace('aab'.slice(0, 2), 'ba'), options),
    refusedWith('SignatureDoesNotMatch'),
  )
  await assert.rejects(
    decode(encoded([SIGNATURES[0], undefined, SIGNATURES[2]]), options),
    refusedWith('SignatureDoesNotMatch'),
  )
  await assert.rejects(
    decode(encoded([SIGNATURES[1], SIGNATURES[0], SIGNATURES[2]]), options),
    refusedWith('SignatureDoesNotMatch'),
  )
  await assert.rejects(
    decode(sent, { signing: signing('0'.repeat(64)) }),
    refusedWith('SignatureDoesNotMatch'),
  )
})

test('aws-chunked: published signed trailers are accepted and handed over', async () => {
  const trailer =
    'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n'
  let trailers: ReadonlyMap<string, string> = new Map()
  const options = {
    signing: signing(TRAILER_SEED),
    trailerNames: ['x-amz-checksum-crc32c'],
    onTrailers: (given: ReadonlyMap<string, string>) => {
      trailers = given
    },
  }
  assert.equal(await decode(encoded(TRAILER_SIGNATURES, trailer), options), BODY)
  assert.deepEqual([...trailers], [['x-amz-checksum-crc32c', 'sOO8/Q==']])
  await assert.rejects(
    decode(encoded(TRAILER_SIGNATURES, trailer.replace('sOO8', 'sOO9')), options),
    refusedWith('SignatureDoesNotMatch'),
  )
  await assert.rejects(
    decode(encoded(TRAILER_SIGNATURES), options),
    refusedWith('MalformedTrailerError'),
  )
})

test('aws-chunked: unsigned chunks with an announced trailer are decoded', async () => {
  const trailer = 'x-amz-checksum-crc32:AAAAAA==\r\n'
  const none = [undefined, undefined, undefined]
  assert.equal(
    await decode(encoded(none, trailer), {
      trailerNames: ['x-amz-checksum-crc32'],
      pieceBytes: 11,
    }),
    BODY,
  )
  await assert.rejects(decode(encoded(none, trailer)), refusedWith('MalformedTrailerError'))
})

test('aws-chunked: a body that is not as long as announced, or breaks off, is incomplete', async () => {
  const none = [undefined, undefined, undefined]
  const sent = encoded(none)
  for (const decodedBytes of [BODY.length - 1, BODY.length + 1]) {
    await assert.rejects(decode(sent, { decodedBytes }), refusedWith('IncompleteBody'))
  }
  await assert.rejects(decode(sent.slice(0, 30_000)), refusedWith('IncompleteBody'))
  await assert.rejects(decode('no chunk at all'), refusedWith('IncompleteBody'))
})
