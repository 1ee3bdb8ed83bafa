import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { ensureCertificateAuthority, loadCertificateAuthority } from './certificate-authority.ts'

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sgb-ca-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

test('those who come at the same time get one authority, whose key only its owner reads', async () => {
  await withFolder(async (folder) => {
    const authorities = await Promise.all(
      Array.from({ length: 5 }, () => loadCertificateAuthority(folder)),
    )
    const ca = new X509Certificate(await readFile(join(folder, 'ca', 'ca.pem')))
    for (const authority of authorities) {
      const { chain } = await authority.issue('sts.us-east-1.amazonaws.com')
      assert.ok(new X509Certificate(chain).verify(ca.publicKey))
    }
    assert.equal((await stat(join(folder, 'ca', 'authority.pem'))).mode & 0o777, 0o600)
    assert.deepEqual((await readdir(join(folder, 'ca'))).sort(), [
      'authority.pem',
      'bundle.pem',
      'ca.pem',
    ])
  })
})

test('a certificate names its host, ends before its authority and is for servers only', async () => {
  await withFolder(async (folder) => {
    const authority = await loadCertificateAuthority(folder)
    const ca = new X509Certificate(await readFile(join(folder, 'ca', 'ca.pem')))
    const long = `${'bucket-'.repeat(8)}.s3.us-east-1.amazonaws.com`
    const leaf = new X509Certificate((await authority.issue(long)).chain)

    assert.ok(leaf.checkHost(long))
    assert.equal(leaf.checkHost('s3.us-east-1.amazonaws.com'), undefined)
    assert.equal(leaf.ca, false)
    assert.equal(ca.ca, true)
    assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'])
    assert.ok(leaf.checkIssued(ca))
    assert.ok(leaf.validToDate < ca.validToDate)
    assert.ok(leaf.validFromDate < systemClock.now())
    const local = new X509Certificate((await authority.issue('localhost')).chain)
    assert.ok(local.checkIP('127.0.0.1') && local.checkIP('::1') && local.checkHost('localhost'))
  })
})

test('an authority whose files do not belong together is made anew, and a good one is kept', async () => {
  await withFolder(async (folder) => {
    const { caPath } = await ensureCertificateAuthority(folder)
    const first = await readFile(caPath, 'utf8')
    const authority = await loadCertificateAuthority(folder)
    await ensureCertificateAuthority(folder)
    assert.equal(await readFile(caPath, 'utf8'), first)
    assert.equal(await authority.isPresent(), true)

    await writeFile(join(folder, 'ca', 'authority.pem'), 'torn')
    await ensureCertificateAuthority(folder)
    assert.notEqual(await readFile(caPath, 'utf8'), first)
    assert.equal(await authority.isPresent(), false)
  })
})
