import { createReadStream, type Stats } from 'node:fs'
import { chmod, lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { constants, createGzip } from 'node:zlib'
import { parseS3Uri } from '../aws/s3-uri.ts'
import type { TaskOutput } from '../platform/engines/engine.ts'
import {
  isMissing,
  type TaskDirectory,
  type TaskOrder,
} from '../platform/engines/process/task-directory.ts'
import { machinePath } from './container-paths.ts'
import type { PlatformClient } from './platform-client.ts'
import { S3Fault, uploadStream } from './s3.ts'
import { TaskFailure } from './task-failure.ts'

export interface OutputStore {
  /** @returns where each output went, by name. @throws TaskFailure `OutputFailed` */
  storeAll(): Promise<Record<string, string>>
  copyContinuously(signal: AbortSignal): Promise<void>
}

export interface OutputOptions {
  readonly order: TaskOrder
  readonly directory: TaskDirectory
  readonly client: PlatformClient
}

/** How often `continuous` outputs are looked over. */
const COPY_MS = 1000
const UPLOADS_AT_ONCE = 4

interface Entry {
  readonly path: string
  readonly name: string
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly sizeBytes: number
  readonly mode: number
  readonly modifiedMs: number
}

export function createOutputStore(options: OutputOptions): OutputStore {
  const { order, directory, client } = options
  /** By file: which version of it is in S3. */
  const copied = new Map<string, string>()
  const copyFiles = async (output: TaskOutput): Promise<number> => {
    const root = await ownFolder(directory, output)
    const entries = root === undefined ? [] : await walk(root)
    const files = entries.filter(({ kind }) => kind === 'file')
    const fresh = files.filter((file) => copied.get(file.path) !== version(file))
    const copy = async (file: Entry) => {
      await storeFile(client, output, file)
      copied.set(file.path, version(file))
    }
    for (let index = 0; index < fresh.length; index += UPLOADS_AT_ONCE) {
      await Promise.all(fresh.slice(index, index + UPLOADS_AT_ONCE).map(copy))
    }
    return files.length
  }
  const store = async (output: TaskOutput): Promise<boolean> => {
    if (output.pack === 'files') return (await copyFiles(output)) > 0
    const root = await ownFolder(directory, output)
    const entries = root === undefined ? [] : await walk(root)
    if (output.omitEmpty && !entries.some(({ kind }) => kind !== 'directory')) return false
    await uploadStream(client, target(output, ''), await archive(entries))
    return true
  }
  return {
    storeAll: async () => {
      const uploaded: Record<string, string> = {}
      for (const output of order.task.outputs) {
        try {
          if (await store(output)) uploaded[output.name] = output.s3Uri
        } catch (error) {
          throw new TaskFailure('OutputFailed', explain(output, error))
        }
      }
      return uploaded
    },
    copyContinuously: async (signal) => {
      while (!signal.aborted) {
        for (const output of order.task.outputs) {
          // A file may vanish as it is read; what is left at the end is stored in any case.
          if (output.upload === 'continuous') await copyFiles(output).catch(() => undefined)
        }
        await delay(COPY_MS, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

/** @returns undefined when the container removed the folder, or put a link in its place that leads out */
async function ownFolder(
  directory: TaskDirectory,
  output: TaskOutput,
): Promise<string | undefined> {
  try {
    const folder = await realpath(machinePath(directory, output.path))
    return folder.startsWith(`${await realpath(directory.root)}/`) ? folder : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Everything below a folder, in name order; links are listed and never followed. */
async function walk(root: string, folder = root): Promise<Entry[]> {
  const entries: Entry[] = []
  await openToOwner(folder, await lstat(folder))
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name)
    const found = await lstat(path)
    if (found.isFile()) await openToOwner(path, found)
    const kind = found.isFile()
      ? 'file'
      : found.isDirectory()
        ? 'directory'
        : found.isSymbolicLink()
          ? 'symlink'
          : undefined
    if (kind === undefined) continue
    entries.push({
      path,
      name: relative(root, path),
      kind,
      sizeBytes: found.size,
      mode: found.mode & 0o777,
      modifiedMs: found.mtimeMs,
    })
    if (kind === 'directory') entries.push(...(await walk(root, path)))
  }
  return entries
}

/** What a container locks is read all the same, as by AWS; where we are not root its rights bind us too. */
async function openToOwner(path: string, found: Stats): Promise<void> {
  const needed = found.isDirectory() ? 0o500 : 0o400
  if (process.getuid?.() === 0 || (found.mode & needed) === needed) return
  await chmod(path, (found.mode & 0o7777) | needed)
}

/** The same content gives the same bytes: no owners, no times, names in order. */
async function archive(entries: readonly Entry[]): Promise<AsyncIterable<Buffer>> {
  const { pack } = await import('tar-stream')
  const tar = pack()
  const fill = async () => {
    for (const entry of entries) {
      const header = { name: entry.name, mode: entry.mode, mtime: new Date(0), uid: 0, gid: 0 }
      if (entry.kind === 'directory') tar.entry({ ...header, type: 'directory' })
      else if (entry.kind === 'symlink') {
        tar.entry({ ...header, type: 'symlink', linkname: await readlink(entry.path) })
      } else {
        const into = tar.entry({ ...header, type: 'file', size: entry.sizeBytes })
        await new Promise<void>((resolve, reject) => {
          const from = createReadStream(entry.path)
          into.on('finish', resolve).on('error', reject)
          from.on('error', reject)
          from.pipe(into)
        })
      }
    }
    tar.finalize()
  }
  fill().catch((error: Error) => tar.destroy(error))
  const packed = createGzip({ level: constants.Z_BEST_SPEED + 2 })
  tar.on('error', (error) => packed.destroy(error))
  return tar.pipe(packed)
}

async function storeFile(client: PlatformClient, output: TaskOutput, file: Entry): Promise<void> {
  const before = await stat(file.path)
  if (before.size === 0) return uploadStream(client, target(output, file.name), emptySource())
  await uploadStream(client, target(output, file.name), createReadStream(file.path))
}

async function* emptySource(): AsyncGenerator<Buffer> {}

function target(output: TaskOutput, name: string) {
  const { bucket, key } = parseS3Uri(output.s3Uri) ?? { bucket: '', key: output.s3Uri }
  const headers = output.kmsKeyId && {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': output.kmsKeyId,
  }
  const folder = key === '' || key.endsWith('/') || name === '' ? key : `${key}/`
  return { bucket, key: folder + name, ...(headers && { headers }) }
}

function version(file: Entry): string {
  return `${file.modifiedMs} ${file.sizeBytes}`
}

function explain(output: TaskOutput, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  // Errors of this machine's file system name paths of ours, which are no concern of the user.
  const isOfMachine = !(error instanceof S3Fault) && code !== undefined
  const reason = isOfMachine ? code : error instanceof S3Fault ? `${code}: ${message}` : message
  return `Cannot store output ${output.name} under ${output.s3Uri}: ${reason}`
}
