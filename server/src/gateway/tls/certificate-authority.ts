import { randomBytes, type webcrypto } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
// the certificate library's injector reads metadata that only this adds to Reflect
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { after, systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'

/** Where the authority that answers for AWS's host names on this machine is kept. */
export interface CertificateAuthorityFiles {
  /** The authority's certificate: what a machine trusts. */
  readonly caPath: string
  /** The same with the public authorities: what `AWS_CA_BUNDLE` names, since it replaces all others. */
  readonly bundlePath: string
}

/** A key and the certificate of a host, signed by the authority, in PEM. */
export interface HostCertificate {
  readonly key: string
  /** The host's certificate, then the authority's. */
  readonly chain: string
  readonly validUntil: Date
}

/** The authority as loaded from disk. */
export interface CertificateAuthority {
  issue(host: string): Promise<HostCertificate>
  /** Whether the files are still those that were loaded; another process may have renewed them. */
  isPresent(): Promise<boolean>
}

type CryptoKey = webcrypto.CryptoKey

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
/** An authority that ends within this is renewed: issued certificates must not outlive it. */
const AUTHORITY_RENEWAL_DAYS = 100
const HOST_DAYS = 90
/** Machines whose clocks are behind accept what was just made. */
const BACKDATING_DAYS = 2
const LOCK_WAIT_MS = 50
/** A lock older than this was left by a process that died. */
const LOCK_MS_MAX = 10_000

/**
 * Makes the authority in `<dataDir>/ca` unless it is there and valid, and answers where its
 * certificates are. The private key never leaves the folder; it is only readable by its owner. Processes
 * that come here at the same time end up with one authority.
 */
export async function ensureCertificateAuthority(
  dataDir: string,
): Promise<CertificateAuthorityFiles> {
  const folder = join(dataDir, 'ca')
  const files = { caPath: join(folder, 'ca.pem'), bundlePath: join(folder, 'bundle.pem') }
  if (await isComplete(folder, files)) return files
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = await takeLock(join(folder, 'lock'))
  try {
    if (!(await isComplete(folder, files))) await make(folder, files)
  } finally {
    await rm(lock, { force: true })
  }
  return files
}

/** Loads the authority, making it first where there is none. */
export async function loadCertificateAuthority(dataDir: string): Promise<CertificateAuthority> {
  await ensureCertificateAuthority(dataDir)
  const path = keyPath(join(dataDir, 'ca'))
  const loadedAt = (await stat(path)).mtimeMs
  const pem = await readFile(path, 'utf8')
  const certificatePem = certificatePart(pem)
  const certificate = new x509.X509Certificate(certificatePem)
  const [pkcs8] = x509.PemConverter.decode(keyPart(pem))
  if (!pkcs8) throw new Error(`${path} holds no private key`)
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign'])
  const keys = await makeKeys()
  return {
    issue: (host) => issue(host, { certificate, certificatePem, signingKey, keys }),
    isPresent: async () => (await stat(path).catch(() => undefined))?.mtimeMs === loadedAt,
  }
}

async function makeKeys(): Promise<{ publicKey: CryptoKey; privateKey: CryptoKey }> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function make(folder: string, files: CertificateAuthorityFiles): Promise<void> {
  const keys = await makeKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=Sagebrush local authority ${newShortId(6)}`,
    ...validity(AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const pem = certificate.toString('pem')
  await replaceFile(files.bundlePath, `${[pem, ...rootCertificates].join('\n')}\n`, 0o644)
  await replaceFile(files.caPath, `${pem}\n`, 0o644)
  await replaceFile(keyPath(folder), `${await privateKeyPem(keys.privateKey)}\n${pem}\n`, 0o600)
}

async function issue(
  host: string,
  authority: {
    certificate: x509.X509Certificate
    certificatePem: string
    signingKey: CryptoKey
    keys: { publicKey: CryptoKey; privateKey: CryptoKey }
  },
): Promise<HostCertificate> {
  const { certificate, certificatePem, signingKey, keys } = authority
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    // a common name holds 64 characters at most; clients go by the alternative names anyway
    subject: `CN=${host.slice(0, 64)}`,
    issuer: certificate.subject,
    ...validity(HOST_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(host)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
    ],
  })
  return {
    key: await privateKeyPem(keys.privateKey),
    chain: `${leaf.toString('pem')}\n${certificatePem}\n`,
    validUntil: leaf.notAfter,
  }
}

function alternativeNames(host: string): x509.JsonGeneralNames {
  if (host === 'localhost') {
    return [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ]
  }
  return [{ type: isIP(host) ? 'ip' : 'dns', value: host }]
}

/** By the system's clock, since clients judge by theirs. */
function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = systemClock.now().getTime()
  return {
    notBefore: new Date(now - BACKDATING_DAYS * DAY_MS),
    notAfter: new Date(now + days * DAY_MS),
  }
}

/** A positive number of 127 bits. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0)
  return bytes.toString('hex')
}

async function isComplete(folder: string, files: CertificateAuthorityFiles): Promise<boolean> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => undefined)
  const [own, ca, bundle] = await Promise.all([
    read(keyPath(folder)),
    read(files.caPath),
    read(files.bundlePath),
  ])
  if (own === undefined || ca === undefined || bundle === undefined) return false
  const pem = certificatePart(own)
  if (pem === '' || ca.trim() !== pem || !bundle.includes(pem)) return false
  const renewAt = systemClock.now().getTime() + AUTHORITY_RENEWAL_DAYS * DAY_MS
  return new x509.X509Certificate(pem).notAfter.getTime() > renewAt
}

function keyPath(folder: string): string {
  return join(folder, 'authority.pem')
}

function certificatePart(pem: string): string {
  return /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(pem)?.[0] ?? ''
}

function keyPart(pem: string): string {
  return /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(pem)?.[0] ?? ''
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const own = `${path}.${newShortId(8)}`
  await writeFile(own, content, { mode, flush: true })
  await rename(own, path)
}

/** @returns the lock's path, to be removed afterwards */
async function takeLock(path: string): Promise<string> {
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.close()
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const made = await stat(path).catch(() => undefined)
    if (made && systemClock.now().getTime() - made.mtimeMs > LOCK_MS_MAX) {
      await rm(path, { force: true })
    } else await after(systemClock, LOCK_WAIT_MS)
  }
}
