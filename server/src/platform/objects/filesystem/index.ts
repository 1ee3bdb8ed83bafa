import { fsync, open as openWithCallback } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { newHexId } from '../../../base/ids.ts'
import { createLog, type Log } from '../../../base/log.ts'
import { NoSpaceError, NoSuchBytesError, type ObjectBytes } from '../object-bytes.ts'
import { createByteReader } from './byte-reader.ts'
import { isAlive, ownFlightName } from './flight-owner.ts'
import { pour } from './pour.ts'

export interface FilesystemObjectsOptions {
  /** The folder that holds everything; made when it is not there. All on one file system. */
  readonly folder: string
  readonly log?: Log
}

// a bare descriptor: it lives as long as the process, which no garbage collection has to find out
const openDescriptor = promisify(openWithCallback)
const syncDescriptor = promisify(fsync)

const SHARDS = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'))

/**
 * Object bytes as files.
 *
 *   incoming/<process>/<id>   in flight: being written, or written and not settled yet
 *   blobs/<aa>/<id>           settled; aa is the id's first two digits
 *
 * A file is written and fsynced in `incoming`, and its folder too, before `write` resolves; settling is a
 * rename that nobody waits for to be durable, since reads look at both places. After power loss a file is
 * in the one or the other. Each process flies from a folder of its own, so that `reconcile` touches only
 * what dead ones left.
 */
export async function createFilesystemObjects({
  folder: root,
  log = createLog({ part: 'objects' }),
}: FilesystemObjectsOptions): Promise<ObjectBytes> {
  const incoming = join(root, 'incoming')
  const flight = join(incoming, ownFlightName())
  const flightFolder = await makeFolders({ root, incoming, flight })

  const settledPath = (id: string): string => join(root, 'blobs', id.slice(0, 2), id)
  const places = async function* (id: string): AsyncGenerator<string> {
    yield settledPath(id)
    yield join(flight, id)
    for (const owner of await readdir(incoming)) yield join(incoming, owner, id)
    // it may have been settled between the first look and the others
    yield settledPath(id)
  }
  const find = async <T>(id: string, use: (path: string) => Promise<T>): Promise<T> => {
    for await (const path of places(id)) {
      try {
        return await use(path)
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error
      }
    }
    throw new NoSuchBytesError(`read ${id}: it is not stored here`)
  }
  const reader = createByteReader((id) => find(id, (path) => open(path, 'r')))
  const settle = async (id: string, from: string, outcome: 'kept' | 'discarded') => {
    if (outcome === 'kept') await rename(join(from, id), settledPath(id))
    else await unlink(join(from, id))
  }

  return {
    write: async (source) => {
      const id = newHexId(32)
      const path = join(flight, id)
      try {
        const sizeBytes = await createFile(path, (file) => pour(source, file))
        await syncDescriptor(flightFolder)
        return { id, sizeBytes }
      } catch (error) {
        await rm(path, { force: true })
        throw isDiskFull(error) ? new NoSpaceError('the disk is full', { cause: error }) : error
      }
    },
    duplicate: async (id) => {
      const copyId = newHexId(32)
      await find(id, (path) => link(path, join(flight, copyId)))
      await syncDescriptor(flightFolder)
      return copyId
    },
    settle: async (ids, outcome) => {
      for (const id of ids) {
        await settle(id, flight, outcome).catch((error) =>
          log.warn('object bytes stay in flight', { id, outcome, error }),
        )
      }
    },
    read: reader.read,
    remove: async (ids) => {
      const gone: string[] = []
      for (const id of ids) {
        if (reader.isReading(id)) continue
        await find(id, unlink).catch((error) => {
          if (!(error instanceof NoSuchBytesError)) throw error
        })
        gone.push(id)
      }
      return gone
    },
    reconcile: async (isReferenced) => {
      for (const owner of await readdir(incoming)) {
        const folder = join(incoming, owner)
        if (await isAlive(owner, folder)) continue
        const ids = await readdir(folder)
        const referenced = await isReferenced(ids)
        for (const id of ids) await settle(id, folder, referenced.has(id) ? 'kept' : 'discarded')
        await rm(folder, { recursive: true, force: true })
        log.info('object bytes in flight resolved', { kept: referenced.size, of: ids.length })
      }
    },
  }
}

/** @returns the flight folder, held open so that new names in it can be made durable */
async function makeFolders(folders: {
  root: string
  incoming: string
  flight: string
}): Promise<number> {
  await mkdir(folders.flight, { recursive: true, mode: 0o700 })
  const blobs = join(folders.root, 'blobs')
  await mkdir(blobs, { recursive: true, mode: 0o700 })
  const present = new Set(await readdir(blobs))
  const absent = SHARDS.filter((shard) => !present.has(shard))
  await Promise.all(absent.map((shard) => mkdir(join(blobs, shard), { mode: 0o700 })))
  for (const folder of [blobs, folders.incoming, folders.root]) {
    const handle = await open(folder, 'r')
    await handle.sync()
    await handle.close()
  }
  return openDescriptor(folders.flight, 'r')
}

/** Makes a file with what `fill` writes, and makes it durable; its name is not durable yet. */
async function createFile<T>(path: string, fill: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx', 0o600)
  try {
    const filled = await fill(file)
    await file.datasync()
    return filled
  } finally {
    await file.close()
  }
}

function isDiskFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
