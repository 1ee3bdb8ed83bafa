import { randomBytes, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
// the certificate library's injector reads metadata that only this adds to Reflect
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'

/** A key and the certificate of a host, signed by the authority, in PEM. */
export interface HostCertificate {
  readonly key: string
  /** The host's certificate, then the authority's. */
  readonly chain: string
  readonly validUntil: Date
}

/** What signs certificates. */
export interface CertificateSigner {
  issue(host: string): Promise<HostCertificate>
}

type CryptoKey = webcrypto.CryptoKey

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
const HOST_DAYS = 90
/** Machines whose clocks are behind accept what was just made. */
const BACKDATING_DAYS = 2

/** A new authority's certificate and key, in PEM. */
export async function makeAuthority(): Promise<{ certificate: string; key: string }> {
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
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) }
}

/** Signs for hosts with an authority's certificate and key, given in PEM. @throws Error without a key */
export async function createSigner(authority: {
  certificate: string
  key: string
}): Promise<CertificateSigner> {
  const certificatePem = authority.certificate
  const certificate = new x509.X509Certificate(certificatePem)
  const [pkcs8] = x509.PemConverter.decode(authority.key)
  if (!pkcs8) throw new Error('the authority has no private key')
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign'])
  const keys = await makeKeys()
  return { issue: (host) => issue(host, { certificate, certificatePem, signingKey, keys }) }
}

async function makeKeys(): Promise<{ publicKey: CryptoKey; privateKey: CryptoKey }> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
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

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
