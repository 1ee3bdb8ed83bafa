import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../tests/support/platform.ts'
import { sendAll } from './http-load.ts'
import { callAll, type LoadResult } from './load.ts'
import { startNginx } from './nginx.ts'
import type { BenchPlatform } from './platform.ts'
import type { Program } from './programs.ts'
import { signedRequest } from './signed-request.ts'

/** Something that keeps bytes under names; each call stores or reads all keys, `atOnce` at a time. */
export interface ObjectStore {
  readonly name: string
  put(keys: readonly string[], options: { body: Buffer; atOnce: number }): Promise<LoadResult>
  get(keys: readonly string[], options: { atOnce: number }): Promise<LoadResult>
}

/** A bucket of the platform, by signed requests that are made before the clock starts. */
export function platformStore(platform: BenchPlatform, bucket: string): ObjectStore {
  const addressee = { ...platform, service: 's3' }
  const request = (method: string, key: string, body?: Buffer): Buffer =>
    signedRequest({ method, path: `/${bucket}/${key}`, ...(body && { body }) }, addressee)
  return {
    name: 'Sagebrush',
    put: (keys, { body, atOnce }) =>
      sendAll(
        keys.map((key) => request('PUT', key, body)),
        { port: platform.port, connections: atOnce },
      ),
    get: (keys, { atOnce }) =>
      sendAll(
        keys.map((key) => request('GET', key)),
        { port: platform.port, connections: atOnce },
      ),
  }
}

/** Files in a folder: what a store of objects cannot do without, and nothing else. */
export async function fileStore(folder: string): Promise<ObjectStore> {
  await mkdir(folder, { recursive: true })
  return {
    name: 'file',
    put: (keys, { body, atOnce }) =>
      callAll(keys, atOnce, () => ({ call: (key) => writeDurably(join(folder, key), body) })),
    get: (keys, { atOnce }) =>
      callAll(keys, atOnce, () => ({ call: (key) => readFile(join(folder, key)) })),
  }
}

/** Bytes on disk first, then their name, at once or not at all. */
async function writeDurably(path: string, body: Buffer): Promise<void> {
  const own = `${path}.new`
  const file = await open(own, 'w')
  try {
    await file.writeFile(body)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(own, path)
}

/** nginx with its WebDAV module. It checks no signature and does not wait until bytes are on disk. */
export async function nginxStore(
  folder: string,
): Promise<{ store: ObjectStore; program: Program }> {
  const root = join(folder, 'files')
  await mkdir(root, { recursive: true })
  const port = await freePort()
  const program = await startNginx({
    folder,
    workers: 2,
    address: port,
    http: `client_max_body_size 0;
    server {
      listen 127.0.0.1:${port};
      root ${root};
      location / { dav_methods PUT; }
    }`,
  })
  const head = (method: string, key: string, length: number): Buffer =>
    Buffer.from(`${method} /${key} HTTP/1.1\r\nhost: bench\r\ncontent-length: ${length}\r\n\r\n`)
  const put = (key: string, body: Buffer): Buffer =>
    Buffer.concat([head('PUT', key, body.length), body])
  const store: ObjectStore = {
    name: 'nginx DAV',
    put: (keys, { body, atOnce }) =>
      sendAll(
        keys.map((key) => put(key, body)),
        { port, connections: atOnce },
      ),
    get: (keys, { atOnce }) =>
      sendAll(
        keys.map((key) => head('GET', key, 0)),
        { port, connections: atOnce },
      ),
  }
  return { store, program }
}
