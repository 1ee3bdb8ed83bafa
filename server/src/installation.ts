import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newHexId, newShortId } from './base/ids.ts'
import type { Environment } from './config.ts'

/** What is made once per data directory and then never changes. */
export interface Installation {
  /** The long-term key of the account; its bearer is the ready execution role's session. */
  readonly rootKey: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** 32 random bytes behind every sealed token. */
  readonly secret: Buffer
}

/** Made once in each data directory: what tells it from every other one. */
export function secretFile(dataDir: string): string {
  return join(dataDir, 'secret')
}

/**
 * Reads the keys of the data directory, making them first when they are not there. Keys in the
 * environment (SAGEBRUSH_ACCESS_KEY_ID, SAGEBRUSH_SECRET_ACCESS_KEY) stand before those on disk.
 */
export async function openInstallation(dataDir: string, env: Environment): Promise<Installation> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await chmod(dataDir, 0o700)
  const secret = await once(secretFile(dataDir), () => randomBytes(32).toString('base64'))
  const stored = await once(join(dataDir, 'credentials.json'), () =>
    JSON.stringify({
      accessKeyId: `AKIA${newShortId(16).toUpperCase()}`,
      secretAccessKey: newHexId(40),
    }),
  )
  const rootKey = JSON.parse(stored) as Installation['rootKey']
  const accessKeyId = env.SAGEBRUSH_ACCESS_KEY_ID
  const secretAccessKey = env.SAGEBRUSH_SECRET_ACCESS_KEY
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new Error('give both SAGEBRUSH_ACCESS_KEY_ID and SAGEBRUSH_SECRET_ACCESS_KEY, or neither')
  }
  return {
    rootKey: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : rootKey,
    secret: Buffer.from(secret, 'base64'),
  }
}

/** Reads a file, or makes it 0600 with what `make` answers; of two who make it at once, one wins. */
async function once(path: string, make: () => string): Promise<string> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present !== undefined) return present
  const own = `${path}.${newShortId(8)}`
  await writeFile(own, make(), { mode: 0o600, flush: true })
  try {
    await link(own, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(own)
  }
  return readFile(path, 'utf8')
}
