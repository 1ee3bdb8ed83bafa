import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { newShortId } from '../../base/ids.ts'
import type { EndpointRoute } from './route.ts'

/** The last table that a gateway knew, for a start while Postgres is away. */
export interface RouteSnapshot {
  readonly version: number
  readonly routes: readonly EndpointRoute[]
}

/** Replaces the file at once or not at all; gateways that share it write the same. */
export async function writeRouteSnapshot(path: string, snapshot: RouteSnapshot): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const own = `${path}.${newShortId(8)}`
  await writeFile(own, JSON.stringify(snapshot), { mode: 0o600 })
  await rename(own, path)
}

/** @returns undefined when there is none @throws SyntaxError when it is not JSON */
export async function readRouteSnapshot(path: string): Promise<RouteSnapshot | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as RouteSnapshot)
}
