import { rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer, request } from '../base/http.ts'
import { Refusal } from '../base/refusal.ts'

/**
 * A unix socket that only the owner of the data directory can open, and over which its own programs
 * speak. Holding it also says that this process is the one of its kind on the data directory.
 */
export type AdminHandlers = Readonly<Record<string, (body: unknown) => Promise<unknown>>>

/**
 * @param handlers by `METHOD /path`; each is given the request's JSON, undefined when there is none
 * @returns undefined when another process holds the socket
 */
export async function openAdminSocket(
  path: string,
  handlers: AdminHandlers,
): Promise<Server | undefined> {
  if (await isHeld(path)) return undefined
  await rm(path, { force: true })
  const server = createServer((incoming, outgoing) => {
    const handler = handlers[`${incoming.method} ${incoming.url}`]
    const answer = (status: number, body: unknown): void => {
      outgoing.writeHead(status, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify(body ?? {}))
    }
    if (!handler) {
      incoming.resume()
      return answer(404, { message: 'no such request' })
    }
    readJson(incoming)
      .then(handler)
      .then(
        (body) => answer(200, body),
        (error: Error) => answer(error instanceof Refusal ? 400 : 500, { message: error.message }),
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

/** Bodies of requests to the platform itself are small. */
const BODY_BYTES_MAX = 65_536

/** A request's JSON; undefined when it has no body. @throws Refusal when it is no JSON, or too much */
export async function readJson(incoming: AsyncIterable<unknown>): Promise<unknown> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of incoming) {
    bytes += (piece as Buffer).length
    if (bytes > BODY_BYTES_MAX) throw new Refusal(`the body has more than ${BODY_BYTES_MAX} bytes`)
    pieces.push(piece as Buffer)
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(pieces).toString()) as unknown
  } catch {
    throw new Refusal('the body is no JSON')
  }
}

/**
 * Sends one request to an admin socket, with `body` as JSON when there is one.
 *
 * @returns undefined when nobody holds the socket
 * @throws Refusal when what was asked cannot be done
 */
export function askAdminSocket<T>(
  path: string,
  method: string,
  asked: string | { readonly url: string; readonly body: unknown },
): Promise<T | undefined> {
  const { url, body: sent } = typeof asked === 'string' ? { url: asked, body: undefined } : asked
  const json = sent === undefined ? '' : JSON.stringify(sent)
  // said outright: Node sends a GET's body without a word about its length
  const headers = { 'content-length': Buffer.byteLength(json) }
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method, path: url, headers }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      incoming.on('end', () => {
        const body = JSON.parse(text) as T & { message?: string }
        const message = body.message ?? `status ${incoming.statusCode}`
        if (incoming.statusCode === 200) resolve(body)
        else reject(incoming.statusCode === 400 ? new Refusal(message) : new Error(message))
      })
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(error)
    })
    outgoing.end(json)
  })
}

async function isHeld(path: string): Promise<boolean> {
  return (await askAdminSocket(path, 'GET', '/').catch(() => ({}))) !== undefined
}
