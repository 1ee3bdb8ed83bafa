import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Linux allows 107 bytes for a unix socket's path; the longest name that we put below is about 40. */
const FOLDER_BYTES_MAX = 60

/** Where the processes of an installation are asked by its owner's programs, below the run directory. */
export const ADMIN_SOCKETS = { supervisor: 'supervisor.sock', control: 'admin.sock' } as const

/**
 * The folder for sockets and process records of the installation in `dataDir`: `<dataDir>/run`, or when
 * that is too long for a socket's path, one below the system's temporary folder. Made 0700.
 */
export function runDirectory(dataDir: string): string {
  const usual = join(dataDir, 'run')
  const isShort = Buffer.byteLength(usual) <= FOLDER_BYTES_MAX
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  const folder = isShort ? usual : join(tmpdir(), `sagebrush-${process.getuid?.() ?? 0}-${digest}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
