import { createWriteStream } from 'node:fs'
import { chmod, link, mkdir, realpath, rm, symlink } from 'node:fs/promises'
import { dirname, join, normalize, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { TaskFailure } from './task-failure.ts'

/**
 * Unpacks a tar archive below `folder`. Refused are `..`, links that lead out, devices and pipes.
 * A leading slash is dropped, as tar itself does: the SageMaker Python SDK names an archive's root `/`. Links are made last, so that nothing is written through one.
 *
 * @throws TaskFailure `InputFailed`
 */
export async function unpackArchive(source: Readable, folder: string): Promise<void> {
  const links: { kind: 'link' | 'symlink'; path: string; target: string; name: string }[] = []
  const archive = extract()
  // An error of the source would otherwise leave the loop below waiting for more.
  source.on('error', (error) => archive.destroy(error))
  source.pipe(archive)
  for await (const entry of archive) {
    const { type, mode = 0o644, linkname } = entry.header
    const name = entry.header.name.replace(/^\/+/, '')
    const path = inside(folder, folder, name)
    switch (type) {
      case 'directory':
        await mkdir(path, { recursive: true })
        break
      case 'file':
      case 'contiguous-file':
        await mkdir(dirname(path), { recursive: true })
        await pipeline(entry, createWriteStream(path))
        await chmod(path, (mode & 0o777) | 0o600)
        continue
      case 'link':
        links.push({ kind: type, path, target: inside(folder, folder, linkname ?? ''), name })
        break
      case 'symlink':
        inside(folder, dirname(path), linkname ?? '')
        links.push({ kind: type, path, target: linkname ?? '', name })
        break
      default:
        throw refused(name, `it is a ${type}`)
    }
    entry.resume()
  }
  for (const { kind, path, target, name } of links) {
    await mkdir(dirname(path), { recursive: true })
    await rm(path, { force: true })
    if (kind === 'link') await link(target, path)
    else await symlink(target, path)
    await demandInside(folder, path, name)
  }
}

function inside(folder: string, base: string, name: string): string {
  const path = normalize(resolve(base, name))
  if (name.startsWith('/') || (path !== folder && !path.startsWith(`${folder}/`))) {
    throw refused(name, 'it leads out of its folder')
  }
  return path === folder ? folder : join(folder, path.slice(folder.length + 1))
}

/** Each link may look harmless and a chain of them still lead out. */
async function demandInside(folder: string, path: string, name: string): Promise<void> {
  const target = await realpath(path).catch(() => undefined)
  const root = await realpath(folder)
  if (target === undefined || target === root || target.startsWith(`${root}/`)) return
  await rm(path, { force: true })
  throw refused(name, 'it leads out of its folder')
}

function refused(name: string, reason: string): TaskFailure {
  return new TaskFailure('InputFailed', `Cannot unpack archive: '${name}' is refused: ${reason}`)
}
