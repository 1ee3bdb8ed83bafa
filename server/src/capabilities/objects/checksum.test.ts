import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  askedChecksum,
  type ChecksumName,
  compositeChecksum,
  createHasher,
  encodeDigest,
  multipartChecksumType,
} from './checksum.ts'
import { combineCrcs } from './crc-combination.ts'

async function checksumOf(algorithm: ChecksumName, ...chunks: Uint8Array[]): Promise<string> {
  const hasher = createHasher(algorithm)
  for (const chunk of chunks) hasher.update(chunk)
  return encodeDigest(await hasher.digest())
}

test('checksums of "123456789" are the published check values', async () => {
  // source: reveng.sourceforge.io/crc-catalogue (CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME), `check`
  const published: [ChecksumName, string][] = [
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ]
  for (const [algorithm, hex] of published) {
    const value = await checksumOf(algorithm, Buffer.from('12345'), Buffer.from('6789'))
    assert.equal(value, Buffer.from(hex, 'hex').toString('base64'), algorithm)
  }
})

test('combineCrcs gives the checksum of the whole from those of its parts', async () => {
  const parts = [Buffer.alloc(100_003, 7), Buffer.from('middle'), Buffer.alloc(0), Buffer.from('x')]
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    const measured = []
    for (const part of parts) {
      measured.push({ value: await checksumOf(algorithm, part), sizeBytes: part.length })
    }
    const whole = await checksumOf(algorithm, Buffer.concat(parts))
    assert.equal(combineCrcs(algorithm, measured), whole, algorithm)
  }
})

test('combineCrcs refuses what is no CRC, and nothing', () => {
  assert.throws(() => combineCrcs('SHA256', [{ value: '', sizeBytes: 0 }]), RangeError)
  assert.throws(() => combineCrcs('CRC32', []), RangeError)
})

test('compositeChecksum hashes the parts digests and tells their number', async () => {
  const digests = ['a', 'b'].map((text) => createHash('sha256').update(text).digest())
  const expected = createHash('sha256').update(Buffer.concat(digests)).digest('base64')
  const values = digests.map((digest) => digest.toString('base64'))
  assert.equal(await compositeChecksum('SHA256', values), `${expected}-2`)
})

test('askedChecksum takes one value, or an algorithm without one', () => {
  assert.equal(askedChecksum({}), undefined)
  assert.deepEqual(askedChecksum({ ChecksumAlgorithm: 'SHA1' }), { algorithm: 'SHA1' })
  assert.deepEqual(askedChecksum({ ChecksumAlgorithm: 'CRC32', ChecksumCRC32: 'AAAAAA==' }), {
    algorithm: 'CRC32',
    value: 'AAAAAA==',
  })
  const two = { ChecksumCRC32: 'AAAAAA==', ChecksumCRC32C: 'AAAAAA==' }
  assert.throws(() => askedChecksum(two), { code: 'InvalidRequest' })
  const other = { ChecksumAlgorithm: 'SHA1', ChecksumCRC32: 'AAAAAA==' } as const
  assert.throws(() => askedChecksum(other), { code: 'InvalidRequest' })
})

test('multipartChecksumType knows which kinds an algorithm has', () => {
  assert.equal(multipartChecksumType('CRC32', undefined), 'COMPOSITE')
  assert.equal(multipartChecksumType('CRC32', 'FULL_OBJECT'), 'FULL_OBJECT')
  assert.equal(multipartChecksumType('CRC64NVME', undefined), 'FULL_OBJECT')
  assert.throws(() => multipartChecksumType('SHA256', 'FULL_OBJECT'), { code: 'InvalidRequest' })
  assert.throws(() => multipartChecksumType('CRC64NVME', 'COMPOSITE'), { code: 'InvalidRequest' })
})
