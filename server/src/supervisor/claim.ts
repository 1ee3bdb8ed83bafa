import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { makeDirectory } from '../platform/make-directory.ts'

/**
 * Makes this process the only supervisor of a data directory until it ends, however it ends: it listens on
 * a name in Linux's abstract socket space, which the kernel gives to one process and takes back by itself.
 * Files could not do that without a moment in which two processes both find the other's to be stale.
 *
 * @returns undefined when another process has it
 * @throws Error that names the directory when it cannot be made
 */
export async function claimDataDirectory(dataDir: string): Promise<Disposable | undefined> {
  const name = await realpath(await made(dataDir))
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32)
  const server = createServer((connection) => connection.destroy())
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(`\0sagebrush-supervisor-${digest}`, () => resolve(true))
  })
  return isOurs ? { [Symbol.dispose]: () => void server.close() } : undefined
}

async function made(dataDir: string): Promise<string> {
  try {
    await makeDirectory(dataDir)
    return dataDir
  } catch (error) {
    const { message } = error as Error
    throw new Error(
      `cannot make the data directory ${dataDir}: ${message}; choose another with --data-dir`,
    )
  }
}
