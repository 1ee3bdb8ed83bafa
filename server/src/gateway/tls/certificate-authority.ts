import { X509Certificate } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { after, systemClock } from '../../base/clock.ts'
import { newShortId } from '../../base/ids.ts'
import type { CertificateSigner } from './certificates.ts'

/** Where the authority that answers for AWS's host names on this machine is kept. */
export interface CertificateAuthorityFiles {
  /** The authority's certificate: what a machine trusts. */
  readonly caPath: string
  /** The same with the public authorities: what `AWS_CA_BUNDLE` names, since it replaces all others. */
  readonly bundlePath: string
}

/** The authority as loaded from disk. */
export interface CertificateAuthority extends CertificateSigner {
  /** Whether the files are still those that were loaded; another process may have renewed them. */
  isPresent(): Promise<boolean>
}

const DAY_MS = 86_400_000
/** An authority that ends within this is renewed: issued certificates must not outlive it. */
const AUTHORITY_RENEWAL_DAYS = 100
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
  const { createSigner } = await certificates()
  const signer = await createSigner({ certificate: certificatePart(pem), key: keyPart(pem) })
  return {
    ...signer,
    isPresent: async () => (await stat(path).catch(() => undefined))?.mtimeMs === loadedAt,
  }
}

/** Loaded where one is made or signs: most processes do neither, and the library takes 100 ms of CPU time. */
function certificates(): Promise<typeof import('./certificates.ts')> {
  return import('./certificates.ts')
}

async function make(folder: string, files: CertificateAuthorityFiles): Promise<void> {
  const { makeAuthority } = await certificates()
  const { certificate, key } = await makeAuthority()
  await replaceFile(files.bundlePath, `${[certificate, ...rootCertificates].join('\n')}\n`, 0o644)
  await replaceFile(files.caPath, `${certificate}\n`, 0o644)
  await replaceFile(keyPath(folder), `${key}\n${certificate}\n`, 0o600)
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
  return new X509Certificate(pem).validToDate.getTime() > renewAt
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
