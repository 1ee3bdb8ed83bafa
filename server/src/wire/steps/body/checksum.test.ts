import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHECKSUMS } from './checksum.ts'

/** Of the nine bytes `123456789`. Source: https://reveng.sourceforge.io/crc-catalogue/all.htm, column "check"; sha: FIPS 180 programs (`sha1sum`, `sha256sum`). */
const REFERENCE: Readonly<Record<string, string>> = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
}

for (const [name, expected] of Object.entries(REFERENCE)) {
  test(`checksum: ${name} of the catalogue's text`, async () => {
    const checksum = CHECKSUMS[name]?.()
    checksum?.update(Buffer.from('123456789'))
    assert.equal(Buffer.from((await checksum?.digest()) ?? '', 'base64').toString('hex'), expected)
  })

  test(`checksum: ${name} does not depend on the pieces`, async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => (index * 7) % 256))
    const [whole, pieces] = [CHECKSUMS[name]?.(), CHECKSUMS[name]?.()]
    whole?.update(bytes)
    for (let at = 0; at < bytes.length; at += 13) pieces?.update(bytes.subarray(at, at + 13))
    assert.equal(await pieces?.digest(), await whole?.digest())
  })
}
