import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
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
  const name = await claimName(await made(dataDir))
  const server = createServer((connection) => {
    connection.on('error', () => undefined).end(String(process.pid))
  })
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(name, () => resolve(true))
  })
  return isOurs ? { [Symbol.dispose]: () => void server.close() } : undefined
}

/**
 * The process that has claimed the data directory, though it may not be reached through it any more.
 * @returns undefined when there is none, or it does not say
 */
export async function claimHolder(dataDir: string): Promise<number | undefined> {
  const connection = connect(await claimName(await made(dataDir)))
  const patience = setTimeout(() => connection.destroy(), ANSWER_MS_MAX)
  try {
    let text = ''
    for await (const piece of connection) text += String(piece)
    return Number(text) || undefined
  } catch {
    return undefined
  } finally {
    clearTimeout(patience)
  }
}

const ANSWER_MS_MAX = 1_000

async function claimName(dataDir: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 32)
  return `\0sagebrush-supervisor-${digest}`
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
