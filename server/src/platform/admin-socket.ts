import { rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'

/**
 * A unix socket that only the owner of the data directory can open, and over which its own programs
 * speak. Holding it also says that this process is the one of its kind on the data directory.
 */
export type AdminHandlers = Readonly<Record<string, () => Promise<unknown>>>

/** @param handlers by `METHOD /path`; @returns undefined when another process holds the socket */
export async function openAdminSocket(
  path: string,
  handlers: AdminHandlers,
): Promise<Server | undefined> {
  if (await isHeld(path)) return undefined
  await rm(path, { force: true })
  const server = createServer((incoming, outgoing) => {
    const handler = handlers[`${incoming.method} ${incoming.url}`]
    incoming.resume()
    const answer = (status: number, body: unknown): void => {
      outgoing.writeHead(status, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify(body ?? {}))
    }
    if (!handler) return answer(404, { message: 'no such request' })
    handler().then(
      (body) => answer(200, body),
      (error: Error) => answer(500, { message: error.message }),
    )
  })
  const before = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve)
    })
  } finally {
    process.umask(before)
  }
  return server
}

/** Sends one request to an admin socket. @returns undefined when nobody holds it */
export function askAdminSocket<T>(
  path: string,
  method: string,
  url: string,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method, path: url }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      incoming.on('end', () => {
        const body = JSON.parse(text) as T & { message?: string }
        if (incoming.statusCode === 200) resolve(body)
        else reject(new Error(body.message ?? `status ${incoming.statusCode}`))
      })
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(error)
    })
    outgoing.end()
  })
}

async function isHeld(path: string): Promise<boolean> {
  return (await askAdminSocket(path, 'GET', '/').catch(() => ({}))) !== undefined
}
