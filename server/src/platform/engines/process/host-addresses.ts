import { createHash } from 'node:crypto'
import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, isMissing } from './task-directory.ts'

/** 127.1.1.0/24 to 127.254.254.0/24: away from 127.0.0.1 and from Debian's 127.0.1.1. */
const BLOCKS = 254 * 254
const HOSTS_MAX = 254

/**
 * Gives every host of a job a loopback address of its own. A job holds a block of 254 addresses, kept as
 * a symbolic link `<block>` → job: made with its content in one step, and refused when there is one.
 */
export async function allocateAddresses(
  directory: string,
  job: { readonly key: string; readonly hosts: readonly string[] },
): Promise<Record<string, string>> {
  if (job.hosts.length > HOSTS_MAX) {
    throw new RangeError(
      `A job has ${job.hosts.length} hosts: at most ${HOSTS_MAX} fit one machine`,
    )
  }
  await mkdir(directory, { recursive: true })
  const block = (await blockOf(directory, job.key)) ?? (await takeBlock(directory, job.key))
  return Object.fromEntries(job.hosts.map((host, index) => [host, `127.${block}.${index + 1}`]))
}

/** Idempotent. */
export async function releaseAddresses(directory: string, key: string): Promise<void> {
  const block = await blockOf(directory, key)
  if (block !== undefined) await rm(join(directory, block), { force: true })
}

async function blockOf(directory: string, key: string): Promise<string | undefined> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  for (const name of names) {
    if ((await holderOf(join(directory, name))) === digest(key)) return name
  }
  return undefined
}

async function takeBlock(directory: string, key: string): Promise<string> {
  const first = Number.parseInt(digest(key).slice(0, 8), 16) % BLOCKS
  for (let step = 0; step < BLOCKS; step++) {
    const index = (first + step) % BLOCKS
    const name = `${Math.floor(index / 254) + 1}.${(index % 254) + 1}`
    try {
      await symlink(digest(key), join(directory, name))
      return name
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
      // Another host of the same job may have taken it in between.
      if ((await holderOf(join(directory, name))) === digest(key)) return name
    }
  }
  throw new RangeError(`All ${BLOCKS} blocks of loopback addresses are in use`)
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}
