import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The program that makes Python environments: the one that `tools/setup` put into the cache, else one on the
 * user's PATH.
 */
export function findUv(cacheDir: string): string | undefined {
  const cached = existsSync(cacheDir)
    ? readdirSync(cacheDir).filter((name) => /^uv-[\w.]+$/.test(name))
    : []
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'))
  const folders = [
    ...cached
      .sort()
      .reverse()
      .map((name) => join(cacheDir, name, 'bin')),
    ...path,
  ]
  return folders.map((folder) => join(folder, 'uv')).find((file) => existsSync(file))
}
